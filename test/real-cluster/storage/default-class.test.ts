import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { joinCluster } from '../harness/cluster.ts';
import { apply, ensureNamespace, must, type Protection, protect, until } from '../support/protected.ts';
import { claim, DEFAULT_MARK, ENCRYPTED, PLAIN, storageClass } from './objects.ts';
import { storageOn, untilDenied } from './storage.ts';

const cluster = joinCluster(inject('cluster'));
const { kubectl } = cluster;
const { create, field, patch, remove, touch, tryCreate, untilField } = storageOn(cluster);
const namespace = 'storage-default';
/** There before any claim, and no default at first. */
const BEFORE = 'storage-default-before';
/** The later one sorts last by name: only its age can make it the default. */
const [FIRST, LATER] = ['storage-default-a', 'storage-default-z'];
const early = claim(namespace, 'early');
let protection: Protection;

function asDefault(name: string, parameters: object): object {
  return storageClass(name, parameters, {
    metadata: { name, annotations: { [DEFAULT_MARK]: 'true' } },
    // Nothing is made for these claims: what they are let in with is all that matters.
    volumeBindingMode: 'WaitForFirstConsumer',
  });
}

/** The default class comes to the API server's admission by a watch. */
async function untilTold(words: string): Promise<void> {
  await until(`a claim without a class to be told ${JSON.stringify(words)}`, async () => {
    const { stdout, stderr } = await tryCreate(claim(namespace, 'probe'));
    return (stdout + stderr).includes(words);
  });
}

const ours = cluster.provider === 'local';
const whose = ours ? '' : ' (not here: this cluster has one of its own, which is not ours to take away)';

describe.skipIf(!ours)(`the default class${whose}`, () => {
  beforeAll(async () => {
    // The claim that came in before the namespace was protected, when there was no default class.
    await ensureNamespace(cluster, namespace);
    await until('no default class', async () => {
      const { stdout } = await kubectl(['create', '--dry-run=server', '-o', 'json', '-f', '-'], {
        stdin: JSON.stringify(early),
      });
      return !stdout.includes('storageClassName');
    });
    await apply(cluster, storageClass(BEFORE, ENCRYPTED, { volumeBindingMode: 'WaitForFirstConsumer' }));
    await sleep(1_100);
    await must(create(early));
    protection = await protect(cluster, namespace);
  });

  afterAll(async () => {
    await protection?.remove();
    await remove(...[BEFORE, FIRST, LATER].map((name) => `storageclass ${name}`));
  });

  test('a claim without a class is refused where there is no default', async () => {
    const { code, stderr } = await create(claim(namespace, 'none'));
    expect(code).toBe(1);
    expect(stderr).toContain('spec.storageClassName is not set, and the cluster has no default class');
  });

  describe('a claim from before, to which the controller manager gives the default class', () => {
    const target = `pvc early -n ${namespace}`;

    test('does not get one that does not encrypt', async () => {
      await apply(cluster, asDefault(FIRST, PLAIN));
      await touch(target);
      await untilDenied(protection, 'persistent-volume-binder');
      expect(await field(target, '{.spec.storageClassName}')).toBe('');
      expect(await field(target, '{.status.phase}')).toBe('Pending');
      const byHand = await patch(target, { spec: { storageClassName: FIRST } });
      expect(byHand.code).toBe(1);
      expect(byHand.stderr).toContain(`spec.storageClassName is ${FIRST}, which does not encrypt`);
    });

    test('nor one that is not older than the claim, and may not be the only one of its name', async () => {
      await remove(`storageclass ${FIRST}`);
      await apply(cluster, asDefault(FIRST, ENCRYPTED));
      const { code, stderr } = await patch(target, { spec: { storageClassName: FIRST } });
      expect(code).toBe(1);
      expect(stderr).toContain(`spec.storageClassName is ${FIRST}, which is not older than the claim`);
      await remove(`storageclass ${FIRST}`);
    });

    test('gets one that encrypts, and was there before it', async () => {
      await must(kubectl(['annotate', 'storageclass', BEFORE, `${DEFAULT_MARK}=true`]));
      await until('the class in the claim', async () => {
        await touch(target);
        return (await field(target, '{.spec.storageClassName}')) === BEFORE;
      });
    });
  });

  describe('on CREATE, the API server fills in the default before the webhook is asked', () => {
    test('one that encrypts', async () => {
      await untilTold('created');
      await must(create(claim(namespace, 'filled')));
      await untilField(`pvc filled -n ${namespace}`, '{.spec.storageClassName}', BEFORE);
    });

    test('of two, the newest', async () => {
      // Creation times are whole seconds.
      await sleep(1_100);
      await apply(cluster, asDefault(LATER, PLAIN));
      await untilTold(`is ${LATER}, which does not encrypt`);
      const { code } = await create(claim(namespace, 'newest'));
      expect(code).toBe(1);
    });
  });
});
