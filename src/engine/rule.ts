import type { z } from 'zod';
import type { KindName } from '../k8s/kinds.ts';
import type { KubernetesObject } from '../k8s/object.ts';
import type { Pod } from '../k8s/pod-template.ts';
import type { Role } from './pod-roles.ts';
import type { ReadsByKind } from './reads.ts';
import type { Operation, Subject } from './subject.ts';

export const MODES = ['enforce', 'warn', 'audit', 'off'] as const;
/** What a violation does: deny, warn, only leave an audit annotation, or nothing (the rule does not run). */
export type Mode = (typeof MODES)[number];

/** One thing that is wrong, where, and what to write instead. Data, so that every face can say it in its own way. */
export interface Finding {
  /** Field path from the root of the object judged, with indices: `spec.containers[0].image`. */
  readonly path: string;
  /** The name of the list element in the path (container, volume), for people. */
  readonly name?: string;
  /** What stands there; undefined where nothing does. Never a secret: such a rule leaves it out and says `found`. */
  readonly value?: unknown;
  /** Replaces the printed value where it would not be understood. */
  readonly found?: string;
  /** What is required, as an instruction: `set it to true`. */
  readonly required: string;
  /**
   * Why nobody can tell at this moment whether anything is wrong here: that is no violation, and no pass. `required` says
   * what to do then.
   */
  readonly unknown?: string;
  /** Why it is let in all the same, where it is: reported, and never silent. */
  readonly tolerated?: string;
}

/** Check and level of the Pod Security Standards, where a rule is one of their checks. */
export interface PodSecurityCheck {
  /** The upstream check id. */
  readonly check: string;
  readonly level: PodSecurityLevel;
}

export type PodSecurityLevel = 'baseline' | 'restricted';

/** What a rule says of itself: all of it but the function that judges. */
export interface RuleMetadata {
  /** Kebab case; names file, configuration key, fixtures, page, metric label and audit annotation. Never reused. */
  readonly id: string;
  /** What must be so, as one short sentence without a full stop. */
  readonly title: string;
  /** Id of the promise that it keeps: its folder. */
  readonly promise: string;
  /** What an attacker gains, or what breaks, where it is not so. */
  readonly why: string;
  /** The YAML that mends it. */
  readonly fix: string;
  /** Ids of the controls it supports (`pss:<check>`, `cis:5.2.2`, …); those of its promise included. */
  readonly controls: readonly string[];
  /** Kinds it judges; `Pod` includes the pod template of every workload kind. */
  readonly kinds: readonly KindName[];
  readonly operations: readonly Operation[];
  /** Names of the facts that it judges by. */
  readonly needs: readonly string[];
  /**
   * The fields it judges, of each of its kinds; those of `Pod` are written from the pod. An UPDATE that leaves them as
   * they were is not judged.
   */
  readonly reads: ReadsByKind;
  readonly options: z.ZodType<object>;
  /**
   * It judges only what plays one of these; left out: everything. Roles rest on labels: the rule `role-labels` judges
   * every change of them, so that none is taken on without a request.
   */
  readonly roles?: readonly Role[] | undefined;
  /** The rule that says all that this one says, and more, of what both judge. */
  readonly overriddenBy?: string | undefined;
  readonly podSecurity?: PodSecurityCheck | undefined;
}

/** What a rule may look at when it judges. */
export interface RuleContext<
  Facts,
  Settings,
  Options extends object = object,
  Judged extends KubernetesObject = KubernetesObject,
> {
  readonly subject: Subject;
  /** The object judged. */
  readonly object: Judged;
  /** The pod that it is or makes. */
  readonly pod: Pod | undefined;
  /** Those that the rule needs. */
  readonly facts: Facts;
  readonly options: Options;
  /** What the configuration says of the namespace. */
  readonly settings: Settings;
}

/**
 * A rule: metadata as data, and one pure, synchronous function. It may look at everything it declares and reports
 * only on its own subject.
 */
export interface Rule<Facts, Settings> extends RuleMetadata {
  readonly check: (context: RuleContext<Partial<Facts>, Settings>) => readonly Finding[];
}
