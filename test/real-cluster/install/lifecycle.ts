import { describe, expect, test } from 'vitest';
import { badSpec } from '../support/pods.ts';
import { must, until } from '../support/protected.ts';
import { installWithFiles } from './brought-along.ts';
import { withLoad } from './load.ts';
import { previousRelease } from './previous.ts';
import {
  install,
  PROTECTED,
  podsOfRelease,
  RELEASE,
  type Site,
  tryPod,
  untilJudged,
  upgrade,
  valuesFor,
} from './site.ts';

const KINDS = [
  'validatingwebhookconfigurations',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'clusterroles',
  'clusterrolebindings',
  'deployments',
  'replicasets',
  'services',
  'endpointslices',
  'configmaps',
  'secrets',
  'serviceaccounts',
  'roles',
  'rolebindings',
  'networkpolicies',
  'poddisruptionbudgets',
  'jobs',
];

export interface History {
  /** The commit before this one; undefined where nobody knows it. */
  readonly previous?: string;
}

/** Uninstall, and what comes after. */
export function lifecycle(site: () => Site, { previous }: History): void {
  test('helm uninstall refuses no pod for want of an answer, and leaves nothing behind', async () => {
    const { cluster, helm } = site();
    const lost = await withLoad(cluster.kubeconfig, async () => {
      await must(helm.run(['uninstall', RELEASE, '--namespace', RELEASE, '--timeout', '110s']));
      await until('the pods to be gone', async () => (await podsOfRelease(site())).length === 0);
    });
    // Bad pods enter from some moment on, which is the point; none waits for somebody who is gone.
    expect(lost.filter(({ answer }) => !answer.startsWith('201 '))).toEqual([]);
    expect(await tryPod(site(), PROTECTED, badSpec())).toContain('created');
    const left = ['get', KINDS.join(','), '-A', '-l', `app.kubernetes.io/instance=${RELEASE}`, '-o', 'name'];
    await until('everything to be collected', async () => (await must(cluster.kubectl(left))) === '');
    await must(cluster.kubectl(['delete', 'namespace', RELEASE, '--timeout=55s']));
  });

  describe.skipIf(previous === undefined)(
    previous === undefined
      ? 'the chart of the commit before (not here: no history)'
      : `the chart of ${previous.slice(0, 12)}`,
    () => {
      test('is installed, and upgraded to this one without losing a call', async () => {
        const { cluster } = site();
        const release = await previousRelease(cluster, previous ?? '', site().base);
        try {
          await install(site(), valuesFor({ cluster, image: release.image }), release.chart);
          await untilJudged(site());
          const lost = await withLoad(cluster.kubeconfig, async (load) => {
            await upgrade(site(), valuesFor(site()));
            await until('the old replicas to be gone', async () => (await podsOfRelease(site())).length === 2);
            await load.more();
          });
          expect(lost).toEqual([]);
        } finally {
          await release.remove();
        }
      });
    },
  );

  test('is installed again, with certificates brought along: a renewal restarts nothing and loses no call', async () => {
    await site().helm.run(['uninstall', RELEASE, '--namespace', RELEASE, '--ignore-not-found', '--timeout', '110s']);
    await installWithFiles(site());
  });
}
