import { z } from 'zod';
import type { FactName, Facts } from './facts.ts';
import { type ObjectRule, type PodRule, PROMISES, type Rule } from './rule.ts';

const NO_OPTIONS = z.strictObject({});

/**
 * All rules have their fields in this order, whatever order their authors wrote them in: the engine reads the fields
 * of every rule for every request, and V8 is quick at that only where objects are laid out alike.
 */
const LAYOUT: object = {
  id: undefined,
  title: undefined,
  promise: undefined,
  why: undefined,
  fix: undefined,
  controls: undefined,
  kinds: undefined,
  operations: undefined,
  needs: undefined,
  reads: undefined,
  options: undefined,
  roles: undefined,
  overriddenBy: undefined,
  podSecurity: undefined,
  check: undefined,
} satisfies Record<keyof Rule, undefined>;

/** A rule that judges objects of other kinds as they are. */
export function defineRule<N extends FactName = never, O extends object = object>(rule: ObjectRule<N, O>): Rule {
  const { check, needs = [], options = NO_OPTIONS, ...metadata } = rule;
  return Object.freeze({
    ...LAYOUT,
    ...metadata,
    controls: [...metadata.controls, ...PROMISES[metadata.promise].controls],
    kinds: Object.keys(metadata.reads),
    needs,
    options,
    check: (subject, facts, parsed, settings) => check(subject, parsed as O, facts as Pick<Facts, N>, settings),
  } satisfies Rule);
}

/** A rule that judges pods, and the pod templates of every workload kind. */
export function definePodRule<N extends FactName = never, O extends object = object>(rule: PodRule<N, O>): Rule {
  const { check, needs = [], reads, options = NO_OPTIONS, ...metadata } = rule;
  return Object.freeze({
    ...LAYOUT,
    ...metadata,
    controls: [...metadata.controls, ...PROMISES[metadata.promise].controls],
    kinds: ['Pod'],
    operations: ['CREATE', 'UPDATE'] as const,
    needs,
    reads: { Pod: reads },
    options,
    // The engine hands over the options that `options` parsed and the facts that `needs` names: the types are erased
    // in the list of rules and hold here.
    check: (subject, facts, parsed, settings) =>
      subject.pod ? check(subject.pod, parsed as O, facts as Pick<Facts, N>, subject, settings) : [],
  } satisfies Rule);
}
