import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { snapshotDefinitions } from '../harness/binaries.ts';
import { joinCluster } from '../harness/cluster.ts';
import { apply, configFor, ensureNamespace, must, type Protection, protect, until } from '../support/protected.ts';
import { attested, claim, DRIVER, storageClass, volume } from './objects.ts';
import { removeVolumesOf, storageOn, untilDenied } from './storage.ts';

const cluster = joinCluster(inject('cluster'));
const { kubectl } = cluster;
const { create, patch, remove, tryCreate, untilBound } = storageOn(cluster);
const namespace = 'storage-snapshots';
const CLASS = 'storage-snapshots-encrypted';
const GROUP = 'snapshot.storage.k8s.io';
const CRDS = ['volumesnapshotclasses', 'volumesnapshotcontents', 'volumesnapshots'].map((name) => `${name}.${GROUP}`);
/** Claims, and what the driver calls their volumes. */
const HANDLES = { data: 'vol-attested', plain: 'vol-plain' } as const;
/** A driver that restores what was there, whatever the class of the new volume says. */
const SWAPPED_CLASS = 'storage-snapshots-as-its-source';
const SCALEWAY = {
  parameters: {
    encrypted: 'true',
    'csi.storage.k8s.io/node-stage-secret-name': 'luks',
    'csi.storage.k8s.io/node-stage-secret-namespace': 'storage-keys',
  },
  rest: { provisioner: 'csi.scaleway.com', volumeBindingMode: 'WaitForFirstConsumer' },
};
let wereThere: boolean;
let protection: Protection;

function snapshot(name: string, source: object): object {
  return { apiVersion: `${GROUP}/v1`, kind: 'VolumeSnapshot', metadata: { name, namespace }, spec: { source } };
}

function content(name: string, source: object, space = namespace): object {
  return {
    apiVersion: `${GROUP}/v1`,
    kind: 'VolumeSnapshotContent',
    metadata: { name: `storage-snapshots-${name}` },
    spec: { deletionPolicy: 'Retain', driver: DRIVER, source, volumeSnapshotRef: { namespace: space, name } },
  };
}

/** What the snapshot controller does once a snapshot was asked for. */
async function take(name: string, of: keyof typeof HANDLES): Promise<void> {
  await must(create(snapshot(name, { persistentVolumeClaimName: of })));
  await must(create(content(name, { volumeHandle: HANDLES[of] })));
  const status = { boundVolumeSnapshotContentName: `storage-snapshots-${name}`, readyToUse: true };
  await must(patch(`volumesnapshot ${name} -n ${namespace}`, { status }, '--subresource=status'));
}

async function discard(name: string): Promise<void> {
  await remove(`volumesnapshot ${name} -n ${namespace}`, `volumesnapshotcontent storage-snapshots-${name}`);
}

function restore(name: string, storageClassName = CLASS): object {
  return claim(namespace, `from-${name}`, {
    storageClassName,
    dataSource: { apiGroup: GROUP, kind: 'VolumeSnapshot', name },
  });
}

/** The volume that the provisioner makes for a claim that restores a snapshot. */
function restored(name: string): object {
  const spec = {
    storageClassName: SWAPPED_CLASS,
    claimRef: { namespace, name: `from-${name}` },
    csi: { driver: 'csi.scaleway.com', volumeHandle: `restored-${name}` },
  };
  return volume(`storage-snapshots-from-${name}`, spec, { 'pv.kubernetes.io/provisioned-by': 'csi.scaleway.com' });
}

beforeAll(async () => {
  wereThere = (await kubectl(['get', 'crd', ...CRDS])).code === 0;
  await ensureNamespace(cluster, namespace);
  await apply(cluster, storageClass(CLASS, undefined, { volumeBindingMode: 'WaitForFirstConsumer' }));
  // From before the namespace was protected: one volume is attested, the other is not.
  await apply(cluster, storageClass(SWAPPED_CLASS, SCALEWAY.parameters, SCALEWAY.rest));
  for (const [name, volumeHandle] of Object.entries(HANDLES)) {
    await must(create(volume(`storage-snapshots-${name}`, { csi: { driver: DRIVER, volumeHandle } })));
    const spec = { storageClassName: '', volumeName: `storage-snapshots-${name}` };
    await must(create(claim(namespace, name, spec)));
    await untilBound(`pvc ${name} -n ${namespace}`);
  }
  protection = await protect(cluster, namespace, {
    ...configFor(namespace),
    storage: {
      attestations: [
        attested({ volume: { driver: DRIVER, handle: HANDLES.data } }),
        attested({ snapshot: { driver: DRIVER, handle: 'snap-attested' } }),
      ],
    },
  });
});

afterAll(async () => {
  await protection?.remove();
  await removeVolumesOf(cluster, namespace);
  await remove(`storageclass ${CLASS}`, `storageclass ${SWAPPED_CLASS}`);
  if (!wereThere) await kubectl(['delete', '--ignore-not-found', '--timeout=55s', 'crd', ...CRDS]);
});

