import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { defaultMode, EXCEPTED_RULES } from '../src/config/defaults.ts';
import { CONTROL_FRAMEWORKS } from '../src/docs/controls.ts';
import { rulePagePath } from '../src/docs/rule-page.ts';
import { PROFILES } from '../src/engine/policy.ts';
import { fieldsChanged, parseFieldPath } from '../src/engine/reads.ts';
import { applicableRules } from '../src/engine/review.ts';
import { type Finding, MODES } from '../src/engine/rule.ts';
import { makeSubject } from '../src/engine/subject.ts';
import { KINDS } from '../src/k8s/kinds.ts';
import { isJsonObject, type KubernetesObject } from '../src/k8s/object.ts';
import { podOf } from '../src/k8s/pod-template.ts';
import { shapeErrors } from '../src/k8s/shape-check.ts';
import type { Rule } from '../src/rules/define.ts';
import { RULES } from '../src/rules/index.ts';
import { PROMISES } from '../src/rules/promises.ts';
import { askRule } from './support/ask-rule.ts';
import { FIXTURES, fixtureFiles, readFixture } from './support/fixtures.ts';
import { policyWith, policyWithAllRules, SETTINGS, USER_NAMESPACES } from './support/policies.ts';
import { changedPod, randomPod } from './support/random-pods.ts';

const ROOT = resolve(import.meta.dirname, '..');
const IDS = RULES.map(({ id }) => id);
const POD_SECURITY_RULES = RULES.filter(({ podSecurity }) => podSecurity);
/** Rules that can be asked without a world around the pod. */
const POD_RULES = RULES.filter(({ kinds, needs }) => kinds.includes('Pod') && needs.length === 0);

/** All checks of the Pod Security Standards at version 1.37. */
const POD_SECURITY_CHECKS = [
  'allowPrivilegeEscalation',
  'appArmorProfile',
  'capabilities_baseline',
  'capabilities_restricted',
  'hostNamespaces',
  'hostPathVolumes',
  'hostPorts',
  'hostProbesAndHostLifecycle',
  'privileged',
  'procMount',
  'procMount_restricted',
  'restrictedVolumes',
  'runAsNonRoot',
  'runAsUser',
  'seLinuxOptions',
  'seccompProfile_baseline',
  'seccompProfile_restricted',
  'sysctls',
  'windowsHostProcess',
];

describe('the list of rules', () => {
  it('is sorted by id, and no id stands twice', () => {
    expect(IDS).toEqual([...new Set(IDS)].sort());
  });

  it('holds every rule file, each under its own name', () => {
    const files = foldersIn('src/rules')
      .filter((folder) => folder !== 'shared')
      .flatMap((promise) => readdirSync(join(ROOT, 'src/rules', promise)).map((file) => `${promise}/${file}`));
    expect(files.sort()).toEqual(RULES.map(({ promise, id }) => `${promise}/${id}.ts`).sort());
  });

  it('has a folder of fixtures for each, and none beside', () => {
    const folders = foldersIn('test/rules').flatMap((promise) =>
      foldersIn(`test/rules/${promise}`).map((rule) => `${promise}/${rule}`),
    );
    expect(folders.sort()).toEqual(RULES.map(({ promise, id }) => `${promise}/${id}`).sort());
  });

  it('has a page for each, and none beside', () => {
    const pages = foldersIn('docs/rules').flatMap((promise) =>
      readdirSync(join(ROOT, 'docs/rules', promise)).map((page) => `docs/rules/${promise}/${page}`),
    );
    expect(pages.sort()).toEqual(RULES.map(rulePagePath).sort());
  });

  it('knows every rule that is not enforced by default', () => {
    for (const id of EXCEPTED_RULES) expect(IDS).toContain(id);
    expect(IDS.filter((id) => PROFILES.some((profile) => defaultMode(id, profile) !== 'enforce'))).toEqual(
      [...EXCEPTED_RULES].sort(),
    );
    expect(defaultMode('constructor', 'private')).toBe('enforce');
  });
});

describe('fixtures', () => {
  const files = fixtureFiles();

  it.each(RULES)('$id has some that pass and some that do not', ({ id, needs }) => {
    const prefixes = new Set(files.filter(({ rule }) => rule === id).map(({ prefix }) => prefix));
    expect([...prefixes].sort()).toEqual(needs.length > 0 ? ['allow', 'deny', 'unknown'] : ['allow', 'deny']);
  });

  it('refuse something in the template of every workload kind', () => {
    const refused = new Set(
      files.filter(({ prefix }) => prefix === 'deny').map((file) => readFixture(file).subject.object.kind),
    );
    expect([...refused]).toEqual(
      expect.arrayContaining(KINDS.filter(({ template }) => template).map(({ kind }) => kind)),
    );
  });

  it('refuse something in every list of containers, by every rule that looks into them', () => {
    for (const { id, reads, check, options } of POD_RULES) {
      const lists = (reads.Pod ?? []).flatMap((path) => /^spec\.(\w*[cC]ontainers)\[/.exec(path)?.[1] ?? []);
      const paths = files
        .filter(({ rule, prefix }) => rule === id && prefix === 'deny')
        .flatMap((file) => askRule({ check, options }, readFixture(file).subject))
        .map(({ path }) => path);
      for (const list of lists) {
        expect(
          paths.some((path) => path.includes(`spec.${list}[`)),
          `${id} in ${list}`,
        ).toBe(true);
      }
    }
  });

  it('have their output beside them', () => {
    const outputs = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.out'),
    );
    expect(outputs.sort()).toEqual(files.map(({ path }) => path.replace(/\.yaml$/, '.out')).sort());
  });
});

