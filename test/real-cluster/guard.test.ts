import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { joinCluster } from './harness/cluster.ts';
import type { RunResult } from './harness/run.ts';
import { runCommand } from './support/command.ts';
import { CHART, type Helm, objectsOf, startHelm } from './support/helm.ts';
import { ATTEMPTS, INTRUDERS, LABELS, NAME, OWN } from './support/intruders.ts';
import { apply, ensureNamespace, must, until } from './support/protected.ts';

const cluster = joinCluster(inject('cluster'));
const VALUES = { policy: { namespaces: [{ names: ['guard-protected'], profile: 'private' }] } };

/** Both may do everything, as far as RBAC goes. */
const OUTSIDER = { as: 'jane', asGroups: ['guard-rights'] };
const MEMBER = { as: 'ann', asGroups: ['guard-rights', 'qdrant-admission:administrators'] };
const PROGRAM = account(OWN, NAME);
const REFUSED = new RegExp(
  `ValidatingAdmissionPolicy '${NAME}-guard' with binding '${NAME}-guard' denied request: \\S+ is in none of the groups system:masters, `,
);

interface Who {
  readonly as: string;
  readonly asGroups: readonly string[];
}

/** A service account, with rights of which the guard is the only bound. */
function account(namespace: string, name: string): Who {
  return { as: `system:serviceaccount:${namespace}:${name}`, asGroups: ['system:serviceaccounts', 'guard-rights'] };
}

function controller(name: string): Who {
  return account('kube-system', name);
}

let helm: Helm;

function kubectl(line: string | readonly string[], who?: Who, stdin?: string): Promise<RunResult> {
  const args = typeof line === 'string' ? line.split(' ') : line;
  return cluster.kubectl(['-n', OWN, ...args], { ...who, ...(stdin !== undefined && { stdin }) });
}

function release(command: string, who: Who, ...more: readonly string[]): Promise<RunResult> {
  const chart = command === 'uninstall' ? [] : [CHART];
  const values = command === 'uninstall' ? {} : { values: VALUES };
  return helm.run([command, NAME, ...chart, '--namespace', OWN, ...more], { ...values, ...who });
}

beforeAll(async () => {
  helm = await startHelm(cluster.kubeconfig);
  await ensureNamespace(cluster, OWN);
  await must(kubectl('create clusterrolebinding guard-rights --clusterrole=cluster-admin --group=guard-rights'));
});

afterAll(async () => {
  await kubectl(`delete validatingadmissionpolicybinding ${NAME}-guard --ignore-not-found`);
  await kubectl(`delete validatingadmissionpolicy ${NAME}-guard --ignore-not-found`);
  await kubectl(`delete validatingwebhookconfiguration ${NAME} --ignore-not-found`);
  await kubectl(`delete clusterrole,clusterrolebinding ${NAME} ${NAME}-uninstall guard-rights --ignore-not-found`);
  await kubectl(`delete namespace ${OWN} --wait=false`);
  await helm?.stop();
});

test('whoever has the rights installs: the guard comes last', async () => {
  expect(await release('install', OUTSIDER)).toMatchObject({ code: 0 });
  await until('the guard to take effect', async () => {
    const { code } = await kubectl(`delete configmap ${NAME} --dry-run=server`, OUTSIDER);
    return code !== 0;
  });
});

test('its own controllers go on: a ReplicaSet, pods, and the slice of the Service', async () => {
  await until('two pods', async () => (await ours('pods')).length === 2);
  await until('the slice', async () => (await ours('endpointslices')).length > 0);
});

async function ours(resource: string): Promise<string[]> {
  const names = await must(kubectl(`get ${resource} -l app.kubernetes.io/instance=${NAME} -o name`));
  return names.split('\n').filter((name) => name !== '');
}

