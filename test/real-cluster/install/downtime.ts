import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { badSpec, deployment, goodSpec, pod } from '../support/pods.ts';
import { apply, ensureNamespace, must, until } from '../support/protected.ts';
import { PROTECTED, podsOfRelease, RELEASE, readyReplicas, type Site, tryPod, untilJudged } from './site.ts';
import { flipPath, networkPolicy, runningSpec, service } from './workload.ts';

const LEAVING = 'qdrant-second';
const ELSEWHERE = 'elsewhere';
/** How long a controller may wait before it tries a pod again, in milliseconds. */
const WAITED_MS = 240_000;

/** What must go on, and what must stop, while no replica runs. `site` has the protected namespaces qdrant and qdrant-second. */
export function downtime(site: () => Site): void {
  const kubectl = (line: string, stdin?: string) =>
    site().cluster.kubectl(line.split(' '), stdin === undefined ? {} : { stdin });

  async function podsOf(app: string): Promise<readonly string[]> {
    const names = await must(kubectl(`get pods -n ${PROTECTED} -l app=${app} -o name`));
    return names.split('\n').flatMap((name) => (name === '' ? [] : [name.replace('pod/', '')]));
  }

  const trying = (namespace: string, spec: object): Promise<string> => tryPod(site(), namespace, spec);

  describe('the webhook is down', () => {
    beforeAll(async () => {
      const { base, cluster } = site();
      await ensureNamespace(cluster, ELSEWHERE);
      await apply(cluster, deployment(PROTECTED, 'flip', runningSpec(base)));
      await apply(cluster, service(PROTECTED, 'flip'));
      await apply(cluster, pod(PROTECTED, 'held', runningSpec(base), { finalizers: ['example.com/hold'] }));
      await apply(cluster, deployment(LEAVING, 'leaving', runningSpec(base), 2));
      await apply(cluster, networkPolicy(LEAVING));
      await must(kubectl(`rollout status deployment/flip -n ${PROTECTED} --timeout=55s`));
      await must(kubectl(`rollout status deployment/leaving -n ${LEAVING} --timeout=55s`));
      await must(kubectl(`wait --for=condition=Ready pod/held -n ${PROTECTED} --timeout=55s`));
      await must(kubectl(`scale deployment/${RELEASE} -n ${RELEASE} --replicas=0`));
      await until('no replica', async () => (await podsOfRelease(site())).length === 0);
    });

    afterAll(async () => {
      await must(kubectl(`scale deployment/${RELEASE} -n ${RELEASE} --replicas=2`));
      await until('two replicas', async () => (await readyReplicas(site())).size === 2);
      await untilJudged(site());
    });

    test('a new pod is refused, good or bad, whoever makes it', async () => {
      expect(await trying(PROTECTED, goodSpec())).toContain('failed calling webhook "pods.admission.qdrant.io"');
      expect(await trying(PROTECTED, badSpec())).toContain('failed calling webhook "pods.admission.qdrant.io"');
      await apply(site().cluster, deployment(PROTECTED, 'waiting', runningSpec(site().base)));
      const why = `get replicasets -n ${PROTECTED} -l app=waiting -o jsonpath={.items[*].status.conditions[*].message}`;
      await until('the ReplicaSet to be refused', async () =>
        (await must(kubectl(why))).includes('failed calling webhook'),
      );
      expect(await podsOf('waiting')).toEqual([]);
    });

    test('labels on the namespace do not open it', async () => {
      const labels = [
        'kubernetes.io/metadata.name=other',
        'admission.qdrant.io/ignore=true',
        'pod-security.kubernetes.io/enforce=privileged',
        'control-plane=true',
      ];
      for (const label of labels) {
        await kubectl(`label namespace ${PROTECTED} ${label} --overwrite`);
        expect(await trying(PROTECTED, badSpec())).toContain('failed calling webhook "pods.admission.qdrant.io"');
      }
    });

    test('other namespaces go on', async () => {
      await apply(site().cluster, pod(ELSEWHERE, 'new', badSpec()));
    });

    test('a kubelet reports that a pod is unready, and the endpoint follows, there and back', async () => {
      const [name = ''] = await podsOf('flip');
      const ready = `get endpointslices -n ${PROTECTED} -l kubernetes.io/service-name=flip -o jsonpath={.items[*].endpoints[*].conditions.ready}`;
      expect(await must(kubectl(ready))).toBe('true');
      for (const expected of ['false', 'true']) {
        await must(kubectl(`get --raw ${flipPath(PROTECTED, name)}`));
        await until(
          `an endpoint whose readiness is ${expected}`,
          async () => (await must(kubectl(ready))) === expected,
        );
      }
    });

    test('a container that crashes is started again', async () => {
      const crashed = await site().cluster.killContainer({ namespace: PROTECTED, labels: 'app=flip' });
      const restarts = `get pod ${crashed} -n ${PROTECTED} -o jsonpath={.status.containerStatuses[0].restartCount}`;
      await until('a restart', async () => (await must(kubectl(restarts))) === '1');
    });

    test('scaling down, finalizers and deletion go on', async () => {
      await must(kubectl(`scale deployment/database -n ${PROTECTED} --replicas=1`));
      await until('one pod of the Deployment', async () => (await podsOf('database')).length === 1);
      await must(kubectl(`delete pod held -n ${PROTECTED} --wait=false`));
      await must(kubectl(`patch pod held -n ${PROTECTED} --type=merge -p {"metadata":{"finalizers":null}}`));
      await must(kubectl(`wait --for=delete pod/held -n ${PROTECTED} --timeout=55s`));
    });

    test('a namespace goes with its pods and NetworkPolicies', async () => {
      await must(kubectl(`delete namespace ${LEAVING} --timeout=55s`));
      expect((await kubectl(`get namespace ${LEAVING}`)).code).toBe(1);
    });
  });

  test('once it is back, what waited goes on by itself', async () => {
    // Its controller waits twice as long after each refusal: as long again as the webhook was down.
    await until('the pod that waited', async () => (await podsOf('waiting')).length === 1, WAITED_MS);
    await must(kubectl(`rollout status deployment/waiting -n ${PROTECTED} --timeout=55s`));
  }, 320_000);

  test('labels on the namespace do not open it while it judges either', async () => {
    expect(await trying(PROTECTED, badSpec())).toContain('denied the request');
    const name = `get namespace ${PROTECTED} -o jsonpath={.metadata.labels.kubernetes\\.io/metadata\\.name}`;
    expect(await must(kubectl(name))).toBe(PROTECTED);
  });
}
