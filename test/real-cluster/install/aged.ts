import { DEFAULT_LIFETIMES } from '../../../src/certificates/lifetimes.ts';
import { issueAuthority, issueLeaf } from '../../../src/cluster/certificates/issuer.ts';
import { encodeTrustState } from '../../../src/cluster/certificates/secret.ts';
import { must, until } from '../support/protected.ts';
import { podsOfRelease, RELEASE, readyReplicas, type Site, untilJudged } from './site.ts';

export const SECRET = `${RELEASE}-certificates`;

/**
 * Starts the release anew with an authority that has been in use for two thirds of its life in a while from now: it is then replaced.
 * Answers with its certificate, in PEM.
 */
export async function ageCertificates(site: Site, dueInMs: number): Promise<string> {
  const { kubectl } = site.cluster;
  const scale = ['scale', `deployment/${RELEASE}`, '-n', RELEASE];
  await must(kubectl([...scale, '--replicas=0']));
  await until('no replica', async () => (await podsOfRelease(site)).length === 0);

  const due = Date.now() + dueInMs;
  const { authority: life, leaf: leafLife } = DEFAULT_LIFETIMES;
  const authority = await issueAuthority({ notBefore: due - (life / 3) * 2, notAfter: due + life / 3 });
  const names = { dnsNames: [`${RELEASE}.${RELEASE}.svc`, `${RELEASE}.${RELEASE}.svc.cluster.local`] };
  const validity = { notBefore: due - (leafLife / 3) * 2, notAfter: due + leafLife / 3 };
  const leaf = await issueLeaf(authority, names, validity);
  const value = encodeTrustState({ authority, leaf, lastLeafExpires: leaf.notAfter, retired: [] });
  const patch = JSON.stringify([{ op: 'add', path: '/data', value }]);
  await must(kubectl(['patch', 'secret', SECRET, '-n', RELEASE, '--type=json', '-p', patch]));

  await must(kubectl([...scale, '--replicas=2']));
  await until('two replicas', async () => (await readyReplicas(site)).size === 2);
  await untilJudged(site);
  return authority.certificate;
}
