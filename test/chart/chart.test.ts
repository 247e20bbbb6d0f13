import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { chartDigest, MANIFEST } from '../../scripts/generate/manifest.ts';
import { chartFiles } from '../../src/chart/files.ts';
import { defaultValues, type JsonSchema, valueEntries, valuesSchema } from '../../src/chart/schema.ts';
import { chartValues } from '../../src/chart/values.ts';
import { KINDS_READ } from '../../src/facts/index.ts';
import { kindNamed } from '../../src/k8s/kinds.ts';
import { resourcesOf } from '../../src/registration/guard.ts';
import { GUARD } from '../../src/registration/guard-table.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const CHART = join(ROOT, 'charts/qdrant-admission');
const TEMPLATES = readdirSync(join(CHART, 'templates'), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(yaml|tpl|txt)$/.test(name))
  .sort()
  .map((name) => ({ name, text: read(`charts/qdrant-admission/templates/${name}`) }));
const ALL_TEMPLATES = TEMPLATES.map(({ text }) => text).join('\n');

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

describe('what is generated', () => {
  it.each([...chartFiles()])('%s is up to date', (file, text) => {
    expect(read(file)).toBe(text);
  });

  it('manifests/install.yaml is rendered from this chart: npm run generate, with Helm 4 on the PATH or Go to build it', async () => {
    const [, digest] = /; chart ([0-9a-f]+)$/m.exec(readFileSync(MANIFEST, 'utf8')) ?? [];
    expect(digest).toBe(await chartDigest());
  });

  it('the chart has the version of the package', () => {
    const { version } = JSON.parse(read('package.json'));
    expect(parse(read('charts/qdrant-admission/Chart.yaml'))).toMatchObject({ version, appVersion: version });
  });
});

describe('the values', () => {
  it('as they stand lack nothing but a protected namespace', () => {
    const values = parse(read('charts/qdrant-admission/values.yaml'));
    const { error } = chartValues.safeParse(values);
    expect(error?.issues.map(({ path }) => path)).toEqual([['policy', 'namespaces']]);
    values.policy.namespaces = [{ names: ['qdrant'], profile: 'hybrid' }];
    expect(chartValues.safeParse(values).error).toBeUndefined();
    expect({ ...chartValues.parse(values), policy: undefined }).toEqual({ ...defaultValues(), policy: undefined });
  });

  it('say what each of them means', () => {
    const mute = valueEntries().filter(({ path, description }) => !path.startsWith('policy.') && description === '');
    expect(mute).toEqual([]);
  });

  it('are strict at every level, but where Kubernetes or another chart has the word', () => {
    expect(looseObjects(valuesSchema(), '')).toEqual([
      'global',
      'affinity.nodeAffinity',
      'affinity.podAffinity',
      'affinity.podAntiAffinity',
      'topologySpreadConstraints[]',
      'extraVolumes[]',
      'extraVolumeMounts[]',
      'networkPolicy.metricsFrom[]',
      'networkPolicy.extraEgress[]',
    ]);
  });

  it('are the only ones that templates use', () => {
    const paths = new Set(valueEntries().map(({ path }) => path));
    const used = [...ALL_TEMPLATES.matchAll(/\.Values\.([\w.]+)/g)].map(([, path = '']) => path);
    expect(used.length).toBeGreaterThan(50);
    expect([...new Set(used)].filter((path) => !paths.has(path))).toEqual([]);
  });
});

/** Objects of a schema that take keys that it does not know, other than plain maps of texts. */
function looseObjects(schema: JsonSchema, path: string): string[] {
  const found: string[] = [];
  const extra = schema.additionalProperties;
  if (schema.type === 'object' && extra !== false && typeof (extra as JsonSchema)?.type !== 'string') found.push(path);
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    // The configuration has tests of its own; an exempted value may be anything.
    if (path !== '' || key !== 'policy') found.push(...looseObjects(property, path === '' ? key : `${path}.${key}`));
  }
  if (schema.items) found.push(...looseObjects(schema.items, `${path}[]`));
  return found;
}

