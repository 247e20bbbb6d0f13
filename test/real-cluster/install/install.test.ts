import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { badSpec, deployment, goodSpec, pod } from '../support/pods.ts';
import { apply, must, until } from '../support/protected.ts';
import { breakGlass } from './break-glass.ts';
import { missingForInstall } from './cluster.ts';
import { controlPlane } from './control-plane.ts';
import { downtime } from './downtime.ts';
import { drift } from './drift.ts';
import { image } from './image.ts';
import { lifecycle } from './lifecycle.ts';
import { nodeLoss } from './node-loss.ts';
import { previousCommit } from './previous.ts';
import { openShell } from './shell.ts';
import { install, PROTECTED, RELEASE, readyReplicas, type Site, startSite, untilJudged } from './site.ts';
import { stolenKey } from './stolen-key.ts';
import { changes, replacements } from './under-load.ts';
import { runningSpec } from './workload.ts';

/** The first start on a machine compiles Kubernetes. */
const FIRST_START_MS = 45 * 60_000;

const { provider, serverVersion } = inject('cluster');
const choice = { provider, kubernetes: /^v(\d+\.\d+)/.exec(serverVersion)?.[1] ?? '' };
const missing = await missingForInstall(choice);
const previous = await previousCommit();
const title = missing.length === 0 ? 'a release' : `a release (not here: needs ${missing.join('; ')})`;

describe.skipIf(missing.length > 0)(title, { timeout: 600_000 }, () => {
  let site: Site;
  let notes = '';

  beforeAll(async () => {
    site = await startSite(choice, () => undefined);
    notes = await install(site);
    await untilJudged(site);
  }, FIRST_START_MS);

  afterAll(() => site?.stop());

  test('helm install brings up two replicas of the image that was built, and says what is protected', async () => {
    expect((await readyReplicas(site)).size).toBe(2);
    const images = ['get', 'pods', '-n', RELEASE, '-o', 'jsonpath={.items[*].status.containerStatuses[*].imageID}'];
    expect(await must(site.cluster.kubectl(images))).toBe(`${site.image} ${site.image}`);
    expect(notes).toContain(`Protected: ${PROTECTED}\n`);
  });

  image(() => site);

  test('what the notes say to try is refused, by rule and field', async () => {
    const [, command = ''] = /^( {2}kubectl create --dry-run=server [\s\S]*?\n {2}EOF)$/m.exec(notes) ?? [];
    const shell = await openShell(site);
    const { code, stderr } = await shell.run(command.replaceAll(/^ {2}/gm, ''));
    await shell.stop();
    expect(code).toBe(1);
    expect(stderr).toMatch(/host-namespaces +spec\.hostPID is true/);
  });

  test('kubectl apply takes a good pod and refuses a bad one, with rule and field', async () => {
    await apply(site.cluster, pod(PROTECTED, 'good', goodSpec()));
    await must(site.cluster.kubectl(['delete', 'pod', 'good', '-n', PROTECTED, '--now']));
    const stdin = JSON.stringify(pod(PROTECTED, 'bad', badSpec()));
    const { code, stderr } = await site.cluster.kubectl(['apply', '-f', '-'], { stdin });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /admission webhook "pods\.admission\.qdrant\.io" denied the request: Pod qdrant\/bad breaks \d+ rules/,
    );
    expect(stderr).toContain('spec.containers[0] "loader" .securityContext.runAsNonRoot is not set: set it to true');
  });

  test('a Deployment gets pods that run, through its ReplicaSet, and a bad one gets none', async () => {
    await apply(site.cluster, deployment(PROTECTED, 'database', runningSpec(site.base), 2));
    const { kubectl } = site.cluster;
    await must(kubectl(['rollout', 'status', 'deployment/database', '-n', PROTECTED, '--timeout=55s']));
    await apply(site.cluster, deployment(PROTECTED, 'bad', badSpec()));
    const why = 'jsonpath={.items[*].status.conditions[*].message}';
    await until('the ReplicaSet to say why it makes no pods', async () =>
      (await must(kubectl(['get', 'replicasets', '-n', PROTECTED, '-l', 'app=bad', '-o', why]))).includes(
        'run-as-non-root',
      ),
    );
    expect(await must(kubectl(['get', 'pods', '-n', PROTECTED, '-l', 'app=bad', '-o', 'name']))).toBe('');
    await must(kubectl(['delete', 'deployment', 'bad', '-n', PROTECTED, '--wait=false']));
  });

  test('helm test passes', async () => {
    const { code, stdout, stderr } = await site.helm.run(['test', RELEASE, '--namespace', RELEASE, '--logs']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('a pod that breaks nothing: admitted');
    expect(stdout).toContain('a pod that may gain privileges: refused');
  });

  drift(() => site);
  replacements(() => site);
  controlPlane(() => site);
  changes(() => site);
  downtime(() => site);
  breakGlass(() => site);
  stolenKey(() => site);
  nodeLoss(() => site);
  lifecycle(() => site, { ...(previous !== undefined && { previous }) });
});