describe.each(RULES)('$id', (rule) => {
  it('has a title that is one line without a full stop', () => {
    expect(rule.title).toMatch(/^[A-Z][^\n]*[^.\s]$/);
  });

  it('has a reason in whole sentences', () => {
    expect(rule.why).toMatch(/^[A-Z][^\n]*\.$/);
  });

  it('has a fix that is valid YAML', () => {
    expect(isJsonObject(parse(rule.fix, { uniqueKeys: true }))).toBe(true);
  });

  it('names controls of known frameworks, those of its promise among them, each once', () => {
    const known = Object.keys(CONTROL_FRAMEWORKS);
    for (const control of rule.controls) {
      expect(control).toMatch(/^[a-z0-9]+:[A-Za-z0-9._() ]+$/);
      expect(known).toContain(control.slice(0, control.indexOf(':')));
    }
    expect(rule.controls).toEqual([...new Set(rule.controls)]);
    expect(rule.controls).toEqual(expect.arrayContaining([...PROMISES[rule.promise].controls]));
  });

  it('reads fields whose paths can be parsed, each once', () => {
    expect(Object.keys(rule.reads)).toEqual([...rule.kinds]);
    for (const paths of Object.values(rule.reads)) {
      for (const path of paths) expect(parseFieldPath(path).length).toBeGreaterThan(0);
      expect(paths).toEqual([...new Set(paths)]);
    }
  });

  it('has options that may all be left out', () => {
    expect(rule.options.safeParse({}).success).toBe(true);
  });
});

describe('the Pod Security Standards', () => {
  it('are all there, by the ids that upstream gives the checks', () => {
    const checks = RULES.flatMap(({ podSecurity }) => podSecurity?.check ?? []);
    expect([...checks].sort()).toEqual([...POD_SECURITY_CHECKS].sort());
    const controls = RULES.flatMap(({ controls: ids }) => ids.filter((id) => id.startsWith('pss:')));
    expect([...controls].sort()).toEqual(POD_SECURITY_CHECKS.map((check) => `pss:${check}`).sort());
  });

  it('name the rule after the check', () => {
    for (const { id, podSecurity } of RULES) {
      if (!podSecurity) continue;
      const kebab = podSecurity.check.replaceAll('_', '-').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      expect(kebab).toBe(id);
    }
  });

  it('run 15 rules at level restricted and 12 at level baseline', () => {
    const restricted = idsAt({ podSecurityLevel: 'restricted' });
    const baseline = idsAt({ podSecurityLevel: 'baseline' });
    const overridden = ['capabilities-baseline', 'host-path-volumes', 'proc-mount', 'seccomp-profile-baseline'];
    expect(restricted).toEqual(idsOf(({ id }) => !overridden.includes(id)));
    expect(restricted.length).toBe(15);
    expect(baseline).toEqual(idsOf((rule) => rule.podSecurity?.level === 'baseline'));
    expect(baseline.length).toBe(12);
  });
});

describe.each(RULES.filter(({ overriddenBy }) => overriddenBy))('$id, which another rule overrides,', (rule) => {
  const by = RULES.find(({ id }) => id === rule.overriddenBy);

  it('runs again where that one is weaker', () => {
    const object = { apiVersion: 'v1', kind: 'Pod', spec: { containers: [{ name: 'qdrant' }] } };
    const subject = makeSubject({ object, now: new Date(0) });
    const runs = (stronger: string, own: string) => {
      const policy = policyWithAllRules({ rules: { [by?.id ?? '']: { mode: stronger }, [rule.id]: { mode: own } } });
      return applicableRules(subject, policy).some((active) => active.rule.id === rule.id);
    };
    for (const [i, stronger] of MODES.entries()) {
      for (const [j, own] of MODES.entries())
        expect(runs(stronger, own), `${stronger} ${own}`).toBe(i > j && own !== 'off');
    }
  });

  it('says nothing of a pod for Linux of which that one says nothing', () => {
    let both = 0;
    fc.assert(
      fc.property(randomPod, (pod) => {
        if ((pod['spec'] as { os?: { name?: string } }).os?.name === 'windows' || !by) return;
        if (findingsOf(rule, pod).length === 0) return;
        expect(findingsOf(by, pod)).not.toEqual([]);
        both++;
      }),
      { numRuns: 500 },
    );
    expect(both).toBeGreaterThan(0);
  });
});

