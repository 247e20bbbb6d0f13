import { describe, expect, it } from 'vitest';
import { unknown } from '../../src/engine/fact.ts';
import { makeSubject } from '../../src/engine/subject.ts';
import { claimDrivers } from '../../src/facts/claim-drivers.ts';
import type { World } from '../../src/facts/ports.ts';
import type { JsonObject, KubernetesObject } from '../../src/k8s/object.ts';
import { SETTINGS } from '../support/policies.ts';
import { holding, listing, portsOf, SILENT_WORLD } from '../support/worlds.ts';

const { signal } = new AbortController();

const PORTWORX: JsonObject = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'px' },
  provisioner: 'pxd.portworx.com',
};

interface Maps {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

function claim(maps: Maps, spec: JsonObject = { storageClassName: 'px' }): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'qdrant', ...maps },
    spec,
  };
}

/** `claim: provisioner` of each, or why it is not known. */
async function driversOf(object: JsonObject, cluster: World): Promise<unknown> {
  const subject = makeSubject({
    object: object as JsonObject & KubernetesObject,
    namespace: 'qdrant',
    now: new Date(0),
  });
  const learnt = await claimDrivers.learn({ subject, settings: SETTINGS, ports: portsOf(cluster), signal });
  if (!learnt.known) return learnt.reason;
  return learnt.value.map(({ claim: { name }, provisioner }) => `${name}: ${provisioner ?? 'any'}`);
}

describe('the fact claimDrivers', () => {
  it.each<[what: string, object: JsonObject]>([
    ['a label that a driver reads', claim({ labels: { secure: 'false' } })],
    ['an annotation that begins like those of a driver', claim({ annotations: { 'ebs.csi.eks.amazonaws.com/x': '' } })],
  ])('is the driver of its class for a claim with %s', async (_, object) => {
    expect(await driversOf(object, holding([PORTWORX]))).toEqual(['data: pxd.portworx.com']);
  });

  it.each<[what: string, objects: readonly JsonObject[], spec?: JsonObject]>([
    ['the class is not there', []],
    ['there is no default class', [PORTWORX], {}],
    ['the class names no provisioner', [{ ...PORTWORX, provisioner: null }]],
  ])('may be any where %s', async (_, objects, spec) => {
    expect(await driversOf(claim({ labels: { secure: 'false' } }, spec), holding(objects))).toEqual(['data: any']);
  });

  it.each<[what: string, object: JsonObject]>([
    ['neither labels nor annotations', claim({})],
    ['what no driver reads', claim({ labels: { app: 'qdrant' }, annotations: { team: 'search' } })],
    ['a label by the name of an annotation', claim({ labels: { 'px/secure': 'false' } })],
    ["Kubernetes' own annotations", claim({ annotations: { 'volume.beta.kubernetes.io/storage-class': 'px' } })],
  ])('asks nobody for a claim with %s', async (_, object) => {
    expect(await driversOf(object, SILENT_WORLD)).toEqual(['data: any']);
  });

  it('is of every claim that the subject makes, in their order', async () => {
    const template = (name: string, maps: Maps, storageClassName: string) => ({
      metadata: { name, ...maps },
      spec: { storageClassName },
    });
    const object = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db', namespace: 'qdrant' },
      spec: {
        volumeClaimTemplates: [template('a', {}, 'gone'), template('b', { labels: { secure: 'false' } }, 'px')],
        template: { spec: {} },
      },
    };
    expect(await driversOf(object, holding([PORTWORX]))).toEqual(['a: any', 'b: pxd.portworx.com']);
  });

  it('is unknown where a class cannot be read', async () => {
    const object = claim({ labels: { secure: 'false' } });
    expect(
      await driversOf(
        object,
        listing(async () => unknown('the API server is away')),
      ),
    ).toBe('the API server is away');
    expect(await driversOf(object, holding([{ ...PORTWORX, provisioner: 7 }]))).toMatch(/^StorageClass px cannot/);
  });
});
