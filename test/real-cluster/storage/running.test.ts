import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { joinCluster } from '../harness/cluster.ts';
import { goodSpec, pod } from '../support/pods.ts';
import { apply, configFor, ensureNamespace, must, type Protection, protect } from '../support/protected.ts';
import { claim, PLAIN, storageClass, volume } from './objects.ts';
import { removeVolumesOf, storageOn } from './storage.ts';

const cluster = joinCluster(inject('cluster'));
const { create, field, patch, remove, untilBound, untilField } = storageOn(cluster);
const { kubectl } = cluster;
const namespace = 'storage-running';
const CLASS = 'storage-running-plain';
const OLD = ['data', 'grown', 'held', 'status'];
let protection: Protection;

/** A database that mounts a claim. */
function database(name: string, claimName: string): object {
  const spec = { ...goodSpec(), volumes: [{ name: 'storage', persistentVolumeClaim: { claimName } }] };
  return pod(namespace, name, spec);
}

function pvc(name: string): string {
  return `pvc ${name} -n ${namespace}`;
}

beforeAll(async () => {
  await ensureNamespace(cluster, namespace);
  await apply(cluster, storageClass(CLASS, PLAIN));
  await must(create(...OLD.map((name) => volume(`storage-running-${name}`, { storageClassName: CLASS }))));
  await must(create(...OLD.map((name) => claim(namespace, name, { storageClassName: CLASS }))));
  for (const name of OLD) await untilBound(pvc(name));
  await must(create(database('old', 'data')));
  protection = await protect(cluster, namespace);
});

afterAll(async () => {
  await protection?.remove();
  await kubectl(['-n', namespace, 'delete', 'pods', '--all', '--force', '--grace-period=0']);
  await removeVolumesOf(cluster, namespace);
  await remove(`storageclass ${CLASS}`, ...OLD.map((name) => `pv storage-running-${name}`));
});

/** Nothing of this depends on the webhook: it is not even asked. */
async function expectCareFor(name: string, size: string): Promise<void> {
  await must(patch(pvc(name), { spec: { resources: { requests: { storage: size } } } }));
  await must(patch(pvc(name), { metadata: { labels: { team: 'search' }, finalizers: ['example.com/hold'] } }));
  await must(patch(pvc(name), { metadata: { finalizers: null } }));
  await must(patch(pvc(name), { status: { conditions: [] } }, '--subresource=status'));
  const bound = await field(pvc(name), '{.spec.volumeName}');
  await must(patch(`pv ${bound}`, { metadata: { finalizers: ['example.com/hold'] } }));
  await must(patch(`pv ${bound}`, { spec: { capacity: { storage: size } } }));
  await must(patch(`pv ${bound}`, { status: { message: 'still there' } }, '--subresource=status'));
  await must(patch(`pv ${bound}`, { metadata: { finalizers: null } }));
}

async function expectDeletion(name: string): Promise<void> {
  const bound = await field(pvc(name), '{.spec.volumeName}');
  await must(kubectl(['delete', ...pvc(name).split(' '), '--timeout=55s']));
  await untilField(`pv ${bound}`, '{.status.phase}', 'Released');
  await must(kubectl(['delete', 'pv', bound, '--timeout=55s']));
}

describe('a database whose claim is older than the webhook, and plain', () => {
  test('goes on; it is looked after, but not started anew without enforcedSince', async () => {
    const { code, stderr } = await create(database('new', 'data'));
    expect(code).toBe(1);
    expect(stderr).toContain(
      'spec.volumes[0] "storage" .persistentVolumeClaim.claimName is data, which is not shown to be encrypted',
    );
    await expectCareFor('grown', '2Gi');
    await must(kubectl(['-n', namespace, 'label', 'pod', 'old', 'team=search']));
    await must(kubectl(['-n', namespace, 'delete', 'pod', 'old', '--force', '--grace-period=0']));
  });

  test('is started anew with enforcedSince after it, with a warning and a note in the audit log', async () => {
    await protection.restart(configFor(namespace, { enforcedSince: new Date().toISOString() }));
    const { code, stderr } = await create(database('again', 'data'));
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/^Warning: used-claims: .*claimName is data, which is not shown to be encrypted/m);
    await expectCareFor('data', '3Gi');
    await must(kubectl(['-n', namespace, 'delete', 'pod', 'again', '--force', '--grace-period=0']));
    await expectDeletion('held');
  });

  test.runIf(cluster.auditLog)('the audit log of the API server has it', async () => {
    const events = (await readFile(cluster.auditLog as string, 'utf8')).split('\n');
    const noted = events.filter((line) => line.includes(`"namespace":"${namespace}","name":"again"`));
    const note =
      /"pods\.admission\.qdrant\.io\/used-claims":"exempt \(enforce\); .* the claim is older than enforcedSince/;
    expect(noted.some((line) => note.test(line))).toBe(true);
  });

  test('a claim that comes after enforcedSince is judged as any other', async () => {
    const { code, stderr } = await create(claim(namespace, 'later', { storageClassName: CLASS }));
    expect(code).toBe(1);
    expect(stderr).toContain(`spec.storageClassName is ${CLASS}, which does not encrypt`);
  });
});

test('with the webhook down, claims and volumes are looked after and deleted, and none is made', async () => {
  await protection.stopWebhook();
  await expectCareFor('status', '2Gi');
  await expectDeletion('status');
  const { code, stderr } = await create(claim(namespace, 'new', { storageClassName: CLASS }));
  expect(code).toBe(1);
  expect(stderr).toContain('failed calling webhook "claims.admission.qdrant.io"');
});