describe('what rules read', () => {
  it('is all that they judge: a finding changes only where such a field does', () => {
    const changes = new Map<string, number>();
    // Some rules judge what few random pods have: as many rounds as it takes to meet each.
    for (let round = 0; round < 20 && changes.size < POD_RULES.length; round++) {
      fc.assert(
        fc.property(changedPod, ([before, after]) => {
          for (const rule of POD_RULES) {
            if (textOf(findingsOf(rule, before)) === textOf(findingsOf(rule, after))) continue;
            changes.set(rule.id, (changes.get(rule.id) ?? 0) + 1);
            const reads = (rule.reads.Pod ?? []).map(parseFieldPath);
            expect(fieldsChanged(reads, podOf(before), podOf(after)), rule.id).toBe(true);
          }
        }),
        { numRuns: 3_000 },
      );
    }
    const unbroken = POD_RULES.map(({ id }) => id).filter((id) => !changes.has(id));
    expect(
      unbroken,
      'no random pod breaks these: give the fields that they read such a value in test/support/random-pods.ts',
    ).toEqual([]);
  });

  it('is of the type that is checked before: every field that rules read has a shape', () => {
    for (const path of new Set(POD_RULES.flatMap(({ reads }) => reads.Pod ?? []))) {
      const { metadata = {}, spec = {} } = wrongAt(parseFieldPath(path)) as { metadata?: object; spec?: object };
      const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name: 'qdrant' }], ...spec } };
      const where = path.replaceAll('[*]', '[0]').replace(/\{\*?(.*)\}/, '["$1key"]');
      // The keys of a map are quoted.
      expect(shapeErrors(pod).map((error) => error.path.replaceAll(/\["([a-z]+)"\]/g, '.$1'))).toContain(where);
    }
  });
});

describe('findings', () => {
  it('say by their path where the value stands', () => {
    let seen = 0;
    fc.assert(
      fc.property(randomPod, (pod) => {
        for (const { path, value, found } of POD_RULES.flatMap((rule) => findingsOf(rule, pod))) {
          // A volume without a source stands there, and yet nothing is set in it.
          const wanted = value === undefined && found !== undefined ? expect.anything() : (value ?? undefined);
          expect(valueAt(pod, path) ?? undefined, path).toEqual(wanted);
          seen++;
        }
      }),
    );
    expect(seen).toBeGreaterThan(1000);
  });
});

function foldersIn(path: string): string[] {
  if (!existsSync(join(ROOT, path))) return [];
  return readdirSync(join(ROOT, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

function idsOf(which: (rule: Rule) => boolean): string[] {
  return POD_SECURITY_RULES.filter(which).map(({ id }) => id);
}

function idsAt(settings: object): string[] {
  return policyWith(settings).rules.map(({ rule }) => rule.id);
}

/** Options with which the fields count that matter only to them. */
const OPTIONS: Readonly<Record<string, { options: object }>> = {
  ...USER_NAMESPACES,
  'dedicated-nodes': { options: { tolerations: ['example.com/pool'], requireTopologySpread: true } },
  'service-account-token': { options: { allowedServiceAccounts: ['operator'] } },
};

/** Settings with which the rule has something to say that is only about roles. */
const { settings: WITH_ROLES } = policyWith({
  roles: { database: { selector: { matchLabels: { app: 'qdrant' } }, images: ['registry\\.cloud\\.qdrant\\.io/.*'] } },
});

function findingsOf(rule: Rule, object: KubernetesObject): readonly Finding[] {
  const settings = rule.id === 'role-labels' ? WITH_ROLES : SETTINGS;
  return askRule(rule, makeSubject({ object, now: new Date(0) }), { given: OPTIONS[rule.id]?.options ?? {}, settings });
}

/** In any order, and without the names of containers and volumes, which are there for people. */
function textOf(findings: readonly Finding[]): string {
  return findings
    .map(({ name: _, ...finding }) => JSON.stringify(finding, asCompared))
    .sort()
    .join();
}

/** Objects as the comparison of fields takes them: in any order, null being not set. */
function asCompared(_: string, value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  const set = Object.entries(value).filter(([, part]) => part !== null);
  return Object.fromEntries(set.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The least object in which a field that rules read has a type that nobody expects. */
function wrongAt(steps: ReturnType<typeof parseFieldPath>): unknown {
  const [step, ...rest] = steps;
  if (!step) return () => 'neither JSON nor YAML makes a function';
  switch (step.kind) {
    case 'field':
      return { [step.name]: wrongAt(rest) };
    case 'items':
      return [wrongAt(rest)];
    case 'keys':
      return { [`${step.text}key`]: wrongAt(rest) };
  }
}

/** What stands at a path as findings write it: `spec.volumes[0].nfs`, `metadata.annotations["a/b"]`. */
function valueAt(object: unknown, path: string): unknown {
  let at: unknown = object;
  for (const [, field, index, key] of path.matchAll(/([A-Za-z]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/g)) {
    const name = field ?? index ?? (JSON.parse(key ?? '""') as string);
    at = (at as Record<string, unknown> | undefined | null)?.[name];
  }
  return at;
}
