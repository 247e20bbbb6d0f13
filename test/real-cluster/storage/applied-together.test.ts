import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { repeats } from '../../support/repeats.ts';
import { joinCluster } from '../harness/cluster.ts';
import { type Protection, protect, until } from '../support/protected.ts';
import { type Csi, startCsi } from './csi.ts';
import { claim, DEFAULT_MARK, ENCRYPTED, PLAIN, storageClass } from './objects.ts';
import { removeVolumesOf, storageOn } from './storage.ts';

const cluster = joinCluster(inject('cluster'));
const { kubectl } = cluster;
const { field, remove, touch } = storageOn(cluster);
const namespace = 'storage-together';
const ROUNDS = repeats(200);
const NAMES = Array.from({ length: ROUNDS }, (_, i) => `together-${i}`);
let csi: Csi;
let protection: Protection;
let folder: string;

/** A default class: the newest counts, so that of each round is the one that decides. */
function newDefault(name: string, parameters: object): object {
  return storageClass(name, parameters, { metadata: { name, annotations: { [DEFAULT_MARK]: 'true' } } });
}

/** `kubectl apply` of a folder, in the order of its files; a refusal is a result. */
async function applyTogether(...objects: readonly object[]) {
  const round = await mkdtemp(join(folder, 'round-'));
  for (const [i, object] of objects.entries()) await writeFile(join(round, `${i}.json`), JSON.stringify(object));
  return kubectl(['apply', '-f', round]);
}

const ours = cluster.provider === 'local';
const whose = ours ? '' : ' (not here: this cluster has a default class of its own)';

describe.skipIf(!ours)(`a class and the claims that need it, in one folder${whose}`, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'together-'));
    csi = await startCsi(cluster);
    csi.startProvisioner();
    protection = await protect(cluster, namespace);
  });

  afterAll(async () => {
    await protection?.remove();
    await removeVolumesOf(cluster, namespace);
    await remove(...[...NAMES, 'together-plain'].map((name) => `storageclass ${name}`));
    await csi?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test(
    `are let in and bound, ${ROUNDS} times: by its name, and as the default that a list decides`,
    async () => {
      for (const name of NAMES) {
        const { code, stdout, stderr } = await applyTogether(
          newDefault(name, ENCRYPTED),
          claim(namespace, `${name}-by-default`),
          claim(namespace, `${name}-by-name`, { storageClassName: name }),
        );
        expect({ name, code, stderr }).toEqual({ name, code: 0, stderr: '' });
        expect(stdout.match(/ created$/gm)).toHaveLength(3);
      }
      const claims = NAMES.flatMap((name) => [`${name}-by-default`, `${name}-by-name`]);
      for (const name of claims) {
        await until(`${name} to be bound`, async () => {
          if ((await field(`pvc ${name} -n ${namespace}`, '{.status.phase}')) === 'Bound') return true;
          await touch(`pvc ${name} -n ${namespace}`);
          return false;
        });
      }
      // Neither the claims nor what the controllers and the provisioner did for them.
      const denied = protection.webhook
        .log()
        .split('\n')
        .filter((line) => line.includes('"denied"') && line.includes('together-'));
      expect(denied).toEqual([]);
    },
    ROUNDS * 10_000,
  );

  test('are refused where the new default does not encrypt, though an older one does', async () => {
    const { code, stderr } = await applyTogether(newDefault('together-plain', PLAIN), claim(namespace, 'late'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/spec\.storageClassName is (not set: the default class is )?together-plain, which does not/);
  });
});
