import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Finding, PodSecurityLevel } from '../../src/engine/rule.ts';
import { makeSubject } from '../../src/engine/subject.ts';
import { judge } from '../../src/judge.ts';
import {
  CONTAINER_LISTS,
  type Container,
  type ContainerList,
  type PodSpec,
  type Volume,
} from '../../src/k8s/core/pod-shape.ts';
import type { KubernetesObject } from '../../src/k8s/object.ts';
import { shapeErrors } from '../../src/k8s/shape-check.ts';
import type { Rule } from '../../src/rules/define.ts';
import { RULES } from '../../src/rules/index.ts';
import { askRule } from '../support/ask-rule.ts';
import { policyWith, USER_NAMESPACES } from '../support/policies.ts';
import { randomPod } from '../support/random-pods.ts';
import { NO_WORLD } from '../support/worlds.ts';
import { goModule, pinnedModule } from './harness/binaries.ts';
import { output } from './harness/run.ts';

/**
 * The Kubernetes project's own fixtures for the Pod Security Standards, read from its Go module at the version that
 * the binaries are pinned to. It relaxes some checks for user namespaces; here the same relaxations are switched on.
 */
const MODULE = 'k8s.io/pod-security-admission';
const VERSION = 'v1.37';
const FILES = {
  baseline: { pass: 15, fail: 34, checks: 12 },
  restricted: { pass: 23, fail: 76, checks: 15 },
} as const;
const CHECKS = RULES.filter(({ podSecurity }) => podSecurity);
const LEVELS = Object.keys(FILES) as PodSecurityLevel[];
const NOW = new Date('2026-11-01T00:00:00Z');

interface Upstream {
  readonly file: string;
  readonly pod: KubernetesObject & { readonly spec: PodSpec };
}
type Fixtures = Record<PodSecurityLevel, Record<'pass' | 'fail', readonly Upstream[]>>;

const policies = {
  baseline: policyWith({ podSecurityLevel: 'baseline', rules: USER_NAMESPACES }),
  restricted: policyWith({ podSecurityLevel: 'restricted', rules: USER_NAMESPACES }),
};
let fixtures: Fixtures;

beforeAll(async () => {
  const data = join(await goModule(MODULE), 'test', 'testdata');
  const both = async (level: PodSecurityLevel) => ({
    pass: await readFixtures(join(data, level, VERSION, 'pass')),
    fail: await readFixtures(join(data, level, VERSION, 'fail')),
  });
  fixtures = { baseline: await both('baseline'), restricted: await both('restricted') };
});

describe.each(LEVELS)('upstream fixtures, level %s', (level) => {
  it('are all there', () => {
    const { pass, fail } = fixtures[level];
    expect({ pass: pass.length, fail: fail.length }).toEqual({ pass: FILES[level].pass, fail: FILES[level].fail });
    expect(new Set(fail.map(({ file }) => checkOf(file, level).id)).size).toBe(FILES[level].checks);
  });

  it('pass where upstream passes', async () => {
    const refused: Record<string, string[]> = {};
    for (const { file, pod } of fixtures[level].pass) {
      const violated = await violations(pod, level);
      if (violated.size > 0) refused[file] = [...violated.keys()];
    }
    expect(refused).toEqual({});
  });

  it('fail by the check that upstream names', async () => {
    const missed: Record<string, string[]> = {};
    const agreed = new Map<string, number>();
    for (const { file, pod } of fixtures[level].fail) {
      const violated = await violations(pod, level);
      const { id } = checkOf(file, level);
      if (violated.has(id)) agreed.set(id, (agreed.get(id) ?? 0) + 1);
      else missed[file] = [...violated.keys()];
    }
    process.stdout.write(summary(level, agreed));
    expect(missed).toEqual({});
  });

  it.each(CONTAINER_LISTS)('fail in the same way with all containers in %s', async (list) => {
    let moved = 0;
    for (const { file, pod } of fixtures[level].fail) {
      const { id } = checkOf(file, level);
      const before = (await violations(pod, level)).get(id) ?? [];
      const after = (await violations(withContainersIn(list, pod), level)).get(id) ?? [];
      expect(after.map(textOf), file).toEqual(before.map((finding) => textOf(movedTo(list, pod, finding))));
      if (before.some(({ path }) => path.startsWith('spec.containers'))) moved++;
    }
    expect(moved).toBeGreaterThan(FILES[level].fail / 3);
  });

  it.each(['Deployment', 'CronJob'] as const)('fail in the same way in the template of a %s', async (kind) => {
    const { base, object } = TEMPLATES[kind];
    for (const { file, pod } of fixtures[level].fail) {
      const { id } = checkOf(file, level);
      const before = (await violations(pod, level)).get(id) ?? [];
      const after = (await violations(object({ metadata: pod.metadata, spec: pod.spec }), level)).get(id) ?? [];
      expect(after, file).toEqual(before.map((finding) => ({ ...finding, path: base + finding.path })));
      expect(after, file).not.toEqual([]);
    }
  });
});

