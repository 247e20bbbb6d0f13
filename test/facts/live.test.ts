import { describe, expect, it } from 'vitest';
import { unknown } from '../../src/engine/fact.ts';
import { makeSubject, type Subject } from '../../src/engine/subject.ts';
import type { World } from '../../src/facts/ports.ts';
import { judge } from '../../src/judge.ts';
import type { JsonObject } from '../../src/k8s/object.ts';
import { defaultDeny } from '../support/network-objects.ts';
import { policyWithAllRules } from '../support/policies.ts';
import { holding, listing, portsOf, SILENT_WORLD } from '../support/worlds.ts';

const POLICY = policyWithAllRules();
const { signal } = new AbortController();
const POLICIES = 'NetworkPolicy.networking.k8s.io';
const CREATED = '2026-10-01T00:00:00Z';

function storageClass(encrypted: string, creationTimestamp = CREATED): JsonObject {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'fast', creationTimestamp },
    provisioner: 'ebs.csi.aws.com',
    parameters: { encrypted },
  };
}

function volume(spec: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name: 'pv',
      creationTimestamp: '2026-10-02T00:00:00Z',
      annotations: { 'pv.kubernetes.io/provisioned-by': 'ebs.csi.aws.com' },
    },
    spec: { storageClassName: 'fast', csi: { driver: 'ebs.csi.aws.com', volumeHandle: 'vol-1' }, ...spec },
  };
}

const CLAIM = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data', namespace: 'qdrant', creationTimestamp: '2026-10-02T00:00:00Z' },
  spec: { storageClassName: 'fast' },
};

/** A cluster whose watches hold one thing, and whose API server another; and what it was asked live. */
function lagging(memory: readonly JsonObject[], live: readonly JsonObject[]): { world: World; asked: string[] } {
  const asked: string[] = [];
  const now = holding(live);
  const remembered = holding(memory);
  const world: World = {
    list: remembered.list,
    async read(kind, namespace, name, deadline) {
      const found = await remembered.read(kind, namespace, name, deadline);
      // What memory lacks may have come just now.
      return found.known && found.value ? found : (this.live?.read(kind, namespace, name, deadline) ?? found);
    },
    live: {
      list(kind, ...more) {
        asked.push(`all ${kind}`);
        return now.list(kind, ...more);
      },
      read(kind, namespace, name, deadline) {
        asked.push(`${kind} ${name}`);
        return now.read(kind, namespace, name, deadline);
      },
    },
  };
  return { world, asked };
}

async function broken(subject: Subject, world: World): Promise<string[]> {
  const { verdicts } = await judge(subject, POLICY, portsOf(world), signal);
  return verdicts.filter(({ outcome }) => outcome !== 'pass').map(({ rule, outcome }) => `${rule.id} ${outcome}`);
}

function created(object: object): Subject {
  return makeSubject({ object: object as typeof CLAIM, now: new Date('2026-11-01T00:00:00Z') });
}

/** The UPDATE by which the controller binds a claim. */
function bound(): Subject {
  const object = { ...CLAIM, spec: { ...CLAIM.spec, volumeName: 'pv' } };
  return makeSubject({ object, oldObject: CLAIM, operation: 'UPDATE', now: new Date('2026-11-01T00:00:00Z') });
}

describe('a refusal because of another object', () => {
  it('is looked at once more, live: a class applied beside its claim costs no denial', async () => {
    const { world, asked } = lagging([], [storageClass('true')]);
    expect(await broken(created(CLAIM), world)).toEqual([]);
    expect(asked).toContain('StorageClass.storage.k8s.io fast');
  });

  it('falls where the class was made anew since', async () => {
    const { world } = lagging([storageClass('false')], [storageClass('true')]);
    expect(await broken(created(CLAIM), world)).toEqual([]);
  });

  it('stands where it is still so', async () => {
    const { world } = lagging([storageClass('false')], [storageClass('false')]);
    expect(await broken(created(CLAIM), world)).toEqual(['encrypted-class fail']);
  });

  it('is unknown where it cannot be looked at again', async () => {
    const { world } = lagging([storageClass('false')], []);
    const cut: World = { ...world, live: listing(async () => unknown('the API server is away')) };
    expect(await broken(created(CLAIM), cut)).toEqual([
      'customer-key unknown',
      'data-source unknown',
      'encrypted-class unknown',
    ]);
  });
});

describe('an acceptance', () => {
  it('rests on the watch: nothing is read live', async () => {
    const { world, asked } = lagging([storageClass('true')], []);
    expect(await broken(created(CLAIM), world)).toEqual([]);
    expect(asked).toEqual([]);
  });

  it('of a pod without volumes asks for nothing but its namespace and the NetworkPolicies there', async () => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'qdrant' }, spec: {} };
    const around = holding([defaultDeny(), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'qdrant' } }]);
    const quiet: World = {
      list: (kind, ...more) => (kind === POLICIES ? around : SILENT_WORLD).list(kind, ...more),
      read: (kind, ...more) => (kind === 'Namespace' ? around : SILENT_WORLD).read(kind, ...more),
    };
    const { verdicts } = await judge(created(pod), POLICY, portsOf(quiet), signal);
    expect(verdicts.filter(({ outcome }) => outcome === 'unknown')).toEqual([]);
    expect(verdicts.filter(({ rule }) => rule.needs.length > 0).length).toBeGreaterThan(3);
  });
});

describe('the binding of a claim', () => {
  it('looks at volume and class live, whatever the watches hold', async () => {
    const good = [storageClass('true'), volume()];
    expect(await broken(bound(), lagging([], good).world)).toEqual([]);
    expect(await broken(bound(), lagging(good, [storageClass('false'), volume()]).world)).toEqual([
      'bound-volume fail',
    ]);
    expect(await broken(bound(), lagging(good, [storageClass('true')]).world)).toEqual(['bound-volume fail']);
    const plain = volume({ csi: null, hostPath: { path: '/data' } });
    expect(await broken(bound(), lagging(good, [storageClass('true'), plain]).world)).toEqual(['bound-volume fail']);
  });

  it('is refused where the class is younger than the claim', async () => {
    const anew = [storageClass('true', '2026-10-03T00:00:00Z'), volume()];
    expect(await broken(bound(), lagging(anew, anew).world)).toEqual(['bound-volume fail']);
  });

  it('is judged by what could have changed since the claim came in, and not by its class', async () => {
    const { verdicts } = await judge(
      bound(),
      POLICY,
      portsOf(lagging([], [storageClass('true'), volume()]).world),
      signal,
    );
    expect(verdicts.map(({ rule }) => rule.id)).toEqual(['bound-volume', 'claim-annotations', 'data-source']);
  });
});
