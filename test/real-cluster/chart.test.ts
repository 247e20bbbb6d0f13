import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { MANIFEST, renderManifest } from '../../scripts/generate/manifest.ts';
import { valueEntries } from '../../src/chart/schema.ts';
import type { KubernetesObject } from '../../src/k8s/object.ts';
import { webhookEntries } from '../../src/registration/webhook.ts';
import { RULES } from '../../src/rules/index.ts';
import { ensureBinaries } from './harness/binaries.ts';
import { joinCluster } from './harness/cluster.ts';
import { type RunResult, run } from './harness/run.ts';
import { documented, openShell } from './install/shell.ts';
import { INSTALLATIONS, OTHERWISE, REFUSED } from './support/chart-values.ts';
import { CHART, type Helm, objectsOf, startHelm } from './support/helm.ts';
import { apply, ensureNamespace, must } from './support/protected.ts';

const cluster = joinCluster(inject('cluster'));
const OWN = 'chart-own';
const PROTECTED = 'chart-protected';
const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
let helm: Helm;

beforeAll(async () => {
  helm = await startHelm();
  await ensureNamespace(cluster, OWN);
  await ensureNamespace(cluster, PROTECTED);
  await apply(cluster, {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'important' },
    value: 1000,
  });
});

afterAll(async () => {
  await helm?.stop();
  await cluster.kubectl(['delete', 'namespace', OWN, PROTECTED, '--wait=false']);
  await cluster.kubectl(['delete', 'priorityclass', 'important', '--wait=false']);
});

/** Kinds of CRDs are not served by a bare API server. */
function isBuiltIn({ apiVersion }: KubernetesObject): boolean {
  return !/^(cert-manager\.io|monitoring\.coreos\.com)\//.test(apiVersion);
}

function applyAll(objects: readonly KubernetesObject[], ...args: readonly string[]): Promise<RunResult> {
  const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  return cluster.kubectl(['apply', '--server-side', ...args, '-f', '-'], { stdin });
}

/**
 * `review`, as a person would run it, with the configuration that stands in the manifests, and the namespace of the
 * webhook beside: it asks the API server, may use more than it requests, and its image comes from elsewhere.
 */
/**
 * The API server, which the program serves and asks, has addresses that nobody knows beforehand: its own NetworkPolicy goes
 * by ports, unless the values say more.
 */
const NOT_ISOLATED = Object.fromEntries(
  ['default-deny', 'policy-dns', 'policy-egress', 'policy-ingress', 'policy-peers', 'wide-policies'].map((rule) => [
    rule,
    { mode: 'off' },
  ]),
);

