import { z } from 'zod';
import type { ActiveRule as ActiveRuleOf, Policy as PolicyOf } from '../engine/policy.ts';
import type { FieldPath } from '../engine/reads.ts';
import type { Finding, RuleContext, RuleMetadata, Rule as RuleOf } from '../engine/rule.ts';
import type { FactName, Facts } from '../facts/index.ts';
import type { KindName, ObjectOf } from '../k8s/kinds.ts';
import type { Pod } from '../k8s/pod-template.ts';
import type { NamespaceSettings } from '../settings.ts';
import { PROMISES, type PromiseId } from './promises.ts';

/** A rule of this program: it judges by these facts and settings, and keeps one of these promises. */
export interface Rule extends RuleOf<Facts, NamespaceSettings> {
  readonly promise: PromiseId;
  readonly needs: readonly FactName[];
  /** Whether a namespace with these settings has anything for it to judge; left out: always. Else it does not run. */
  readonly concerns?: ((settings: NamespaceSettings) => boolean) | undefined;
}

/** A rule as the configuration set it for a namespace. */
export type ActiveRule = ActiveRuleOf<Facts, NamespaceSettings>;
/** What holds in one namespace. */
export type Policy = PolicyOf<Facts, NamespaceSettings>;

type Derived = 'kinds' | 'operations' | 'needs' | 'reads' | 'options' | 'promise';

/** What the author of any rule writes; the rest follows from it. */
interface Definition<N extends FactName, O extends object> extends Omit<RuleMetadata, Derived> {
  readonly promise: PromiseId;
  /** CREATE and UPDATE where it is left out. */
  readonly operations?: RuleMetadata['operations'];
  readonly needs?: readonly N[];
  readonly options?: z.ZodType<O>;
  readonly concerns?: Rule['concerns'];
}

type Context<N extends FactName, O extends object, K extends KindName> = RuleContext<
  Pick<Facts, N>,
  NamespaceSettings,
  O,
  ObjectOf<K>
>;

/** A rule that judges objects of these kinds as they are, and workloads and pods where it reads `Pod`. */
interface ObjectRule<N extends FactName, O extends object, K extends KindName> extends Definition<N, O> {
  readonly reads: { readonly [P in K]: readonly FieldPath[] };
  readonly check: (context: Context<N, O, K>) => readonly Finding[];
}

/** A rule that judges pods, and the pod templates of every workload kind. Its `reads` are written from the pod. */
interface PodRule<N extends FactName, O extends object> extends Definition<N, O> {
  readonly reads: readonly FieldPath[];
  readonly check: (context: Context<N, O, KindName> & { readonly pod: Pod }) => readonly Finding[];
}

const NO_OPTIONS = z.strictObject({});

/** A rule that judges objects of other kinds as they are. */
export function defineRule<
  const K extends KindName,
  const N extends FactName = never,
  O extends object = Record<never, never>,
>(rule: ObjectRule<N, O, K>): Rule {
  // The engine hands over the options that `options` parsed and the facts that `needs` names, and objects of the kinds
  // that `reads` names: the types are erased in the list of rules and hold here.
  return built(rule, rule.reads, (context) => rule.check(context as unknown as Context<N, O, K>));
}

/** A rule that judges pods, and the pod templates of every workload kind. */
export function definePodRule<const N extends FactName = never, O extends object = Record<never, never>>(
  rule: PodRule<N, O>,
): Rule {
  return built(rule, { Pod: rule.reads }, (context) =>
    context.pod ? rule.check(context as unknown as Parameters<typeof rule.check>[0]) : [],
  );
}

/**
 * Every rule has the same fields in the same order, whatever its author left out: the engine reads them of every rule
 * for every request, and V8 is quick at that only where objects are laid out alike.
 */
function built<N extends FactName, O extends object>(
  rule: Definition<N, O>,
  reads: Rule['reads'],
  check: Rule['check'],
): Rule {
  const { id, title, promise, why, fix, controls } = rule;
  return Object.freeze({
    id,
    title,
    promise,
    why,
    fix,
    controls: [...controls, ...PROMISES[promise].controls],
    kinds: Object.keys(reads) as KindName[],
    operations: rule.operations ?? (['CREATE', 'UPDATE'] as const),
    needs: rule.needs ?? [],
    reads,
    options: rule.options ?? NO_OPTIONS,
    roles: rule.roles,
    overriddenBy: rule.overriddenBy,
    podSecurity: rule.podSecurity,
    concerns: rule.concerns,
    check,
  });
}
