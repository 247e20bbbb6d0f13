import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { joinCluster } from '../harness/cluster.ts';
import { apply, configFor, ensureNamespace, must, type Protection, protect, until } from '../support/protected.ts';
import { type Csi, startCsi } from './csi.ts';
import { claim, DRIVER, ENCRYPTED, PLAIN, storageClass } from './objects.ts';
import { removeVolumesOf, storageOn, untilDenied } from './storage.ts';

const cluster = joinCluster(inject('cluster'));
const { kubectl } = cluster;
const { create, field, patch, remove, untilField } = storageOn(cluster);
const namespace = 'storage-provisioning';
const CLASS = 'storage-provisioning-encrypted';
const PLAIN_CLASS = 'storage-provisioning-plain';
const REMADE = 'storage-provisioning-remade';
const SOON = 'storage-provisioning-soon';
const FASTER = 'storage-provisioning-faster';
const ELSEWHERE_PLACED = 'storage-provisioning-other-key';
const ATTRIBUTES = '{.spec.csi.volumeAttributes.made}';
let csi: Csi;
let protection: Protection;

function attributesClass(name: string, parameters: object): object {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttributesClass',
    metadata: { name },
    driverName: DRIVER,
    parameters,
  };
}

function pvc(name: string): string {
  return `pvc ${name} -n ${namespace}`;
}

async function untilBound(name: string): Promise<string> {
  await untilField(pvc(name), '{.status.phase}', 'Bound');
  return field(pvc(name), '{.spec.volumeName}');
}

