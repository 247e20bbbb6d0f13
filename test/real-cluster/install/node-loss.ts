import { describe, expect, test } from 'vitest';
import { must, until } from '../support/protected.ts';
import { withLoad } from './load.ts';
import { podsOfRelease, RELEASE, readyReplicas, type Site } from './site.ts';

/** The loss of the node of a replica, while pods are created without a pause. */
export function nodeLoss(site: () => Site): void {
  describe('a second node', () => {
    test('gets a replica, and takes it along when it is lost: the other one goes on, and a new one comes', async () => {
      const { cluster } = site();
      const { kubectl } = cluster;
      const node = await cluster.addNode();
      await until('two replicas, and none that leaves', async () => (await podsOfRelease(site())).length === 2);
      const [moved] = await podsOfRelease(site());
      await must(kubectl(['delete', 'pod', moved?.name ?? '', '-n', RELEASE]));
      await until('a replica on each node', async () => {
        const nodes = await nodesOfReplicas();
        return nodes.length === 2 && new Set(nodes).size === 2;
      });
      let between = 0;
      const lost = await withLoad(cluster.kubeconfig, async (load) => {
        await load.more();
        await cluster.killNode(node);
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
      const nodes = await nodesOfReplicas();
      expect(new Set(nodes).size).toBe(1);
      expect(nodes).not.toContain(node);
      // Its pod is held to be running until somebody says that the node will not come back.
      await must(kubectl(['delete', 'node', node]));
      await until('the pod of the lost node to go', async () => (await podsOfRelease(site())).length === 2, 120_000);
    });
  });

  async function nodesOfReplicas(): Promise<readonly string[]> {
    return [...(await readyReplicas(site())).values()].map(({ node }) => node);
  }
}
