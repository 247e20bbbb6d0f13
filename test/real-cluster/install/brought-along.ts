import { X509Certificate } from 'node:crypto';
import { expect } from 'vitest';
import type { Authority } from '../../../src/certificates/trust-state.ts';
import { issueAuthority, issueLeaf } from '../../../src/cluster/certificates/issuer.ts';
import { apply, must, until } from '../support/protected.ts';
import { withLoad } from './load.ts';
import { install, podsOfRelease, RELEASE, readyReplicas, type Site, untilJudged, valuesFor } from './site.ts';

const SECRET = 'brought-along';
const DAY_MS = 86_400_000;

/** Installs the release with a certificate in a Secret of one's own, and renews it under load. */
export async function installWithFiles(site: Site): Promise<void> {
  const { kubectl, kubeconfig } = site.cluster;
  const authority = await issueAuthority({ notBefore: Date.now() - DAY_MS, notAfter: Date.now() + 30 * DAY_MS });
  await apply(site.cluster, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: RELEASE } });
  await bring(site, authority, 2);
  const certificates = { mode: 'files', existingSecret: SECRET, caBundle: authority.certificate };
  await install(site, { ...valuesFor(site), certificates });
  await untilJudged(site);
  await until('two replicas, and none of before', async () => (await podsOfRelease(site)).length === 2);
  expect((await readyReplicas(site)).size).toBe(2);

  const before = await podsOfRelease(site);
  const lost = await withLoad(kubeconfig, async (load) => {
    await load.more();
    const expires = await bring(site, authority, 9);
    // A kubelet looks into a pod about once a minute, and at once when the pod changes.
    const selector = `--selector=app.kubernetes.io/instance=${RELEASE},app.kubernetes.io/component=webhook`;
    await must(kubectl(['annotate', 'pods', '-n', RELEASE, selector, `example.com/renewed=${expires}`]));
    for (const { address } of before) {
      await until('the new certificate', async () => (await expiryAt(site, address)) === expires, 120_000);
    }
    await load.more();
  });
  expect(lost).toEqual([]);
  expect(await podsOfRelease(site)).toEqual(before);
}

/** Writes another certificate into the Secret; answers when it expires, in seconds since 1970. */
async function bring({ cluster }: Site, authority: Authority, days: number): Promise<number> {
  const names = { dnsNames: [`${RELEASE}.${RELEASE}.svc`] };
  const validity = { notBefore: Date.now() - DAY_MS, notAfter: Date.now() + days * DAY_MS };
  const { certificate, key } = await issueLeaf(authority, names, validity);
  await apply(cluster, {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name: SECRET, namespace: RELEASE },
    stringData: { 'tls.crt': certificate, 'tls.key': key },
  });
  return new X509Certificate(certificate).validToDate.getTime() / 1000;
}

/** When the certificate expires that a replica does serve, in seconds since 1970. */
export async function expiryAt({ cluster }: Site, address: string): Promise<number> {
  const { text } = await cluster.fetchFromNode(`http://${address}:9090/metrics`);
  return Number(/^qdrant_admission_certificate_expiry_timestamp_seconds (\S+)$/m.exec(text)?.[1]);
}