describe('the guard', () => {
  /** What Helm renders that the guard does not know, and why it need not. */
  const UNGUARDED = {
    ValidatingAdmissionPolicy: 'the API server asks no policy about policies',
    ValidatingAdmissionPolicyBinding: 'the same',
    ServiceMonitor: 'nothing is admitted by it',
    PrometheusRule: 'the same',
  };

  it('knows every kind that the chart renders', () => {
    const guarded = new Set(GUARD.flatMap(resourcesOf).map((resource) => resource.split('/').at(-1)));
    const rendered = [...ALL_TEMPLATES.matchAll(/^kind: (\w+)$/gm)].map(([, kind = '']) => kind);
    const missing = rendered.filter((kind) => !guarded.has(pluralOf(kind)) && !Object.hasOwn(UNGUARDED, kind));
    expect(rendered.length).toBeGreaterThan(15);
    expect(missing).toEqual([]);
  });

  it('has one row for each resource', () => {
    const resources = GUARD.flatMap(resourcesOf);
    expect(resources).toEqual([...new Set(resources)]);
  });
});

function pluralOf(kind: string): string {
  const lower = kind.toLowerCase();
  if (lower.endsWith('y')) return `${lower.slice(0, -1)}ies`;
  return `${lower}s`;
}

describe('what the program may do', () => {
  it('is to read the kinds that facts are learnt from', () => {
    const rules = parse(read('charts/qdrant-admission/generated/cluster-rules.yaml'));
    const may = rules.flatMap(({ apiGroups, resources }: { apiGroups: string[]; resources: string[] }) =>
      apiGroups.flatMap((group) => resources.map((resource) => `${group}/${resource}`)),
    );
    expect(may.sort()).toEqual(
      KINDS_READ.map(kindNamed)
        .map(({ group, plural }) => `${group}/${plural}`)
        .sort(),
    );
    expect(new Set(rules.flatMap(({ verbs }: { verbs: string[] }) => verbs))).toEqual(
      new Set(['get', 'list', 'watch']),
    );
  });

  it('names no wildcard, and by name what it may change', () => {
    expect(ALL_TEMPLATES).not.toMatch(/(verbs|resources|apiGroups): \[.*\*.*\]/);
  });
});

describe('alerts and dashboard', () => {
  const alerts = read('charts/qdrant-admission/monitoring/alerts.yaml');
  const dashboard = read('charts/qdrant-admission/monitoring/dashboard.json');

  it('use only metrics that the program exposes', async () => {
    const { text } = await createMetrics({ version: '0.0.0', node: process.version }).expose();
    const used = [...`${alerts}${dashboard}`.matchAll(/\bqdrant_admission_\w+/g)].map(([name]) => name);
    const unknown = used.filter((name) => !text.includes(`# TYPE ${name.replace(/_bucket$/, '')} `));
    expect(used.length).toBeGreaterThan(4);
    expect(unknown).toEqual([]);
  });

  it('say when, how bad and what', () => {
    for (const alert of parse(alerts)) {
      expect(alert).toEqual({
        alert: expect.stringMatching(/^QdrantAdmission[A-Z]/),
        expr: expect.any(String),
        for: expect.stringMatching(/^\d+m$/),
        labels: { severity: expect.stringMatching(/^(warning|critical)$/) },
        annotations: { summary: expect.stringMatching(/\.$/) },
      });
    }
  });
});

describe('the templates', () => {
  it('ask no cluster, and take nothing from chance or the clock: what is rendered twice is the same', () => {
    const actions = [...ALL_TEMPLATES.matchAll(/\{\{[\s\S]*?\}\}/g)].map(([action]) => action);
    const impure = /\b(lookup|gen\w*Cert|genCA|genPrivateKey|rand\w+|uuidv4|now|date\w*|env|expandenv)\b/;
    expect(actions.length).toBeGreaterThan(100);
    expect(actions.filter((action) => !action.includes('/*') && impure.test(action))).toEqual([]);
  });

  it('end what they begin', () => {
    for (const { name, text } of TEMPLATES) {
      const opened = text.match(/\{\{-? *(if|range|with|define)\b/g)?.length ?? 0;
      expect([name, text.match(/\{\{-? *end\b/g)?.length ?? 0]).toEqual([name, opened]);
    }
  });
});
