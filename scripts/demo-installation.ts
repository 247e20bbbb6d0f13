import { stringify } from 'yaml';
import type { Log } from '../test/real-cluster/harness/setup-error.ts';
import { stopSignal } from '../test/real-cluster/harness/stop-signal.ts';
import type { InstallChoice } from '../test/real-cluster/install/cluster.ts';
import {
  install,
  PROTECTED,
  RELEASE,
  type Site,
  startSite,
  untilJudged,
  valuesFor,
} from '../test/real-cluster/install/site.ts';
import { runningSpec } from '../test/real-cluster/install/workload.ts';
import { deployment } from '../test/real-cluster/support/pods.ts';
import { apply, ensureNamespace, must } from '../test/real-cluster/support/protected.ts';
import { applyExamples } from './demo-workloads.ts';

/** The image, the chart, the pods that run, `kubectl apply` good and bad; on a terminal the cluster stays until Ctrl-C. */
export async function demoOfInstallation(choice: InstallChoice, log: Log): Promise<void> {
  const stop = stopSignal();
  log('a cluster of its own, and the image: a minute or so');
  const site = await startSite(choice, log);
  try {
    await show(site);
    if (process.stdout.isTTY) {
      say(`\n${next(site)}\nCtrl-C ends it.\n`);
      const idle = setInterval(() => undefined, 60_000);
      await stop;
      clearInterval(idle);
    } else {
      say(`\nIn a terminal the cluster stays, for you to try: npm run demo:cluster\n`);
    }
  } finally {
    await site.stop();
  }
}

async function show(site: Site): Promise<void> {
  const { cluster, image } = site;
  const shown = (line: string): Promise<void> => run(cluster, line);
  await ensureNamespace(cluster, PROTECTED);
  say(`\nKubernetes ${cluster.serverVersion} with one node. The image, from the Dockerfile: ${image}\n`);
  say(`\nvalues.yaml:\n\n${stringify(valuesFor(site)).replaceAll(/^/gm, '  ').trimEnd()}\n`);
  say(`\n$ helm install ${RELEASE} charts/qdrant-admission -n ${RELEASE} --create-namespace --wait -f values.yaml\n`);
  say(await install(site));
  await untilJudged(site);
  await shown(`kubectl -n ${RELEASE} get pods`);
  await applyExamples(cluster.kubectl);
  say(`\nThe images above lie in registries that this cluster does not reach. One that it does:\n`);
  await apply(cluster, deployment(PROTECTED, 'reachable', runningSpec(site.base)));
  await shown(`kubectl -n ${PROTECTED} rollout status deployment/reachable`);
  await shown(`kubectl -n ${PROTECTED} get pods`);
}

async function run({ kubectl }: Site['cluster'], line: string): Promise<void> {
  say(`\n$ ${line}\n${await must(kubectl(line.split(' ').slice(1)))}`);
}

function next({ cluster, helm }: Site): string {
  return `Next, in another terminal:

  export KUBECONFIG=${cluster.kubeconfig}
  alias kubectl=${cluster.kubectlBinary} helm=${helm.binary}
  kubectl -n ${PROTECTED} run try --image=nginx
  helm test ${RELEASE} -n ${RELEASE} --logs
  kubectl -n ${RELEASE} logs deploy/${RELEASE} -f
`;
}

function say(text: string): void {
  process.stdout.write(text);
}