describe('somebody with every right who is no member cannot', () => {
  test.each(ATTEMPTS)('%s', async (_, args) => {
    const { code, stderr } = await kubectl(args, OUTSIDER);
    expect(stderr).toMatch(REFUSED);
    expect(code).not.toBe(0);
  });

  test.each(INTRUDERS)('create %s', async (_, manifest) => {
    expect((await kubectl('create -f -', OUTSIDER, manifest)).stderr).toMatch(REFUSED);
  });

  test('run a command in one of its pods, or add a container to it', async () => {
    const [pod = ''] = await ours('pods');
    expect((await kubectl(`exec ${pod} -- node`, OUTSIDER)).stderr).toMatch(REFUSED);
    expect((await kubectl(`debug ${pod} --image=intruder`, OUTSIDER)).stderr).toMatch(REFUSED);
  });

  test('upgrade, or begin to uninstall', async () => {
    const upgrade = await release('upgrade', OUTSIDER, '--set', 'replicas=3');
    expect(upgrade.stderr).toMatch(REFUSED);
    expect(upgrade.code).not.toBe(0);
    const uninstall = await release('uninstall', OUTSIDER);
    expect(uninstall.stderr).toMatch(REFUSED);
    expect(uninstall.code).not.toBe(0);
    expect(await must(kubectl(`get validatingwebhookconfiguration ${NAME} -o name`))).not.toBe('');
    expect(await must(kubectl(`get validatingadmissionpolicybinding ${NAME}-guard -o name`))).not.toBe('');
  });

  test('be kept from anything else, here or under the same name elsewhere', async () => {
    await must(kubectl('create configmap other', OUTSIDER));
    await must(kubectl('create secret generic other', OUTSIDER));
    await must(kubectl('create deployment other --image=other', OUTSIDER));
    await must(kubectl('run other --image=other', OUTSIDER));
    await must(kubectl('label pod other a=b', OUTSIDER));
    await must(kubectl(['-n', 'default', 'create', 'configmap', NAME], OUTSIDER));
    await must(kubectl(['-n', 'default', 'delete', 'configmap', NAME], OUTSIDER));
    await must(kubectl('create clusterrole guard-other --verb=get --resource=pods', OUTSIDER));
    await must(kubectl('delete clusterrole guard-other', OUTSIDER));
    await must(kubectl('delete deployment,configmap,secret,pod other', OUTSIDER));
  });
});

function patchWebhooks(entry: object): readonly string[] {
  const patch = JSON.stringify({ webhooks: [{ name: 'pods.admission.qdrant.io', ...entry }] });
  return ['patch', 'validatingwebhookconfiguration', NAME, '--type=strategic', '-p', patch];
}

describe("the program's own account", () => {
  test('writes caBundle, and nothing else', async () => {
    const config = parse(await readFile(cluster.kubeconfig, 'utf8'));
    const caBundle = config.clusters[0].cluster['certificate-authority-data'];
    await must(kubectl(patchWebhooks({ clientConfig: { caBundle } }), PROGRAM));
    for (const change of [
      { failurePolicy: 'Ignore' },
      { timeoutSeconds: 1 },
      { clientConfig: { caBundle, service: { name: 'other', namespace: OWN } } },
      { namespaceSelector: { matchLabels: { a: 'b' } } },
      { matchConditions: [{ name: 'never', expression: 'false' }] },
      { objectSelector: { matchLabels: { a: 'b' } } },
    ]) {
      expect((await kubectl(patchWebhooks(change), PROGRAM)).stderr).toMatch(REFUSED);
    }
    expect((await kubectl(`label validatingwebhookconfiguration ${NAME} a=b`, PROGRAM)).stderr).toMatch(REFUSED);
    expect((await kubectl(`delete validatingwebhookconfiguration ${NAME}`, PROGRAM)).stderr).toMatch(REFUSED);
  });

  test('writes its Secret, and no ConfigMap', async () => {
    await must(kubectl(`patch secret ${NAME}-certificates --type=merge -p {"data":{"tls.crt":"YQ=="}}`, PROGRAM));
    expect((await kubectl(`delete configmap ${NAME}`, PROGRAM)).stderr).toMatch(REFUSED);
  });

  test('has from RBAC what the chart gives it, and no more', async () => {
    const may = async (what: string) => {
      const { stdout } = await kubectl(`auth can-i ${what}`, { as: PROGRAM.as, asGroups: ['system:serviceaccounts'] });
      return stdout.trim();
    };
    expect(await may(`patch validatingwebhookconfigurations/${NAME}`)).toBe('yes');
    expect(await may(`patch secrets/${NAME}-certificates`)).toBe('yes');
    expect(await may('watch namespaces')).toBe('yes');
    for (const other of [
      'patch validatingwebhookconfigurations/other',
      `delete validatingwebhookconfigurations/${NAME}`,
      'list secrets',
      'get secrets/other',
      'patch namespaces/default',
      'create pods',
    ]) {
      expect(`${other}: ${await may(other)}`).toBe(`${other}: no`);
    }
  });
});

