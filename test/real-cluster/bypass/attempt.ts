import type { SharedCluster } from '../harness/cluster.ts';
import type { KubectlResult } from '../harness/kubectl.ts';
import { goodSpec } from '../support/pods.ts';

/** The namespace that all attempts aim at, and who makes them: a user who may do everything in it but change what guards it. */
export const NAMESPACE = 'bypass';
export const MALLORY = 'mallory';
/** From no allowed registry; the exempt Deployment may run it. */
export const EXEMPT_IMAGE = `docker.io/acme/capture@sha256:${'c'.repeat(64)}`;

/** What an attempt works with. */
export interface Tools {
  /** kubectl as Mallory. */
  readonly kubectl: SharedCluster['kubectl'];
  /** kubectl as an administrator, to set a stage; never the attempt itself. */
  readonly admin: SharedCluster['kubectl'];
}

/** One try to get something past the webhook. It is over when the command has ended. */
export interface Attempt {
  /** What kind of way around it is. */
  readonly way: string;
  readonly what: string;
  readonly run: (tools: Tools) => Promise<KubectlResult>;
  /**
   * Who says no: the webhook in words of the rule named here, the API server by itself, or nobody: then what enters must
   * be harmless, which is checked for every attempt.
   */
  readonly refusedBy: { readonly rule: string } | 'the API server' | 'nobody, and nothing harmful enters';
}

type Json = Record<string, unknown>;

/** A pod that every rule accepts, but for what is changed in its spec and metadata. */
export function podWith(name: string, spec: Json = {}, metadata: Json = {}): Json {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE, ...metadata },
    spec: { ...goodSpec(), ...spec },
  };
}

/** The container of a good pod, with another security context or whatever else is changed. */
export function containerWith(changes: Json = {}): Json {
  const [container] = (goodSpec() as { containers: Json[] }).containers;
  return { ...container, ...changes };
}

/** The security context of a good container, with changes. */
export function contextWith(changes: Json): Json {
  return { ...(containerWith()['securityContext'] as Json), ...changes };
}

/** `kubectl create` of an object, as Mallory. */
export function create(object: Json | string): Attempt['run'] {
  const stdin = typeof object === 'string' ? object : JSON.stringify(object);
  return ({ kubectl }) => kubectl(['create', '-f', '-'], { stdin });
}

/** A raw request body, past all that kubectl itself checks. */
export function post(path: string, body: string): Attempt['run'] {
  return ({ kubectl }) => kubectl(['create', '--raw', path, '-f', '-'], { stdin: body });
}

export const PODS_PATH = `/api/v1/namespaces/${NAMESPACE}/pods`;
