import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { isSignedBy } from '../../../src/cluster/certificates/issuer.ts';
import { readAnchors } from '../../../src/cluster/certificates/secret.ts';
import { badSpec, goodSpec } from '../support/pods.ts';
import { must, until } from '../support/protected.ts';
import { SECRET } from './aged.ts';
import { documented, openShell } from './shell.ts';
import { PROTECTED, RELEASE, readyReplicas, type Site, tryPod, upgrade, valuesFor } from './site.ts';

const RUNBOOK = 'docs/operations/stolen-key.md';

/** The commands of the page for the program's own certificates, each as it stands there. */
export function stolenKey(site: () => Site): void {
  describe(`the way of ${RUNBOOK}`, () => {
    test('leaves nothing trusted of before, lets nothing in unjudged, and the next upgrade goes on as ever', async () => {
      const stolen = [await secretText('authority.crt'), await secretText('next-authority.crt')]
        .filter((pem) => pem !== '')
        .map((pem) => new X509Certificate(pem));
      expect(stolen.length).toBeGreaterThan(0);
      const shell = await openShell(site());
      const type = async (beginning: string) => must(shell.run(await documented(RUNBOOK, beginning)));
      const see = `kubectl get validatingwebhookconfiguration ${RELEASE} -o 'jsonpath`;
      expect(readAnchors(await type(see)).anchors.map(({ certificate }) => certificate)).toContain(
        stolen[0]?.toString(),
      );

      await type(`kubectl -n ${RELEASE} scale deployment/${RELEASE} --replicas=0`);
      await type(`kubectl -n ${RELEASE} wait --for=delete pod`);
      await type(`kubectl -n ${RELEASE} patch secret`);
      await type(`kubectl get validatingwebhookconfiguration ${RELEASE} -o json |`);
      expect(await type(see)).toBe('');
      expect(await tryPod(site(), PROTECTED, goodSpec())).toContain('failed calling webhook');
      await type(`kubectl -n ${RELEASE} scale deployment/${RELEASE} --replicas=2`);
      await type(`kubectl -n ${RELEASE} rollout status`);

      await until('pods to be judged', async () =>
        (await tryPod(site(), PROTECTED, badSpec())).includes('denied the request'),
      );
      expect(await tryPod(site(), PROTECTED, goodSpec())).toContain('created');
      const { anchors } = readAnchors(await type(see));
      expect(anchors).toHaveLength(1);
      for (const { certificate } of anchors) {
        expect(stolen.some((one) => one.publicKey.equals(new X509Certificate(certificate).publicKey))).toBe(false);
      }
      const leaf = new X509Certificate(await secretText('tls.crt'));
      expect(stolen.some((one) => isSignedBy(leaf, one))).toBe(false);
      await shell.stop();

      await upgrade(site(), { ...valuesFor(site()), logLevel: 'debug' });
      expect((await readyReplicas(site())).size).toBe(2);
    });

    async function secretText(key: string): Promise<string> {
      const path = `jsonpath={.data.${key.replace('.', '\\.')}}`;
      const base64 = await must(site().cluster.kubectl(['get', 'secret', SECRET, '-n', RELEASE, '-o', path]));
      return Buffer.from(base64, 'base64').toString();
    }
  });
}