async function review(manifests: string, own = OWN): Promise<RunResult> {
  const objects = objectsOf(manifests);
  const config = objects.find(
    (object): object is KubernetesObject & { readonly data: Readonly<Record<string, string>> } =>
      object.kind === 'ConfigMap' && object['data'] !== undefined && 'policy.yaml' in (object['data'] as object),
  );
  const policy = parse(config?.data['policy.yaml'] ?? '');
  const registries = ['ghcr.io/qdrant/qdrant-admission', 'registry.example.com/qdrant/qdrant-admission'];
  const accounts = objects.flatMap(({ kind, metadata }) => (kind === 'ServiceAccount' ? [metadata?.name] : []));
  policy.namespaces.push({
    names: [own],
    profile: 'private',
    roles: { operator: { selector: { matchLabels: { 'app.kubernetes.io/name': 'qdrant-admission' } } } },
    rules: {
      ...NOT_ISOLATED,
      'image-digest': { options: { tagRegistries: registries } },
      'image-registry': { options: { allowed: registries } },
      'service-account-token': { options: { allowedServiceAccounts: accounts } },
    },
  });
  const folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-review-'));
  try {
    const file = join(folder, 'policy.yaml');
    await writeFile(file, stringify(policy));
    return await run(process.execPath, [MAIN, 'review', '--config', file, '-'], { stdin: manifests });
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe.each(Object.entries(INSTALLATIONS))('the chart, with %s', (name, values) => {
  test('passes helm lint', async () => {
    const { code, stdout, stderr } = await helm.run(['lint', '--strict', '--namespace', OWN, CHART], { values });
    expect(`${stdout}${stderr}`).toContain('1 chart(s) linted, 0 chart(s) failed');
    expect(code).toBe(0);
  });

  test('renders objects that a real API server accepts, the CEL of the guard included', async () => {
    const objects = objectsOf(await helm.render('qdrant-admission', OWN, values)).filter(isBuiltIn);
    expect(objects.length).toBeGreaterThan(12);
    // A pod is refused where its account is not there, even by dry run.
    await must(applyAll(objects.filter(({ kind }) => kind === 'ServiceAccount')));
    const { code, stdout, stderr } = await applyAll(objects, '--dry-run=server');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trim().split('\n')).toHaveLength(objects.length);
  });

  test('renders what passes review with the configuration that it renders', async () => {
    const { code, stdout, stderr } = await review(await helm.render('qdrant-admission', OWN, values));
    if (name === 'the network of its nodes') {
      // What no rule allows in a protected namespace, and its own is none.
      expect(stdout).toContain('spec.template.spec.hostNetwork is true');
    } else {
      expect({ code, stdout, stderr }).toMatchObject({ code: 0, stderr: '' });
    }
    expect(stdout).toMatch(/Deployment chart-own\//);
  });
});

describe('the values', () => {
  test.each(REFUSED)('are refused by Helm with %s', async (_, values, says) => {
    const refused = helm.render('qdrant-admission', OWN, values);
    await expect(refused).rejects.toThrow(says);
  });

  test('each have an effect', async () => {
    const paths = valueEntries()
      .filter(({ path, default: value }) => value !== undefined && !path.startsWith('policy.'))
      .map(({ path }) => path);
    expect(Object.keys(OTHERWISE)).toEqual(paths);
    const before = new Map<string, string>();
    for (const [path, { value, in: name = 'everything' }] of Object.entries(OTHERWISE)) {
      const values = INSTALLATIONS[name];
      const rendered = before.get(name) ?? (await helm.render('qdrant-admission', OWN, values));
      before.set(name, rendered);
      const changed = await helm.render('qdrant-admission', OWN, withValue(values, path.split('.'), value));
      expect(changed === rendered, `${path} changes nothing`).toBe(false);
    }
  });
});

function withValue(values: object, [key = '', ...rest]: readonly string[], value: unknown): object {
  const own = (values as Record<string, unknown>)[key];
  return { ...values, [key]: rest.length === 0 ? value : withValue((own as object | undefined) ?? {}, rest, value) };
}

describe('the webhook configuration', () => {
  test.each([
    ['the least', 'Fail'],
    ['enforcement audit', 'Ignore'],
  ] as const)('with %s fails to %s', async (name, failurePolicy) => {
    const objects = objectsOf(await helm.render('qdrant-admission', OWN, INSTALLATIONS[name]));
    const { webhooks } = objects.find(({ kind }) => kind === 'ValidatingWebhookConfiguration') as unknown as {
      readonly webhooks: readonly { readonly name: string; readonly failurePolicy: string }[];
    };
    const own = webhookEntries(RULES);
    // The chart writes those of namespaces first; entries have no order that means anything.
    expect(webhooks.map((entry) => [entry.name, entry.failurePolicy]).sort()).toEqual(
      own.map((entry) => [entry.name, entry.failurePolicy ?? failurePolicy]).sort(),
    );
  });

  test('has no caBundle that would be taken back where the program or cert-manager writes it', async () => {
    for (const name of ['the least', 'certificates by cert-manager'] as const) {
      expect(await helm.render('qdrant-admission', OWN, INSTALLATIONS[name])).not.toContain('caBundle:');
    }
    const brought = await helm.render('qdrant-admission', OWN, INSTALLATIONS['certificates brought along']);
    expect(brought).toContain('caBundle: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t');
  });
});

describe('the alerts', () => {
  /** What Prometheus says of a PrometheusRule. */
  async function checked({ spec }: { readonly spec?: unknown }): Promise<RunResult> {
    const { promrules } = await ensureBinaries(['promrules'], (line) => process.stderr.write(`${line}\n`));
    return run(promrules, [], { stdin: JSON.stringify(spec) });
  }

  test('are understood by Prometheus, expressions and templates included', { timeout: 900_000 }, async () => {
    const objects = objectsOf(await helm.render('qdrant-admission', OWN, INSTALLATIONS.everything));
    const rule = objects.find(({ kind }) => kind === 'PrometheusRule') ?? {};
    expect(await checked(rule)).toEqual({ code: 0, stdout: '', stderr: '' });
    const broken = JSON.parse(JSON.stringify(rule).replace('[5m]', '[5m'));
    expect((await checked(broken)).stderr).toContain('could not parse expression');
  });
});

describe('manifests/install.yaml', () => {
  test('is what the chart renders', async () => {
    expect(await readFile(MANIFEST, 'utf8')).toBe(await renderManifest(helm.binary));
  });

  test('is applied, applied again, and taken away without a trace by the commands of docs/install.md', async () => {
    const shell = await openShell({ cluster, helm });
    const type = async (beginning: string) => must(shell.run(await documented('docs/install.md', beginning)));
    // What the tests above left under the same label stays.
    const before = await traces();
    await type('kubectl apply --server-side');
    expect(await traces()).toContain('deployment.apps/qdrant-admission\n');
    await type('kubectl apply --server-side');
    await type('kubectl delete validatingadmissionpolicybinding');
    await type('kubectl delete validatingwebhookconfiguration');
    await type('kubectl delete -f manifests/install.yaml');
    await shell.stop();
    expect(await traces()).toBe(before);
  });

  /** What stands in the cluster under the manifest's label, of all kinds in it. */
  async function traces(): Promise<string> {
    const kinds = new Set(objectsOf(await readFile(MANIFEST, 'utf8')).map(({ kind }) => kind));
    const label = 'app.kubernetes.io/name=qdrant-admission';
    return must(cluster.kubectl(['get', [...kinds].join(','), '--all-namespaces', '--selector', label, '-o', 'name']));
  }

  test('has no hooks and no trace of Helm, and passes review', async () => {
    const text = await readFile(MANIFEST, 'utf8');
    expect(text).not.toMatch(/helm\.sh|managed-by/);
    expect(await review(text, 'qdrant-admission')).toMatchObject({ code: 0, stderr: '' });
  });
});
