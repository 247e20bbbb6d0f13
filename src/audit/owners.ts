import type { KubeClient } from '../cluster/client.ts';
import type { Resource } from '../cluster/wire.ts';
import { isJsonObject, type JsonObject, type KubernetesObject } from '../k8s/object.ts';

/** An object that is there, and who controls it. */
export interface OwnerNode {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: ControllerRef;
}

/** The controlling ownerReference: a claim of whoever wrote the object, until an object with that uid is found. */
export interface ControllerRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** Under what an object is reported: whatever controls it in the end. For information only: nothing is decided by it. */
export interface TopOwner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  /** A further owner that is claimed, and could not be looked up: why. */
  readonly unverified?: string;
}

/** Follows owners in one namespace, by uid; what has been listed already costs no request. */
export interface Owners {
  add(node: OwnerNode): void;
  /** Whether an object with that uid has been added. */
  has(uid: string): boolean;
  topOf(node: OwnerNode): Promise<TopOwner>;
}

/** More owners above one another than this are a circle, or a game. */
const LONGEST_CHAIN = 10;

/** Owners of one namespace. `lookUp` finds those of kinds that are not listed; it may fail. */
export function createOwners(lookUp: (ref: ControllerRef) => Promise<OwnerNode | undefined>): Owners {
  const nodes = new Map<string, OwnerNode>();
  const found = new Map<string, Promise<OwnerNode | undefined>>();

  function find(ref: ControllerRef): Promise<OwnerNode | undefined> {
    const listed = nodes.get(ref.uid);
    if (listed) return Promise.resolve(isSame(listed, ref) ? listed : undefined);
    const key = JSON.stringify(ref);
    const asked = found.get(key) ?? lookUp(ref);
    found.set(key, asked);
    return asked;
  }

  return {
    add: (node) => void nodes.set(node.uid, node),
    has: (uid) => nodes.has(uid),
    async topOf(node) {
      let top = node;
      for (let length = 0; top.controller && length < LONGEST_CHAIN; length++) {
        const ref = top.controller;
        try {
          const above = await find(ref);
          if (!above) break;
          top = above;
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          return { ...named(top), unverified: `${ref.kind}/${ref.name} could not be looked up: ${reason}` };
        }
      }
      return named(top);
    },
  };
}

function named({ apiVersion, kind, name, uid }: OwnerNode): TopOwner {
  return { apiVersion, kind, name, uid };
}

function isSame(node: OwnerNode, ref: ControllerRef): boolean {
  return node.uid === ref.uid && node.kind === ref.kind && node.name === ref.name;
}

/** What of an object matters here. */
export function ownerNode({ apiVersion, kind, metadata }: KubernetesObject): OwnerNode {
  const ref = metadata?.ownerReferences?.find(({ controller }) => controller === true);
  const node = { apiVersion, kind, name: metadata?.name ?? '', uid: metadata?.uid ?? '' };
  if (!ref?.apiVersion || !ref.kind || !ref.name || !ref.uid) return node;
  return { ...node, controller: { apiVersion: ref.apiVersion, kind: ref.kind, name: ref.name, uid: ref.uid } };
}

/**
 * Looks an owner up in the cluster, whatever its kind: a Node, or an object of an operator's CRD. Undefined where it
 * is not there, or is another of the same name.
 */
export function ownerLookUp(
  client: KubeClient,
  signal: AbortSignal,
): (namespace: string, ref: ControllerRef) => Promise<OwnerNode | undefined> {
  const resourcesByPath = new Map<string, Promise<readonly JsonObject[]>>();

  async function resourceOf({ apiVersion, kind }: ControllerRef): Promise<Resource | undefined> {
    const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
    const path = `/${group === '' ? 'api' : `apis/${encodeURIComponent(group)}`}/${encodeURIComponent(version)}`;
    const resources = resourcesByPath.get(path) ?? resourcesOf(client, path, signal);
    resourcesByPath.set(path, resources);
    // Subresources are in the same list, with a slash in their name.
    const found = (await resources).find((each) => each['kind'] === kind && !String(each['name']).includes('/'));
    const plural = found?.['name'];
    if (typeof plural !== 'string') return undefined;
    return { group, version, plural, kind, namespaced: found?.['namespaced'] === true };
  }

  return async (namespace, ref) => {
    const resource = await resourceOf(ref);
    if (!resource) return undefined;
    const object = await client.read(resource, namespace, ref.name, signal);
    if (!object) return undefined;
    const node = ownerNode({ ...object, apiVersion: ref.apiVersion, kind: ref.kind } as KubernetesObject);
    return isSame(node, ref) ? node : undefined;
  };
}

async function resourcesOf(client: KubeClient, path: string, signal: AbortSignal): Promise<readonly JsonObject[]> {
  const { resources } = await client.get(path, signal);
  return Array.isArray(resources) ? resources.filter(isJsonObject) : [];
}
