import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHART } from '../support/helm.ts';
import { badSpec, goodSpec } from '../support/pods.ts';
import { must, until } from '../support/protected.ts';
import { SECRET } from './aged.ts';
import { documented, openShell, type Shell } from './shell.ts';
import {
  PROTECTED,
  podsOfRelease,
  RELEASE,
  readyReplicas,
  type Site,
  tryPod,
  untilJudged,
  upgrade,
  valuesFor,
} from './site.ts';

const RUNBOOK = 'docs/operations/downtime.md';

/** The ways out of docs/operations/downtime.md, each command as it stands there. */
export function breakGlass(site: () => Site): void {
  describe(`the ways out of ${RUNBOOK}`, () => {
    let shell: Shell;

    beforeAll(async () => {
      shell = await openShell(site());
    });

    afterAll(() => shell?.stop());

    async function type(beginning: string): Promise<string> {
      return must(shell.run(await documented(RUNBOOK, beginning)));
    }

    test('1. look', async () => {
      const broken = { ...valuesFor(site()), image: { digest: `sha256:${'0'.repeat(64)}` } };
      await must(site().helm.run(['upgrade', RELEASE, CHART, '--namespace', RELEASE], { values: broken }));
      await until('the reason to be seen', async () =>
        /ImagePullBackOff|ErrImagePull/.test(await type(`kubectl -n ${RELEASE} get pods`)),
      );
      await type(`kubectl -n ${RELEASE} logs`);
      expect(await type('kubectl auth whoami')).toContain('system:masters');
    });

    test('2. bring it back, with kubectl and with Helm', async () => {
      for (const command of [`kubectl -n ${RELEASE} rollout undo`, 'helm rollback']) {
        await type(command);
        await until('the replicas of before, alone', async () => (await podsOfRelease(site())).length === 2);
        expect((await readyReplicas(site())).size).toBe(2);
      }
      const images = ['get', 'deployment', RELEASE, '-n', RELEASE, '-o', 'jsonpath={..image}'];
      expect(await must(site().cluster.kubectl(images))).toBe(site().image);
    });

    test('4. let pods in unjudged with no replica running, 3. with certificates that come anew', async () => {
      const { kubectl } = site().cluster;
      await must(kubectl(['scale', `deployment/${RELEASE}`, '-n', RELEASE, '--replicas=0']));
      await until('no replica', async () => (await podsOfRelease(site())).length === 0);
      expect(await tryPod(site(), PROTECTED, goodSpec())).toContain('failed calling webhook');
      await type('kubectl delete validatingadmissionpolicybinding');
      await type('kubectl delete validatingwebhookconfiguration');
      await until('pods to be let in', async () => (await tryPod(site(), PROTECTED, badSpec())).includes('created'));

      const leaf = ['get', 'secret', SECRET, '-n', RELEASE, '-o', 'jsonpath={.data.tls\\.crt}'];
      const before = await must(kubectl(leaf));
      await type(`kubectl -n ${RELEASE} patch secret`);
      await upgrade(site(), { ...valuesFor(site()), logLevel: 'info' }, '--force-conflicts');
      await until('two replicas', async () => (await readyReplicas(site())).size === 2);
      await untilJudged(site());
      expect(await tryPod(site(), PROTECTED, goodSpec())).toContain('created');
      expect(await must(kubectl(leaf))).not.toBe(before);
      await must(kubectl(['get', 'validatingadmissionpolicybinding', `${RELEASE}-guard`]));
    });
  });
}
