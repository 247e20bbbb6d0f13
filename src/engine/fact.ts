import type { KindName } from '../k8s/kinds.ts';
import type { KubernetesObject } from '../k8s/object.ts';
import type { Subject } from './subject.ts';

/** A fact was learnt, or it was not and why. Rules only ever see the value of a known one. */
export type Known<T> = { readonly known: true; readonly value: T } | { readonly known: false; readonly reason: string };

export function known<T>(value: T): Known<T> {
  return { known: true, value };
}

export function unknown(reason: string): Known<never> {
  return { known: false, reason };
}

/** What a fact is learnt from: the subject, what its namespace is told, and the world behind the ports. */
export interface Learning<Settings, Ports> {
  readonly subject: Subject;
  readonly settings: Settings;
  readonly ports: Ports;
  readonly signal: AbortSignal;
}

/** Something that rules may know beyond their subject, and how it is learnt. */
export interface Fact<Name extends string, T, Settings, Ports> {
  readonly name: Name;
  /** In words, for pages: `the class of every claim`. */
  readonly title: string;
  /** Kinds that it is read of as a watch last saw them; a refusal because of them is looked at once more, live. */
  readonly watched: readonly KindName[];
  /** Kinds that it is read of as they are at this moment. */
  readonly live: readonly KindName[];
  /**
   * Whatever else it is learnt from, such as registries, is remembered: a refusal because of it is looked at once more, past
   * that memory.
   */
  readonly remembers: boolean;
  /** It costs much: it is learnt only where a verdict hangs on it. */
  readonly lazy: boolean;
  /** At once where the subject alone tells that there is nothing to learn: that costs no turn of the event loop. */
  readonly learn: (learning: Learning<Settings, Ports>) => Known<T> | Promise<Known<T>>;
}

/**
 * The one fact that the engine itself asks for: the workloads that own a pod, nearest first, verified. Exemptions for
 * one owner rest on it.
 */
export interface OwnerFacts {
  readonly owners: readonly KubernetesObject[];
}

/** The facts that were asked for, each known or not. */
export type Learnt<Facts> = { readonly [N in keyof Facts]?: Known<Facts[N]> };