describe('on a cluster without snapshots', () => {
  test('claims come in', async ({ skip }) => {
    skip(wereThere, 'this cluster has them');
    await must(tryCreate(claim(namespace, 'empty', { storageClassName: CLASS })));
  });

  test('a restore is refused: there is none', async ({ skip }) => {
    skip(wereThere, 'this cluster has them');
    const { code, stderr } = await tryCreate(restore('none'));
    expect(code).toBe(1);
    expect(stderr).toContain('spec.dataSourceRef is the snapshot none, and there is no such VolumeSnapshot');
  });
});

describe('with the CRDs of snapshots, which came after the webhook was started', () => {
  beforeAll(async () => {
    if (wereThere) return;
    const folder = await snapshotDefinitions();
    const files = (await readdir(folder)).filter((name) => CRDS.some((crd) => name === fileOf(crd)));
    expect(files).toHaveLength(CRDS.length);
    await must(kubectl(['create', ...files.flatMap((name) => ['-f', join(folder, name)])]));
    await must(kubectl(['wait', '--for=condition=Established', '--timeout=55s', ...CRDS.map((crd) => `crd/${crd}`)]));
    await until('the API server to serve snapshots', async () => {
      const all = await Promise.all(CRDS.map((crd) => kubectl(['get', crd, '-A'])));
      return all.every(({ code }) => code === 0);
    });
  });

  test('a snapshot that is brought in by its handle is refused', async () => {
    await until('a refusal', async () => {
      // Which kinds the API server asks about follows from what it serves.
      const { code, stderr } = await tryCreate(content('by-handle', { snapshotHandle: 'snap-of-another' }));
      return code === 1 && stderr.includes('spec.source.snapshotHandle is snap-of-another');
    });
  });

  test('unless it is attested, or meant for another namespace', async () => {
    await must(tryCreate(content('by-handle', { snapshotHandle: 'snap-attested' })));
    await must(tryCreate(content('by-handle', { snapshotHandle: 'snap-of-another' }, 'default')));
  });

  test('it cannot be moved in later either', async () => {
    await must(create(content('moved', { snapshotHandle: 'snap-of-another' }, 'default')));
    const target = 'volumesnapshotcontent storage-snapshots-moved';
    const { code, stderr } = await patch(target, { spec: { volumeSnapshotRef: { namespace } } });
    expect(code).toBe(1);
    expect(stderr).toContain('spec.source.snapshotHandle is snap-of-another');
    await remove(target);
  });

  test('a snapshot of an encrypted claim is taken and restored', async () => {
    await take('good', 'data');
    await must(create(restore('good')));
  });

  test('one of a plain claim is not restored', async () => {
    await take('bad', 'plain');
    const { code, stderr } = await create(restore('bad'));
    expect(code).toBe(1);
    expect(stderr).toContain('spec.dataSourceRef is the claim plain, which is not shown to be encrypted as required');
  });

  test('one that is taken anew of a plain claim before it is restored brings no volume', async () => {
    const target = `pvc from-swapped -n ${namespace}`;
    await take('swapped', 'data');
    await sleep(1_100);
    await must(create(restore('swapped', SWAPPED_CLASS)));
    await discard('swapped');
    await take('swapped', 'plain');
    await must(create(restored('swapped')));
    await untilDenied(protection, 'data-source');
    // Nor where what it was made from is gone, or is as before.
    await discard('swapped');
    const body = { spec: { volumeName: 'storage-snapshots-from-swapped' } };
    const gone = await patch(target, body);
    expect(gone.code).toBe(1);
    expect(gone.stderr).toContain('is the snapshot swapped, and there is no such VolumeSnapshot');
    await take('swapped', 'data');
    const back = await patch(target, body);
    expect(back.code).toBe(1);
    expect(back.stderr).toContain('is the snapshot swapped, which is not older than the claim');
  });

  test('one that is as it was is bound', async () => {
    await take('same', 'data');
    await sleep(1_100);
    await must(create(restore('same', SWAPPED_CLASS)));
    await must(create(restored('same')));
    await untilBound(`pvc from-same -n ${namespace}`);
  });

  test('one by its handle is restored only where that is attested', async () => {
    for (const [name, snapshotHandle] of Object.entries({ known: 'snap-attested', unknown: 'snap-of-another' })) {
      // Made for another namespace, and then pointed to from this one.
      await must(create(content(name, { snapshotHandle }, name === 'known' ? namespace : 'default')));
      await must(create(snapshot(name, { volumeSnapshotContentName: `storage-snapshots-${name}` })));
    }
    await must(create(restore('known')));
    const { code, stderr } = await create(restore('unknown'));
    expect(code).toBe(1);
    expect(stderr).toContain('spec.dataSourceRef is the snapshot unknown, which was brought in by its handle');
  });
});

/** `volumesnapshots.snapshot.storage.k8s.io` is in `snapshot.storage.k8s.io_volumesnapshots.yaml`. */
function fileOf(crd: string): string {
  const [plural = '', ...group] = crd.split('.');
  return `${group.join('.')}_${plural}.yaml`;
}
