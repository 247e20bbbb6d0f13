import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { badSpec, goodSpec } from '../support/pods.ts';
import { until } from '../support/protected.ts';
import { PROTECTED, podsOfRelease, type Site, tryPod } from './site.ts';

const ETCD_MS = 20_000;

/** Failures around the webhook, which it has to outlive as it is. */
export function controlPlane(site: () => Site): void {
  describe('the control plane fails', () => {
    test('after a restart of the API server pods are judged at once, and no replica restarts', async () => {
      const before = await podsOfRelease(site());
      await site().cluster.restartApiServer();
      for (let i = 0; i < 10; i++) {
        expect(await tryPod(site(), PROTECTED, goodSpec())).toContain('created (server dry run)');
        expect(await tryPod(site(), PROTECTED, badSpec())).toContain('denied the request');
      }
      expect(await podsOfRelease(site())).toEqual(before);
    });

    test('20 s without etcd leave the replicas ready, and they go on afterwards', async () => {
      const before = await podsOfRelease(site());
      await site().cluster.pauseEtcd();
      try {
        await sleep(ETCD_MS);
        for (const { address } of before) {
          const answer = await site().cluster.fetchFromNode(`http://${address}:9090/readyz`);
          expect(answer).toEqual({ status: 200, text: 'ok\n' });
        }
      } finally {
        await site().cluster.resumeEtcd();
      }
      await until(
        'the API server to write again',
        async () => (await site().cluster.kubectl(['get', '--raw', '/readyz'])).code === 0,
      );
      expect(await tryPod(site(), PROTECTED, goodSpec())).toContain('created (server dry run)');
      expect(await tryPod(site(), PROTECTED, badSpec())).toContain('denied the request');
      const restarts = (await podsOfRelease(site())).map((replica) => [replica.name, replica.restarts]);
      expect(restarts).toEqual(before.map((replica) => [replica.name, replica.restarts]));
    });
  });
}
