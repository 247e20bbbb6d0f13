import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import { joinCluster } from '../harness/cluster.ts';
import { runCommand } from '../support/command.ts';
import { apply, configFor, ensureNamespace, must, type Protection, protect, until } from '../support/protected.ts';
import { claim, ENCRYPTED, PLAIN, storageClass } from './objects.ts';
import { storageOn } from './storage.ts';

const cluster = joinCluster(inject('cluster'));
const { kubectl, kubeconfig } = cluster;
const { create, remove, tryCreate } = storageOn(cluster);
const namespace = 'storage-attestation';
const changes = 'storage-attestation-changes';
const ARRAY = 'storage-attestation-array';
const WAITED_FOR = 'storage-attestation-waited-for';

const CLASSES: readonly object[] = [
  storageClass(ARRAY, { pool: 'gold' }, { provisioner: 'csi.example.com' }),
  storageClass('storage-attestation-encrypted', ENCRYPTED),
  storageClass('storage-attestation-plain', PLAIN),
  storageClass('storage-attestation-capital', { encrypted: 'True' }),
  storageClass('storage-attestation-twice', { encrypted: 'true', Encrypted: 'false' }),
  storageClass('storage-attestation-google', {}, { provisioner: 'pd.csi.storage.gke.io' }),
  storageClass('storage-attestation-directory', {}, { provisioner: 'rancher.io/local-path' }),
  storageClass('storage-attestation-static', {}, { provisioner: 'kubernetes.io/no-provisioner' }),
];
let protection: Protection;
let guarded: Protection | undefined;

const named = (one: object) => (one as { metadata: { name: string } }).metadata.name;
const waiting = claim(changes, 'waiting', { storageClassName: WAITED_FOR });
const lazily = { volumeBindingMode: 'WaitForFirstConsumer' };

beforeAll(async () => {
  for (const one of CLASSES) await apply(cluster, one);
  // A claim that waits, and whose class has been taken away meanwhile.
  await ensureNamespace(cluster, changes);
  await must(create(waiting));
  const config = { rules: { 'class-changes': { mode: 'enforce' } } };
  [protection, guarded] = await Promise.all([
    protect(cluster, namespace),
    protect(cluster, changes, configFor(changes, config)),
  ]);
});

afterAll(async () => {
  await Promise.all([protection?.remove(), guarded?.remove()]);
  await remove(...[...CLASSES.map(named), WAITED_FOR].map((name) => `storageclass ${name}`));
});

test('`storage classes` says of each class of the cluster what admission says of a claim of it', async () => {
  const { stdout } = await runCommand(['storage', 'classes', '--kubeconfig', kubeconfig, '--format', 'json']);
  const { classes } = JSON.parse(stdout) as { classes: { name: string; encrypted: boolean }[] };
  const ours = classes.filter(({ name }) => CLASSES.some((one) => named(one) === name));
  expect(ours).toHaveLength(CLASSES.length);
  const admitted: object[] = [];
  for (const { name } of ours) {
    const { code, stderr } = await tryCreate(claim(namespace, 'asked', { storageClassName: name }));
    expect(code === 0 || stderr.includes('encrypted-class')).toBe(true);
    admitted.push({ name, encrypted: code === 0 });
  }
  expect(admitted).toEqual(ours.map(({ name, encrypted }) => ({ name, encrypted })));
  expect(ours.filter(({ encrypted }) => encrypted).map(({ name }) => name)).toEqual([
    'storage-attestation-encrypted',
    'storage-attestation-google',
  ]);
});

describe('a class that shows nothing of itself', () => {
  const wanted = claim(namespace, 'array', { storageClassName: ARRAY });

  test('is let in with the entry that `storage attest` prints', async () => {
    const before = await create(wanted);
    expect(before.code).toBe(1);
    expect(before.stderr).toContain(`spec.storageClassName is ${ARRAY}, which does not encrypt`);
    const told = await runCommand([
      ...[
        'storage',
        'attest',
        ARRAY,
        '--kubeconfig',
        kubeconfig,
        '--mechanism',
        'array',
        '--reason',
        'all its disks encrypt',
      ],
      ...['--responsible', 'storage team', '--expires', new Date(Date.now() + 3_600_000).toISOString()],
    ]);
    expect(told.code, told.stderr).toBe(0);
    await protection.restart({ ...configFor(namespace), storage: { attestations: parse(told.stdout) } });
    await must(create(wanted));
  });

  test('is refused again when it is made anew with other parameters', async () => {
    await remove(`storageclass ${ARRAY}`);
    await apply(cluster, storageClass(ARRAY, { pool: 'tin' }, { provisioner: 'csi.example.com' }));
    await until('the webhook to see the class that was made anew', async () => {
      const { code, stderr } = await tryCreate(claim(namespace, 'anew', { storageClassName: ARRAY }));
      return code === 1 && stderr.includes(`parameters are not those that class ${ARRAY} was attested with`);
    });
  });
});

describe('with class-changes, a class that a claim waits for', () => {
  test('does not come as a plain one', async () => {
    const { code, stderr } = await create(storageClass(WAITED_FOR, PLAIN, lazily));
    expect(code).toBe(1);
    expect(stderr).toContain(`is ${WAITED_FOR}, which claims of ${changes} wait for: waiting`);
    await must(create(storageClass(WAITED_FOR, ENCRYPTED, lazily)));
  });

  test('is not taken away before the claim', async () => {
    const { code, stderr } = await kubectl(['delete', 'storageclass', WAITED_FOR]);
    expect(code).toBe(1);
    expect(stderr).toContain('delete those claims first');
    await must(kubectl(['-n', changes, 'delete', 'pvc', 'waiting', '--timeout=55s']));
    await until('the class to go', async () => (await kubectl(['delete', 'storageclass', WAITED_FOR])).code === 0);
  });

  test('other classes come and go as they like', async () => {
    await must(create(storageClass(WAITED_FOR, PLAIN)));
    await must(kubectl(['delete', 'storageclass', WAITED_FOR]));
  });
});
