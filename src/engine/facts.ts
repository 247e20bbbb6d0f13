import type { JsonObject, KubernetesObject } from '../k8s/object.ts';

/** A fact was learnt, or it was not and why. Rules only ever see the value of a known one. */
export type Known<T> = { readonly known: true; readonly value: T } | { readonly known: false; readonly reason: string };

/** What a rule may know of the world beyond its subject: one entry a fact, learnt by the file of that name in `facts/`. */
export interface Facts {
  /** The Namespace object that the subject stands in. */
  readonly namespace: JsonObject;
  /**
   * The workloads that own a pod, nearest first (ReplicaSet, Deployment), as they are now. Verified: the request came
   * from the controller of the nearest one, and each is alive under the uid that the one below it names.
   */
  readonly owners: readonly KubernetesObject[];
}

export type FactName = keyof Facts;

/** The facts that were asked for, each known or not. */
export type LearntFacts = { readonly [N in FactName]?: Known<Facts[N]> };

export function known<T>(value: T): Known<T> {
  return { known: true, value };
}

export function unknown(reason: string): Known<never> {
  return { known: false, reason };
}