/** How often a volume was refused. */
async function refusedVolumes(): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${protection.webhook.metricsPort}/metrics`);
  const line = (await response.text())
    .split('\n')
    .find(
      (text) =>
        text.startsWith('qdrant_admission') &&
        text.includes('rule="volume-claim-ref"') &&
        text.includes('outcome="fail"'),
    );
  return Number(line?.slice(line.lastIndexOf(' ')) ?? 0);
}

beforeAll(async () => {
  csi = await startCsi(cluster);
  csi.startProvisioner();
  await ensureNamespace(cluster, namespace);
  for (const one of [storageClass(CLASS), storageClass(PLAIN_CLASS, PLAIN), storageClass(REMADE)]) {
    await apply(cluster, one);
  }
  await apply(cluster, attributesClass(FASTER, { iops: '4000' }));
  await apply(cluster, attributesClass(ELSEWHERE_PLACED, { kmsKeyId: 'alias/other' }));
  // From before the namespace was protected: a plain disk.
  await must(create(claim(namespace, 'old', { storageClassName: PLAIN_CLASS })));
  await untilBound('old');
  protection = await protect(cluster, namespace, configFor(namespace));
});

afterAll(async () => {
  await protection?.remove();
  await removeVolumesOf(cluster, namespace);
  await remove(...[CLASS, PLAIN_CLASS, REMADE, SOON].map((name) => `storageclass ${name}`));
  await remove(...[FASTER, ELSEWHERE_PLACED].map((name) => `volumeattributesclass ${name}`));
  await csi?.stop();
});

test('a claim of a class that encrypts gets the volume that its class made', async () => {
  await must(create(claim(namespace, 'data', { storageClassName: CLASS })));
  const name = await untilBound('data');
  expect(await field(`pv ${name}`, ATTRIBUTES)).toBe('encrypted');
  await untilField(`pv ${name}`, '{.status.phase}', 'Bound');
});

test('a claim of a class that does not is refused', async () => {
  const { code, stderr } = await create(claim(namespace, 'plain', { storageClassName: PLAIN_CLASS }));
  expect(code).toBe(1);
  expect(stderr).toContain(`spec.storageClassName is ${PLAIN_CLASS}, which does not encrypt`);
});

describe('a clone', () => {
  const from = (name: string) => ({ storageClassName: CLASS, dataSource: { kind: 'PersistentVolumeClaim', name } });

  test('of an encrypted claim is made', async () => {
    await must(create(claim(namespace, 'clone', from('data'))));
    const name = await untilBound('clone');
    expect(await field(`pv ${name}`, ATTRIBUTES)).toBe('encrypted');
  });

  test('of a plain claim is refused: its driver would make it as its source is', async () => {
    const { code, stderr } = await create(claim(namespace, 'plain-clone', from('old')));
    expect(code).toBe(1);
    expect(stderr).toContain('spec.dataSourceRef is the claim old, which is not shown to be encrypted');
  });

  test('of a plain claim is refused by the newer field as well', async () => {
    const { dataSource: dataSourceRef, storageClassName } = from('old');
    const { code, stderr } = await create(claim(namespace, 'reference', { storageClassName, dataSourceRef }));
    expect(code).toBe(1);
    expect(stderr).toContain('spec.dataSourceRef is the claim old, which is not shown to be encrypted');
  });
});

describe('a VolumeAttributesClass that a bound claim changes to', () => {
  test('may make it faster', async () => {
    await must(patch(pvc('data'), { spec: { volumeAttributesClassName: FASTER } }));
  });

  test('may not replace the key', async () => {
    const { code, stderr } = await patch(pvc('data'), { spec: { volumeAttributesClassName: ELSEWHERE_PLACED } });
    expect(code).toBe(1);
    expect(stderr).toContain(
      `spec.volumeAttributesClassName is ${ELSEWHERE_PLACED}, which may change how data is encrypted`,
    );
  });
});

describe('a class that is made anew, plain, between claim and volume', () => {
  test('makes no volume that is bound', async () => {
    await csi.stopProvisioner();
    await must(create(claim(namespace, 'remade', { storageClassName: REMADE })));
    await remove(`storageclass ${REMADE}`);
    await apply(cluster, storageClass(REMADE, PLAIN));
    csi.startProvisioner();
    await untilDenied(protection, 'volume-claim-ref');
    expect(await field(pvc('remade'), '{.status.phase}{.spec.volumeName}')).toBe('Pending');
  });

  test('nor does a third one that encrypts again', async () => {
    // The provisioner goes on offering the plain volume that it has: from now on, as one of a class that encrypts.
    await remove(`storageclass ${REMADE}`);
    await apply(cluster, storageClass(REMADE, ENCRYPTED));
    const offered = await refusedVolumes();
    await until('the plain volume to be offered again', async () => (await refusedVolumes()) > offered);
    expect(await field(pvc('remade'), '{.status.phase}{.spec.volumeName}')).toBe('Pending');
  });
});

test('a claim that comes within a second of its class is let in, and bound', async () => {
  await must(create(storageClass(SOON), claim(namespace, 'soon', { storageClassName: SOON })));
  await untilBound('soon');
});

describe('with the webhook down', () => {
  test('a claim is expanded, changed in its status, and deleted', async () => {
    await protection.stopWebhook();
    await must(patch(pvc('clone'), { spec: { resources: { requests: { storage: '2Gi' } } } }));
    await must(patch(pvc('clone'), { status: { conditions: [] } }, '--subresource=status'));
    await must(kubectl(['delete', ...pvc('clone').split(' '), '--wait=false']));
    await until('the claim to be gone', async () => (await kubectl(['get', ...pvc('clone').split(' ')])).code !== 0);
  });

  test('its volume is deleted with it', async () => {
    await until('the volume of the clone to be gone', async () => {
      const claims = await must(
        kubectl([
          'get',
          'pv',
          '-o',
          `jsonpath={range .items[*]}{.spec.claimRef.namespace}/{.spec.claimRef.name} {end}`,
        ]),
      );
      return !claims.split(' ').includes(`${namespace}/clone`);
    });
  });

  test('a finalizer is removed', async () => {
    await must(patch(pvc('old'), { metadata: { finalizers: ['example.com/hold'] } }));
    await must(kubectl(['delete', ...pvc('old').split(' '), '--wait=false']));
    await must(patch(pvc('old'), { metadata: { finalizers: null } }));
    await until('the claim to be gone', async () => (await kubectl(['get', ...pvc('old').split(' ')])).code !== 0);
  });

  test('a new claim is refused', async () => {
    const { code, stderr } = await create(claim(namespace, 'new', { storageClassName: CLASS }));
    expect(code).toBe(1);
    expect(stderr).toContain('failed calling webhook "claims.admission.qdrant.io"');
  });
});
