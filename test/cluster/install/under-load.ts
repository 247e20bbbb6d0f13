import { X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAnchors } from '../../../src/io/certificate-secret.ts';
import { must, until } from '../support/protected.ts';
import { SECRET } from './aged.ts';
import { type Load, startLoad } from './load.ts';
import { podsOfRelease, RELEASE, REPLICAS, readyReplicas, type Site, untilJudged, upgrade, valuesFor } from './site.ts';

/** As many calls as the stream makes in some seconds: what follows a change has to be seen as well. */
const AFTERWARDS = 200;

/** While pods are created without a pause, good and bad: what an operator does, and what happens to one. */
export function underLoad(site: () => Site): void {
  describe('under a steady stream of admissions', () => {
    let load: Load;

    beforeAll(async () => {
      load = await startLoad(site().cluster.kubeconfig);
    });

    afterAll(() => load?.end());

    async function more(calls = AFTERWARDS): Promise<void> {
      const from = load.admitted + load.refused;
      await until('more admissions', async () => load.admitted + load.refused >= from + calls);
    }

    /** Until pods that leave have left. */
    async function settled(): Promise<void> {
      await until('two replicas, and no other', async () => (await podsOfRelease(site())).length === 2);
      expect((await readyReplicas(site())).size).toBe(2);
    }

    test('kubectl rollout restart loses no call', async () => {
      const { kubectl } = site().cluster;
      const before = await readyReplicas(site());
      await more();
      await must(kubectl(['rollout', 'restart', `deployment/${RELEASE}`, '-n', RELEASE]));
      await must(kubectl(['rollout', 'status', `deployment/${RELEASE}`, '-n', RELEASE, '--timeout=55s']));
      await settled();
      await more();
      const after = await readyReplicas(site());
      expect([...after.keys()].filter((name) => before.has(name))).toEqual([]);
      expect(load.lost).toEqual([]);
    });

    test('the rotation of everything, when it is due, loses no call and restarts nothing', async () => {
      const before = await podsOfRelease(site());
      const first = await trusted();
      let most = first.length;
      await until(
        'the next authority to sign',
        async () => {
          most = Math.max(most, (await trusted()).length);
          return isSignedBy(await served(), first[0] ?? '') === false;
        },
        240_000,
      );
      // Every replica looks at the Secret within fifteen seconds.
      await sleep(16_000);
      await more();
      expect(load.lost).toEqual([]);
      expect(most).toBe(2);
      expect((await podsOfRelease(site())).map(({ name, restarts }) => [name, restarts])).toEqual(
        before.map(({ name }) => [name, 0]),
      );
      for (const { name } of before) {
        const log = await must(site().cluster.kubectl(['logs', '-n', RELEASE, name]));
        expect(log.split('serving with a new certificate').length, log).toBeGreaterThan(2);
      }
    });

    test('helm upgrade with a changed value and another protected namespace loses no call', async () => {
      const values = { ...valuesFor(site(), ['qdrant', 'qdrant-second']), logLevel: 'warn' };
      await upgrade(site(), values);
      await untilJudged(site(), 'qdrant-second');
      await settled();
      await more();
      expect(load.lost).toEqual([]);
      const log = await must(site().cluster.kubectl(['logs', '-n', RELEASE, `deployment/${RELEASE}`]));
      expect(log).not.toContain('"listening"');
    });

    test('kill -9 of a replica: calls in flight fail closed, and no more once it is known', async () => {
      const { cluster } = site();
      const began = performance.now();
      const name = await cluster.killContainer({ namespace: RELEASE, labels: REPLICAS });
      await until('the container to run again', async () =>
        (await podsOfRelease(site())).some((pod) => pod.name === name && pod.restarts === 1),
      );
      await until('two replicas', async () => (await readyReplicas(site())).size === 2);
      console.log('KILL', performance.now() - began, load.lost);
      await more();
      const lost = load.lost.length;
      await more();
      expect(load.lost.length).toBe(lost);
      for (const { answer } of load.lost) expect(answer).toContain('failed calling webhook');
    });

    async function trusted(): Promise<readonly string[]> {
      const path = 'jsonpath={.webhooks[0].clientConfig.caBundle}';
      const text = await must(site().cluster.kubectl(['get', 'validatingwebhookconfiguration', RELEASE, '-o', path]));
      return readAnchors(Buffer.from(text, 'base64').toString()).anchors.map(({ certificate }) => certificate);
    }

    async function served(): Promise<X509Certificate> {
      const args = ['get', 'secret', SECRET, '-n', RELEASE, '-o', 'jsonpath={.data.tls\\.crt}'];
      return new X509Certificate(Buffer.from(await must(site().cluster.kubectl(args)), 'base64'));
    }
  });
}

function isSignedBy(leaf: X509Certificate, authority: string): boolean {
  return leaf.verify(new X509Certificate(authority).publicKey);
}
