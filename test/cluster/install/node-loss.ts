import { describe, expect, test } from 'vitest';
import { must, until } from '../support/protected.ts';
import { withLoad } from './load.ts';
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
      let between = 0;
      const lost = await withLoad(cluster.kubeconfig, async (load) => {
        await load.more();
        await cluster.killNode(NODE);
        const before = load.admitted + load.refused;
        await until('the cluster to notice', async () => (await readyReplicas(site())).size === 1, 90_000);
        between = load.admitted + load.refused - before;
        await until('another replica', async () => (await readyReplicas(site())).size === 2, 90_000);
        await load.more();
        const late = load.lost.length;
        await load.more();
        expect(load.lost.length).toBe(late);
      });
      expect(between).toBeGreaterThan(0);
      for (const { answer } of lost) expect(answer).toContain('failed calling webhook');
      const nodes = [...(await readyReplicas(site())).values()].map(({ node }) => node);
      expect(nodes).toEqual(['node-1', 'node-1']);
      // Its pod is held to be running until somebody says that the node will not come back.
      await must(kubectl(['delete', 'node', NODE]));
      await until('the pod of the lost node to go', async () => (await podsOfRelease(site())).length === 2, 120_000);
    });
  });
}
