import { X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { isSignedBy } from '../../../src/cluster/certificates/issuer.ts';
import { readAnchors } from '../../../src/cluster/certificates/secret.ts';
import { must, until } from '../support/protected.ts';
import { ageCertificates, SECRET } from './aged.ts';
import { expiryAt } from './brought-along.ts';
import { withLoad } from './load.ts';
import { podsOfRelease, RELEASE, REPLICAS, readyReplicas, type Site, untilJudged, upgrade, valuesFor } from './site.ts';

/** Within fifteen seconds every replica has looked at the Secret. */
const NOTICED_MS = 16_000;

/** Until pods that leave have left. */
async function settled(site: Site): Promise<void> {
  await until('two replicas, and no other', async () => (await podsOfRelease(site)).length === 2);
  expect((await readyReplicas(site)).size).toBe(2);
}

/** While pods are created without a pause, good and bad: replicas that are replaced, and one that is killed. */
export function replacements(site: () => Site): void {
  describe('under a steady stream of admissions', () => {
    test('kubectl rollout restart loses no call', async () => {
      const { kubectl, kubeconfig } = site().cluster;
      const before = await readyReplicas(site());
      const lost = await withLoad(kubeconfig, async (load) => {
        await load.more();
        await must(kubectl(['rollout', 'restart', `deployment/${RELEASE}`, '-n', RELEASE]));
        await must(kubectl(['rollout', 'status', `deployment/${RELEASE}`, '-n', RELEASE, '--timeout=55s']));
        await settled(site());
        await load.more();
      });
      const after = await readyReplicas(site());
      expect([...after.keys()].filter((name) => before.has(name))).toEqual([]);
      expect(lost).toEqual([]);
    });

    test('kill -9 of a replica loses calls of that moment at most, and those fail closed', async () => {
      const { cluster } = site();
      const lost = await withLoad(cluster.kubeconfig, async (load) => {
        await load.more();
        const name = await cluster.killContainer({ namespace: RELEASE, labels: REPLICAS });
        await until('the container to run again', async () =>
          (await podsOfRelease(site())).some((pod) => pod.name === name && pod.restarts === 1),
        );
        await until('two replicas', async () => (await readyReplicas(site())).size === 2);
        await load.more();
        const before = load.lost.length;
        await load.more();
        expect(load.lost.length).toBe(before);
      });
      for (const { answer } of lost) expect(answer).toContain('failed calling webhook');
      // Of about a hundred a second: what was under way, and what dialled before the node was told of one address fewer.
      expect(lost.length).toBeLessThan(50);
    });
  });
}

/** The same while the certificates are replaced, because they are due, and while the release is upgraded. */
export function changes(site: () => Site): void {
  describe('under a steady stream of admissions', () => {
    test('the rotation of leaf and authority loses no call and restarts nothing', async () => {
      const first = await agedInTime();
      const before = await podsOfRelease(site());
      let most = 1;
      const lost = await withLoad(site().cluster.kubeconfig, async (load) => {
        const replaced = async (): Promise<boolean> => {
          most = Math.max(most, (await trusted()).length);
          return !isSignedBy(await served(), new X509Certificate(first));
        };
        await until('the next authority to sign', replaced, 400_000);
        await sleep(NOTICED_MS);
        await load.more();
      });
      expect(lost).toEqual([]);
      expect(most).toBe(2);
      const pods = await podsOfRelease(site());
      expect(pods.map(({ name, restarts }) => [name, restarts])).toEqual(
        before.map(({ name, restarts }) => [name, restarts]),
      );
      const expires = (await served()).validToDate.getTime() / 1000;
      for (const { address } of pods) expect(await expiryAt(site(), address)).toBe(expires);
    });

    test('helm upgrade with a changed value and another protected namespace loses no call', async () => {
      const lost = await withLoad(site().cluster.kubeconfig, async (load) => {
        await upgrade(site(), { ...valuesFor(site(), ['qdrant', 'qdrant-second']), logLevel: 'warn' });
        await untilJudged(site(), 'qdrant-second');
        await settled(site());
        await load.more();
      });
      expect(lost).toEqual([]);
      const log = await must(site().cluster.kubectl(['logs', '-n', RELEASE, `deployment/${RELEASE}`]));
      expect(log).not.toContain('"listening"');
    });
  });

  /** The certificate of an authority that is in use and soon due: on a slow machine it takes more than one attempt. */
  async function agedInTime(): Promise<string> {
    for (const dueInMs of [20_000, 60_000, 180_000]) {
      const authority = await ageCertificates(site(), dueInMs);
      const anchors = await trusted();
      if (anchors.length === 1 && isSignedBy(await served(), new X509Certificate(authority))) return authority;
    }
    throw new Error('the certificates fall due before the release is up again');
  }

  async function trusted(): Promise<readonly string[]> {
    const path = 'jsonpath={.webhooks[0].clientConfig.caBundle}';
    const text = await must(site().cluster.kubectl(['get', 'validatingwebhookconfiguration', RELEASE, '-o', path]));
    return readAnchors(Buffer.from(text, 'base64').toString()).anchors.map(({ certificate }) => certificate);
  }

  /** The certificate that is to be served. */
  async function served(): Promise<X509Certificate> {
    const args = ['get', 'secret', SECRET, '-n', RELEASE, '-o', 'jsonpath={.data.tls\\.crt}'];
    return new X509Certificate(Buffer.from(await must(site().cluster.kubectl(args)), 'base64'));
  }
}
