import { describe, expect, test } from 'vitest';
import { must, until } from '../support/protected.ts';
import { startLoad } from './load.ts';
import { podsOfRelease, RELEASE, readyReplicas, type Site } from './site.ts';

const NODE = 'node-2';

/** The loss of the node of a replica, while pods are created without a pause. */
export function nodeLoss(site: () => Site): void {
  describe('a second node', () => {
    test('gets a replica, and takes it along when it is lost: the other one goes on, and a new one comes', async () => {
      const { cluster } = site();
      const { kubectl } = cluster;
      await cluster.addNode(NODE);
      const [moved] = await podsOfRelease(site());
      await must(kubectl(['delete', 'pod', moved?.name ?? '', '-n', RELEASE]));
      await until('a replica on each node', async () => {
        const nodes = [...(await readyReplicas(site())).values()].map(({ node }) => node);
        return nodes.length === 2 && new Set(nodes).size === 2;
      });
      const load = await startLoad(cluster.kubeconfig);
      try {
        await until('admissions', async () => load.admitted > 50 && load.refused > 50);
        const atLoss = performance.now();
        await cluster.killNode(NODE);
        const before = load.admitted + load.refused;
        await until('the cluster to notice', async () => (await readyReplicas(site())).size === 1, 90_000);
        const noticed = performance.now();
        const between = load.admitted + load.refused - before;
        await until('another replica', async () => (await readyReplicas(site())).size === 2, 90_000);
        console.log('NODE', {
          noticed: noticed - atLoss,
          between,
          replaced: performance.now() - atLoss,
          lost: load.lost,
        });
        const lost = load.lost.length;
        const judged = load.admitted + load.refused;
        await until('more admissions', async () => load.admitted + load.refused > judged + 200);
        expect(between).toBeGreaterThan(0);
        expect(load.lost.length).toBe(lost);
        for (const { answer } of load.lost) expect(answer).toContain('failed calling webhook');
      } finally {
        await load.end();
      }
      const nodes = [...(await readyReplicas(site())).values()].map(({ node }) => node);
      expect(nodes).toEqual(['node-1', 'node-1']);
    });
  });
}
