import { describe, expect, it } from 'vitest';
import { rolesOf } from '../../src/engine/pod-roles.ts';
import type { FieldPath } from '../../src/engine/reads.ts';
import { fieldsChanged, parseFieldPath } from '../../src/engine/reads.ts';
import type { Verdict } from '../../src/engine/review.ts';
import { makeSubject, type Operation, type Subject } from '../../src/engine/subject.ts';
import { judge } from '../../src/judge.ts';
import { type KindName, kindNamed } from '../../src/k8s/kinds.ts';
import type { KubernetesObject } from '../../src/k8s/object.ts';
import { podOf } from '../../src/k8s/pod-template.ts';
import type { Shape } from '../../src/k8s/shape.ts';
import { shapeErrors } from '../../src/k8s/shape-check.ts';
import type { Rule } from '../../src/rules/define.ts';
import { RULES } from '../../src/rules/index.ts';
import { type Fixture, fixtureFiles, readFixture } from '../support/fixtures.ts';

/** So many fixtures per rule and kind are changed: each shows another side of the rule. */
const MOST_FIXTURES = 3;
const { signal } = new AbortController();

/** A path into an object, and what is put there; undefined takes it away. */
interface Change {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/** Values of each type that mean something to some rule. */
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  string: ['', 'other', 'Memory', '/qdrant/storage', 'QDRANT__STORAGE__TEMP_PATH'],
  boolean: [true, false],
  integer: [0, 1, 1000],
  quantity: ['2', '0', 'much'],
};

/** Every change of one field that the shape knows, on an object as it is: another value, or none. */
function* changesOf(value: unknown, shape: Shape, path: Change['path'] = []): Generator<Change> {
  if (path.length > 0 && value !== undefined && value !== null) yield { path, value: undefined };
  if (typeof shape === 'string') {
    for (const other of VALUES[shape] ?? []) if (other !== value) yield { path, value: other };
  } else if (shape.list !== undefined) {
    const items = Array.isArray(value) ? value : [];
    for (const [index, item] of items.entries()) yield* changesOf(item, shape.list, [...path, index]);
    for (const added of elementsOf(shape.list)) yield { path, value: [...items, added] };
  } else if (shape.map !== undefined) {
    const entries = isRecord(value) ? value : {};
    for (const key of Object.keys(entries)) yield* changesOf(entries[key], shape.map, [...path, key]);
    yield { path: [...path, 'example.com/other'], value: 'other' };
  } else {
    for (const [name, inner] of shape.fields)
      yield* changesOf(isRecord(value) ? value[name] : undefined, inner, [...path, name]);
  }
}