describe('a member', () => {
  test('upgrades; what the program wrote stays', async () => {
    expect(await release('upgrade', MEMBER, '--set', 'autoscaling.enabled=true')).toMatchObject({ code: 0 });
    const bundle = 'jsonpath={.webhooks[?(@.name=="pods.admission.qdrant.io")].clientConfig.caBundle}';
    expect(await must(kubectl(`get validatingwebhookconfiguration ${NAME} -o ${bundle}`))).not.toBe('');
    const data = await must(kubectl(`get secret ${NAME}-certificates -o jsonpath={.data}`));
    expect(JSON.parse(data)).toEqual({ 'tls.crt': 'YQ==' });
  });

  test('leaves the rest to the controllers: a restart, the autoscaler, the garbage collector', async () => {
    const before = await ours('pods');
    await must(kubectl(`rollout restart deployment ${NAME}`, MEMBER));
    await until('a pod of the new ReplicaSet', async () => (await ours('pods')).some((pod) => !before.includes(pod)));
    await must(kubectl(`scale deployment ${NAME} --replicas=3`, controller('horizontal-pod-autoscaler')));
    expect((await kubectl(`scale deployment ${NAME} --replicas=1`, controller('job-controller'))).stderr).toMatch(
      REFUSED,
    );
    await must(kubectl(['delete', 'replicasets', '-l', LABELS], MEMBER));
    await until('the collection of what they owned', async () => {
      const pods = await ours('pods');
      return !pods.some((pod) => before.includes(pod));
    });
  });
});

describe('the uninstall hook', () => {
  const hook = account(OWN, `${NAME}-uninstall`);
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-uninstall-'));
    const rendered = await helm.render(NAME, OWN, VALUES, ['--show-only', 'templates/uninstall.yaml']);
    for (const object of objectsOf(rendered)) if (object.kind !== 'Job') await apply(cluster, object);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('cannot delete the webhook configuration while the guard is bound', async () => {
    expect((await kubectl(`delete validatingwebhookconfiguration ${NAME}`, hook)).stderr).toMatch(REFUSED);
  });

  test('removes the guard, then the webhook configuration, with the rights of its account', async () => {
    const kubeconfig = join(folder, 'kubeconfig');
    const config = parse(await readFile(cluster.kubeconfig, 'utf8'));
    const token = (await must(kubectl(`create token ${NAME}-uninstall`))).trim();
    config.users = [{ name: config.users[0].name, user: { token } }];
    await writeFile(kubeconfig, stringify(config));
    const args = [
      'uninstall',
      '--guard-binding',
      `${NAME}-guard`,
      '--webhook-configuration',
      NAME,
      '--kubeconfig',
      kubeconfig,
    ];
    expect(await runCommand(args)).toEqual({
      code: 0,
      stdout: `ValidatingAdmissionPolicyBinding ${NAME}-guard: deleted\nValidatingWebhookConfiguration ${NAME}: deleted\n`,
      stderr: '',
    });
    expect(await runCommand(args)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('was not there'),
    });
  });

  test('gives up with the reason where it lacks the rights', async () => {
    const kubeconfig = join(folder, 'kubeconfig');
    const args = [
      'uninstall',
      '--webhook-configuration',
      'other',
      '--kubeconfig',
      kubeconfig,
      '--timeout-seconds',
      '1',
    ];
    expect(await runCommand(args)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('cannot delete resource "validatingwebhookconfigurations"'),
    });
  });

  test('leaves to Helm what a member then removes, whatever of it is gone', async () => {
    expect(await release('uninstall', MEMBER, '--no-hooks', '--wait')).toMatchObject({ code: 0 });
    const left = 'get all,configmap,secret,role,rolebinding,networkpolicy,poddisruptionbudget';
    await until('everything to be gone', async () => {
      const names = await must(kubectl(`${left} -l app.kubernetes.io/instance=${NAME} -o name`));
      return names.trim() === `serviceaccount/${NAME}-uninstall` || names.trim() === '';
    });
    expect((await kubectl(`get validatingadmissionpolicy ${NAME}-guard`)).stderr).toContain('not found');
  });
});
