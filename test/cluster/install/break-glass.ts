import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { badSpec, goodSpec, pod } from '../support/pods.ts';
import { must, until } from '../support/protected.ts';
import { SECRET } from './aged.ts';
import { documented, openShell, type Shell } from './shell.ts';
import {
  PROTECTED,
  podsOfRelease,
  RELEASE,
  readyReplicas,
  type Site,
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

    function tryPod(spec: object) {
      const stdin = JSON.stringify(pod(PROTECTED, 'try', spec));
      return site().cluster.kubectl(['create', '--dry-run=server', '-f', '-'], { stdin });
    }

    async function breakRollout(): Promise<void> {
      const { kubectl } = site().cluster;
      const image = `webhook=${site().cluster.registry}/qdrant/no-such-image:1`;
      await must(kubectl(['set', 'image', `deployment/${RELEASE}`, image, '-n', RELEASE]));
      await until('a replica that cannot be pulled', async () => (await podsOfRelease(site())).length === 3);
    }

    test('1. look', async () => {
      await breakRollout();
      await until('the reason to be seen', async () =>
        /ImagePullBackOff|ErrImagePull/.test(await type(`kubectl -n ${RELEASE} get pods`)),
      );
      expect(await type(`kubectl -n ${RELEASE} logs`)).toContain('"');
      expect(await type('kubectl auth whoami')).toContain('system:masters');
    });

    test('2. bring it back, with kubectl or with Helm', async () => {
      await type(`kubectl -n ${RELEASE} rollout undo`);
      await until('the broken replica to go', async () => (await podsOfRelease(site())).length === 2);
      await breakRollout();
      await type('helm rollback');
      await until('the broken replica to go again', async () => (await podsOfRelease(site())).length === 2);
      expect((await readyReplicas(site())).size).toBe(2);
    });

    test('4. let pods in unjudged with no replica running, 3. with certificates that come anew', async () => {
      const { kubectl } = site().cluster;
      await must(kubectl(['scale', `deployment/${RELEASE}`, '-n', RELEASE, '--replicas=0']));
      await until('no replica', async () => (await podsOfRelease(site())).length === 0);
      expect((await tryPod(goodSpec())).stderr).toContain('failed calling webhook');
      await type('kubectl delete validatingadmissionpolicybinding');
      await type('kubectl delete validatingwebhookconfiguration');
      await until('pods to be let in', async () => (await tryPod(badSpec())).code === 0);

      const leaf = ['get', 'secret', SECRET, '-n', RELEASE, '-o', 'jsonpath={.data.tls\\.crt}'];
      const before = await must(kubectl(leaf));
      await type(`kubectl -n ${RELEASE} patch secret`);
      await upgrade(site(), { ...valuesFor(site()), logLevel: 'info' });
      await until('two replicas', async () => (await readyReplicas(site())).size === 2);
      await untilJudged(site());
      expect((await tryPod(goodSpec())).code).toBe(0);
      expect(await must(kubectl(leaf))).not.toBe(before);
      await must(kubectl(['get', 'validatingadmissionpolicybinding', `${RELEASE}-guard`]));
    });
  });
}