/** What an element of a list may be, with one of its fields. */
function* elementsOf(shape: Shape): Generator<unknown> {
  if (typeof shape === 'string') yield VALUES[shape]?.[0];
  else if (shape.fields !== undefined) {
    yield { name: 'added' };
    for (const [name, inner] of shape.fields) if (typeof inner !== 'string') yield { name: 'added', [name]: {} };
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function changed(object: KubernetesObject, { path, value }: Change): KubernetesObject {
  const copy = structuredClone(object) as unknown as Record<string, unknown>;
  let at: Record<string | number, unknown> = copy;
  for (const [i, step] of path.slice(0, -1).entries()) {
    at[step] ??= typeof path[i + 1] === 'number' ? [] : {};
    at = at[step] as Record<string | number, unknown>;
  }
  const last = path.at(-1) ?? '';
  if (value !== undefined) at[last] = value;
  else if (Array.isArray(at)) at.splice(Number(last), 1);
  else delete at[last];
  return copy as unknown as KubernetesObject;
}

/** What a rule says of an object that is made like that, without the places in lists, which only move. */
async function said(rule: Rule, subject: Subject, { policy, ports }: Fixture): Promise<string> {
  const rules = policy.rules.filter((active) => active.rule.id === rule.id);
  // All of it is judged at once, as on CREATE: what the fixture exempts or was asked for is another matter.
  const { verdicts } = await judge(subject, { ...policy, rules, exemptions: [] }, ports, signal);
  return verdicts.map(textOf).join();
}

function textOf(verdict: Verdict): string {
  if (verdict.outcome !== 'fail') return verdict.outcome;
  return verdict.findings
    .map(({ path, value, found }) => JSON.stringify([path.replaceAll(/\[\d+\]/g, '[]'), value, found]))
    .sort()
    .join();
}

/** The object as something to judge in full; an UPDATE without what was there before is judged by every rule. */
function asked({ subject }: Fixture, object: KubernetesObject, operation: Operation): Subject {
  const { namespace, now } = subject;
  return { ...makeSubject({ object, operation, now, namespace }), namespace };
}

/** The fixtures of a rule whose subject is of a kind, or makes a pod. */
function fixturesOf(rule: Rule, kind: KindName): Fixture[] {
  const files = fixtureFiles().filter(({ rule: id, prefix }) => id === rule.id && prefix !== 'unknown');
  // The broken ones first: of them most can change.
  const sorted = files.toSorted((a, b) => Number(a.prefix === 'allow') - Number(b.prefix === 'allow'));
  const fixtures = sorted.map(readFixture).filter(({ subject }) => subject.kind?.name === kind);
  return fixtures.slice(0, MOST_FIXTURES);
}

/** Whether the rule is asked about an UPDATE that makes one of the other; what makes pods is judged by both. */
function isSeen({ reads }: Rule, kind: KindName, before: KubernetesObject, after: KubernetesObject): boolean {
  const changedIn = (paths: readonly FieldPath[] = [], old: unknown, now: unknown): boolean =>
    fieldsChanged(paths.map(parseFieldPath), old, now);
  const [old, now] = [before, after].map((object) => podOf(object));
  return (
    (kind !== 'Pod' && changedIn(reads[kind], before, after)) || (now !== undefined && changedIn(reads.Pod, old, now))
  );
}

const CASES = RULES.flatMap((rule) => rule.kinds.map((kind) => ({ id: rule.id, kind, rule })));

describe.each(CASES)('what $id reads of $kind', ({ rule, kind }) => {
  const fixtures = fixturesOf(rule, kind);

  it('is shown by a fixture', () => {
    expect(fixtures).not.toEqual([]);
  });

  it('is all that it judges: what it says changes only where such a field does', async () => {
    let differences = 0;
    for (const fixture of fixtures) {
      const { object } = fixture.subject;
      for (const operation of rule.operations) {
        const before = await said(rule, asked(fixture, object, operation), fixture);
        for (const change of changesOf(object, kindNamed(kind).shape)) {
          const after = changed(object, change);
          if (shapeErrors(after).length > 0 || isIdentity(change) || takesNullAway(object, change)) continue;
          if (rule.id !== 'role-labels' && playsAnotherRole(fixture, object, after)) continue;
          if ((await said(rule, asked(fixture, after, operation), fixture)) === before) continue;
          differences++;
          // What only a CREATE is judged by no UPDATE can break.
          if (operation !== 'UPDATE') continue;
          const value = JSON.stringify(change.value);
          const missing = `${change.path.join('.')}: ${value} changes what it says, and is not in its reads`;
          expect(isSeen(rule, kind, object, after), missing).toBe(true);
        }
      }
    }
    if (judgesMore(rule, kind)) {
      expect(differences, 'nothing but labels and names changes what it says of these fixtures').toBeGreaterThan(0);
    }
  });
});

/** Whether a rule judges the object itself, and not only what there is around it in its namespace. */
function judgesMore({ reads }: Rule, kind: KindName): boolean {
  return (reads[kind] ?? []).some((path) => path !== 'metadata.namespace');
}

/** Whether the one plays other roles than the other: that itself is judged, by the rule `role-labels`. */
function playsAnotherRole({ policy }: Fixture, before: KubernetesObject, after: KubernetesObject): boolean {
  const [old, now] = [before, after].map((object) => {
    const own = podOf(object);
    return own && rolesOf(own, policy.settings.roles).join();
  });
  return old !== now;
}

/** What no UPDATE that is judged changes: it says which object it is. */
function isIdentity({ path: [first, second] }: Change): boolean {
  if (first !== 'metadata') return false;
  return second === undefined || IDENTITY.includes(String(second));
}

const IDENTITY = ['name', 'generateName', 'namespace', 'uid', 'creationTimestamp'];

/** Null names a quantity, which is then zero; no API server sends it, and what is compared takes it for not set. */
function takesNullAway(object: KubernetesObject, { path, value }: Change): boolean {
  return value === undefined && JSON.stringify(valueAt(object, path)).includes('null');
}

function valueAt(object: unknown, path: Change['path']): unknown {
  return path.reduce((at, step) => (at as Record<string | number, unknown>)[step], object);
}
