import { DEFAULT_LIFETIMES } from '../../../src/certificates/lifetimes.ts';
import { issueAuthority, issueLeaf } from '../../../src/io/certificate-issuer.ts';
import { encodeHolding } from '../../../src/io/certificate-secret.ts';
import { apply } from '../support/protected.ts';
import { RELEASE, type Site } from './site.ts';

export const SECRET = `${RELEASE}-certificates`;

/** Of a release whose authority has been in use for two thirds of its life in a while from now: it is then replaced. */
export async function leaveAgedCertificates({ cluster }: Site, dueInMs: number): Promise<void> {
  const due = Date.now() + dueInMs;
  const { authority: life, leaf: leafLife } = DEFAULT_LIFETIMES;
  const authority = await issueAuthority({ notBefore: due - (life / 3) * 2, notAfter: due + life / 3 });
  const names = { dnsNames: [`${RELEASE}.${RELEASE}.svc`, `${RELEASE}.${RELEASE}.svc.cluster.local`] };
  const validity = { notBefore: due - (leafLife / 3) * 2, notAfter: due + leafLife / 3 };
  const leaf = await issueLeaf(authority, names, validity);
  await apply(cluster, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: RELEASE } });
  await apply(cluster, {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: {
      name: SECRET,
      namespace: RELEASE,
      // Helm takes over what says that it is its own.
      labels: { 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: { 'meta.helm.sh/release-name': RELEASE, 'meta.helm.sh/release-namespace': RELEASE },
    },
    data: encodeHolding({ authority, leaf, leavesUntil: leaf.notAfter, retired: [] }),
  });
}
