import { describe, expect, it } from 'vitest';
import { makeSubject, type Operation } from '../../src/engine/subject.ts';
import { judge } from '../../src/judge.ts';
import type { KubernetesObject } from '../../src/k8s/object.ts';
import { container, deployment, pod, RESTRICTED } from '../support/pods.ts';
import { policyWith } from '../support/policies.ts';
import { NO_WORLD } from '../support/worlds.ts';

/** `rule outcome` of every rule that had a say. */
async function judged(
  oldObject: KubernetesObject,
  object: KubernetesObject,
  operation: Operation = 'UPDATE',
): Promise<string[]> {
  const subject = makeSubject({ object, oldObject, operation, now: new Date('2026-11-01T00:00:00Z') });
  const { verdicts } = await judge(subject, policyWith(), NO_WORLD, new AbortController().signal);
  return verdicts.map(({ rule, outcome }) => `${rule.id} ${outcome}`);
}

const failures = (verdicts: readonly string[]) => verdicts.filter((verdict) => verdict.endsWith(' fail'));

/** A pod that came in before there were rules: it breaks one of every sort. */
const OLD = {
  hostNetwork: true,
  securityContext: { runAsUser: 0, sysctls: [{ name: 'kernel.msgmax', value: '1' }] },
  containers: [
    { name: 'qdrant', image: 'qdrant/qdrant:v1.18.0', securityContext: { privileged: true } },
    { name: 'agent', image: 'qdrant/agent:v1', ports: [{ containerPort: 80, hostPort: 80 }] },
  ],
  volumes: [{ name: 'data', hostPath: { path: '/data' } }],
};
const [QDRANT, AGENT] = OLD.containers;

describe('an UPDATE that changes nothing judged', () => {
  it.each([
    ['labels', pod(OLD, { labels: { team: 'search' } })],
    ['annotations', pod(OLD, { annotations: { 'example.com/note': 'x' } })],
    ['the removal of a finalizer', pod(OLD, { deletionTimestamp: '2026-11-01T00:00:00Z', finalizers: [] })],
    ['the owner', pod(OLD, { ownerReferences: [{ kind: 'ReplicaSet', name: 'x', controller: true }] })],
    ['the image', pod({ ...OLD, containers: [{ ...QDRANT, image: 'qdrant/qdrant:v1.19.0' }, AGENT] })],
    ['tolerations', pod({ ...OLD, tolerations: [{ operator: 'Exists' }] })],
    ['resources', pod({ ...OLD, containers: [{ ...QDRANT, resources: { limits: { memory: '1Gi' } } }, AGENT] })],
    ['the deadline', pod({ ...OLD, activeDeadlineSeconds: 60 })],
    ['the status', { ...pod(OLD), status: { phase: 'Running' } }],
    ['null for what was left out', pod({ ...OLD, hostPID: null, initContainers: null })],
    ['nothing at all', pod(OLD)],
  ])('is judged by no rule, whatever was wrong before: %s', async (_, object) => {
    expect(await judged(pod(OLD), object)).toEqual([]);
  });

  it('was refused when it was created', async () => {
    expect(failures(await judged(pod(), pod(OLD), 'CREATE')).length).toBe(10);
  });

  it('goes on for a template: scale, labels, image', async () => {
    const scaled = deployment(OLD, { replicas: 0 });
    expect(await judged(deployment(OLD), scaled)).toEqual([]);
  });
});

describe('an UPDATE that changes what is judged', () => {
  it('is judged by the rules that read it, and by no other', async () => {
    const annotated = pod(OLD, {
      annotations: { 'container.apparmor.security.beta.kubernetes.io/qdrant': 'unconfined' },
    });
    expect(await judged(pod(OLD), annotated)).toEqual(['app-armor-profile fail']);
    const narrowed = pod({ ...OLD, hostNetwork: false, hostPID: false });
    expect(await judged(pod(OLD), narrowed)).toEqual(['host-namespaces pass']);
    const half = pod({ ...OLD, hostPID: true });
    expect(await judged(pod(OLD), half)).toEqual(['host-namespaces fail']);
  });

  it('is judged while the pod is being deleted, too', async () => {
    const dying = { deletionTimestamp: '2026-11-01T00:00:00Z', finalizers: ['example.com/x'] };
    expect(await judged(pod({}, dying), pod({ hostIPC: true }, dying))).toEqual(['host-namespaces fail']);
  });

  it('is judged for a template', async () => {
    const before = deployment({});
    const after = deployment({
      containers: [container('qdrant', { securityContext: { ...RESTRICTED, privileged: true } })],
    });
    expect(await judged(before, after)).toEqual(['privileged fail']);
  });

  it('is judged in full where a ReplicationController gets its template', async () => {
    const controller = (template?: object) => ({ apiVersion: 'v1', kind: 'ReplicationController', spec: { template } });
    const { spec } = pod(OLD) as unknown as { spec: object };
    expect(await judged(controller(), controller())).toEqual([]);
    const created = await judged(controller(), controller({ spec }));
    expect(failures(created)).toEqual(failures(await judged(pod(), pod(OLD), 'CREATE')));
  });
});

describe('a new ephemeral container', () => {
  const debug = (securityContext: object) =>
    pod({ ephemeralContainers: [{ name: 'shell', image: 'x', securityContext }] });

  it('is judged by every rule for containers, and by those alone', async () => {
    const verdicts = await judged(pod(), debug(RESTRICTED));
    expect(failures(verdicts)).toEqual([]);
    expect(verdicts).toEqual(
      [
        'allow-privilege-escalation',
        'app-armor-profile',
        'capabilities-restricted',
        'host-ports',
        'host-probes-and-host-lifecycle',
        'privileged',
        'proc-mount-restricted',
        'run-as-non-root',
        'run-as-user',
        'se-linux-options',
        'seccomp-profile-restricted',
        'windows-host-process',
      ].map((id) => `${id} pass`),
    );
  });

  it('is refused where it breaks one', async () => {
    expect(failures(await judged(pod(), debug({ ...RESTRICTED, runAsUser: 0 })))).toEqual(['run-as-user fail']);
    expect(failures(await judged(pod(), debug({ ...RESTRICTED, privileged: true })))).toEqual(['privileged fail']);
  });

  it('is refused beside containers that break the same rule already', async () => {
    const before = pod({ containers: OLD.containers });
    const after = pod({ containers: OLD.containers, ephemeralContainers: [container('shell')] });
    expect(failures(await judged(before, after))).toContain('privileged fail');
  });

  it('is not judged again when the next label changes', async () => {
    const object = debug({ privileged: true });
    expect(await judged(object, { ...object, metadata: { ...object.metadata, labels: { a: 'b' } } })).toEqual([]);
  });
});

describe('other operations', () => {
  it.each(['DELETE', 'CONNECT'] as const)('%s is judged by no rule for pods', async (operation) => {
    expect(await judged(pod(OLD), pod(OLD), operation)).toEqual([]);
  });

  it.each(['v1 Service', 'example.com/v1 Deployment'])('%s is a kind that no rule for pods judges', async (name) => {
    const [apiVersion = '', kind = ''] = name.split(' ');
    const object = { apiVersion, kind, metadata: { name: 'qdrant' }, spec: { template: pod(OLD) } };
    expect(await judged(object, object, 'CREATE')).toEqual([]);
  });

  it('an UPDATE without an old object is judged in full', async () => {
    const subject = makeSubject({ object: pod(OLD), operation: 'UPDATE', now: new Date(0) });
    const { verdicts } = await judge(subject, policyWith(), NO_WORLD, new AbortController().signal);
    expect(verdicts.length).toBe(15);
  });
});
