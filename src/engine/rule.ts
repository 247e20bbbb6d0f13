import type { z } from 'zod';
import type { Pod } from '../k8s/core/pods.ts';
import type { FactName, Facts } from './facts.ts';
import type { Role } from './pod-roles.ts';
import type { FieldPath } from './reads.ts';
import type { NamespaceSettings } from './settings.ts';
import type { Operation, Subject } from './subject.ts';

export const MODES = ['enforce', 'warn', 'audit', 'off'] as const;
/** What a violation does: deny, warn, only leave an audit annotation, or nothing (the rule does not run). */
export type Mode = (typeof MODES)[number];

/** The promises of Qdrant's security page, as folders below `rules/`. */
export const PROMISES = {
  access: {
    title: 'Access restricted and audited',
    controls: [
      'soc2:CC6.1',
      'soc2:CC6.2',
      'soc2:CC6.3',
      'soc2:CC6.8',
      'soc2:CC7.2',
      'hipaa:164.308(a)(4)',
      'hipaa:164.312(a)(1)',
      'hipaa:164.312(b)',
      'gdpr:32(1)(b)',
      'gdpr:32(4)',
    ],
  },
  containers: {
    title: 'Hardened containers running unprivileged',
    controls: [
      'soc2:CC6.1',
      'soc2:CC6.8',
      'hipaa:164.312(a)(1)',
      'hipaa:164.308(a)(5)(ii)(B)',
      'gdpr:25',
      'gdpr:32(1)(b)',
      'nsa:Kubernetes Pod security',
    ],
  },
  images: {
    title: 'Signed images of known origin',
    controls: ['soc2:CC6.8', 'soc2:CC8.1', 'hipaa:164.312(c)(1)', 'gdpr:32(1)(b)', 'nsa:Kubernetes Pod security'],
  },
  resources: {
    title: 'Dedicated resources for every cluster',
    controls: ['soc2:A1.1', 'hipaa:164.308(a)(7)(i)', 'gdpr:32(1)(b)'],
  },
  storage: {
    title: "Storage encrypted at rest, with the customer's key where asked",
    controls: ['soc2:CC6.1', 'soc2:CC6.7', 'hipaa:164.312(a)(2)(iv)', 'gdpr:32(1)(a)'],
  },
} as const;
export type PromiseId = keyof typeof PROMISES;

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

/**
 * A rule: metadata as data, and one pure, synchronous function. It may look at everything it declares and reports
 * only on its own subject.
 */
export interface Rule {
  /** Kebab case; names file, configuration key, fixtures, page, metric label and audit annotation. Never reused. */
  readonly id: string;
  /** What must be so, as one short sentence without a full stop. */
  readonly title: string;
  readonly promise: PromiseId;
  /** What an attacker gains, or what breaks, where it is not so. */
  readonly why: string;
  /** The YAML that mends it. */
  readonly fix: string;
  /** Ids of the controls it supports (`pss:<check>`, `cis:5.2.2`, …); those of its promise included. */
  readonly controls: readonly string[];
  /** Kinds it judges; `Pod` includes the pod template of every workload kind. */
  readonly kinds: readonly string[];
  readonly operations: readonly Operation[];
  readonly needs: readonly FactName[];
  /**
   * The fields it judges, of each of its kinds; those of `Pod` are written from the pod. An UPDATE that leaves them as
   * they were is not judged.
   */
  readonly reads: ReadsByKind;
  readonly options: z.ZodType<object>;
  /**
   * It judges only what plays one of these; left out: everything. Roles rest on labels, and a change of labels alone
   * brings no request: they must go on with the webhook down.
   */
  readonly roles?: readonly Role[];
  /** The rule that says all that this one says, and more, of what both judge. */
  readonly overriddenBy?: string;
  readonly podSecurity?: PodSecurityCheck;
  readonly check: (
    subject: Subject,
    facts: Partial<Facts>,
    options: object,
    settings: NamespaceSettings,
  ) => readonly Finding[];
}

/** By kind, as rules name kinds. */
export type ReadsByKind = Readonly<Record<string, readonly FieldPath[]>>;

type Defaulted = 'kinds' | 'operations' | 'needs' | 'reads' | 'options' | 'check';

/** What the author of a pod rule writes; the rest follows from it. */
export interface PodRule<N extends FactName, O extends object> extends Omit<Rule, Defaulted> {
  readonly needs?: readonly N[];
  readonly reads: readonly FieldPath[];
  readonly options?: z.ZodType<O>;
  readonly check: (
    pod: Pod,
    options: O,
    facts: Pick<Facts, N>,
    subject: Subject,
    settings: NamespaceSettings,
  ) => readonly Finding[];
}

/** What the author of any other rule writes. */
export interface ObjectRule<N extends FactName, O extends object>
  extends Omit<Rule, 'kinds' | 'needs' | 'options' | 'check'> {
  readonly needs?: readonly N[];
  readonly options?: z.ZodType<O>;
  readonly check: (
    subject: Subject,
    options: O,
    facts: Pick<Facts, N>,
    settings: NamespaceSettings,
  ) => readonly Finding[];
}