describe('the code of the Kubernetes project, asked about the same pods', () => {
  it('agrees on every fixture and on every list of containers', async () => {
    const all = LEVELS.flatMap((level) => [...fixtures[level].pass, ...fixtures[level].fail]).map(({ pod }) => pod);
    const pods = [...all, ...CONTAINER_LISTS.flatMap((list) => all.map((pod) => withContainersIn(list, pod)))];
    const theirs = await askUpstream(pods);
    for (const [i, pod] of pods.entries()) expect(brokenChecks(pod), JSON.stringify(pod)).toEqual(theirs[i]);
  });

  it('agrees on random pods', async () => {
    const seed = Date.now();
    const pods = fc.sample(randomPod, { numRuns: 5000, seed }).map(asStored);
    const theirs = await askUpstream(pods);
    for (const [i, pod] of pods.entries()) {
      expect(brokenChecks(pod), `seed ${seed}: ${JSON.stringify(pod)}`).toEqual(theirs[i]);
    }
    for (const { podSecurity } of CHECKS) {
      const broken = theirs.filter((checks) => checks.includes(podSecurity?.check ?? '')).length;
      // Either way often enough for the agreement to mean something.
      expect(Math.min(broken, pods.length - broken), podSecurity?.check).toBeGreaterThan(100);
    }
  });
});

async function readFixtures(folder: string): Promise<Upstream[]> {
  const files = (await readdir(folder)).sort();
  return Promise.all(
    files.map(async (file) => ({ file, pod: asStored(parse(await readFile(join(folder, file), 'utf8'))) })),
  );
}

/** A pod as the API server shows it to a webhook: a volume that names no source has become an empty directory. */
function asStored(pod: KubernetesObject): Upstream['pod'] {
  const spec = pod['spec'] as PodSpec;
  const volumes = spec.volumes?.map(
    (volume): Volume =>
      Object.entries(volume).some(([key, value]) => key !== 'name' && value !== null)
        ? volume
        : { ...volume, emptyDir: {} },
  );
  return { ...pod, spec: { ...spec, ...(volumes && { volumes }) } };
}

/** Findings by rule id, as a namespace with this level and the relaxations for user namespaces meets them. */
async function violations(object: KubernetesObject, level: PodSecurityLevel): Promise<Map<string, readonly Finding[]>> {
  expect(shapeErrors(object)).toEqual([]);
  const subject = makeSubject({ object, namespace: 'qdrant', now: NOW });
  const { verdicts } = await judge(subject, policies[level], NO_WORLD, new AbortController().signal);
  return new Map(
    verdicts.flatMap((verdict) => (verdict.outcome === 'fail' ? [[verdict.rule.id, verdict.findings] as const] : [])),
  );
}

/** The rule behind a file such as `capabilities_baseline2.yaml`; where a stricter rule says it at this level, that one. */
function checkOf(file: string, level: PodSecurityLevel): Rule {
  const stem = file.replace(/\d+\.yaml$/, '');
  const rule = RULES.find(({ podSecurity }) => podSecurity?.check.toLowerCase() === stem);
  const by = level === 'restricted' ? rule?.overriddenBy : undefined;
  const found = by === undefined ? rule : RULES.find(({ id }) => id === by);
  if (!found) throw new Error(`${file} belongs to no rule`);
  return found;
}

const HARMLESS: Container = {
  name: 'harmless',
  image: 'registry.k8s.io/pause',
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  },
};

/** The same containers, init containers first, all in one list. */
function withContainersIn(list: ContainerList, pod: Upstream['pod']): Upstream['pod'] {
  const { initContainers, containers, ...spec } = pod.spec;
  const all = [...(initContainers ?? []), ...(containers ?? [])];
  return { ...pod, spec: { ...spec, containers: [HARMLESS], [list]: all } };
}

/** Where a finding moves with its container. */
function movedTo(list: ContainerList, pod: Upstream['pod'], finding: Finding): Finding {
  const shift = { initContainers: 0, containers: pod.spec.initContainers?.length ?? 0 };
  const path = finding.path.replace(
    /^spec\.(initContainers|containers)\[(\d+)\]/,
    (_, from: keyof typeof shift, index: string) => `spec.${list}[${Number(index) + shift[from]}]`,
  );
  return { ...finding, path };
}

function textOf({ path, name, value, required }: Finding): string {
  return JSON.stringify([path, name, value, required]);
}

const TEMPLATES = {
  Deployment: {
    base: 'spec.template.',
    object: (template: object) => ({ apiVersion: 'apps/v1', kind: 'Deployment', spec: { template } }),
  },
  CronJob: {
    base: 'spec.jobTemplate.spec.template.',
    object: (template: object) => ({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      spec: { jobTemplate: { spec: { template } } },
    }),
  },
};

/** For each pod the checks that it violates, sorted, by the policy code of the Kubernetes project. */
async function askUpstream(pods: readonly KubernetesObject[]): Promise<string[][]> {
  const { folder } = await pinnedModule();
  const answers = await output('go', ['run', resolve(import.meta.dirname, 'oracle.go')], {
    cwd: folder,
    env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' },
    stdin: pods.map((pod) => JSON.stringify(pod)).join('\n'),
  });
  const checks = answers.split('\n').map((line) => JSON.parse(line) as string[]);
  expect(checks.length).toBe(pods.length);
  return checks;
}

/** The same by the rules of this program, whatever the level. */
function brokenChecks(object: KubernetesObject): string[] {
  const subject = makeSubject({ object, now: NOW });
  return CHECKS.filter((rule) => askRule(rule, subject, { given: USER_NAMESPACES[rule.id]?.options ?? {} }).length > 0)
    .map(({ podSecurity }) => podSecurity?.check ?? '')
    .sort();
}

function summary(level: PodSecurityLevel, agreed: ReadonlyMap<string, number>): string {
  const { pass, fail } = fixtures[level];
  const lines = [...agreed].sort().map(([id, count]) => {
    const files = fail.filter(({ file }) => checkOf(file, level).id === id).length;
    return `  ${id.padEnd(32)} ${count} of ${files} refused`;
  });
  return [`${level} ${VERSION}: ${pass.length} files to pass, ${fail.length} to refuse`, ...lines, ''].join('\n');
}
