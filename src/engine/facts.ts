import type { JsonObject, KubernetesObject } from '../k8s/object.ts';
import type { AttributedClaim, ClassedClaim, DataOrigin, UsedClaim, VolumeOrigin } from '../storage/origins.ts';

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
  /** Each claim that the subject is or makes, with the class that its volume would be made by. */
  readonly claimClasses: readonly ClassedClaim[];
  /** Those of the subject's claims that name a VolumeAttributesClass, with it. */
  readonly attributesClasses: readonly AttributedClaim[];
  /** The volume that the claim names, or that the subject itself is; undefined where there is none yet. */
  readonly boundVolume: VolumeOrigin | undefined;
  /** Of each claim that the subject is or makes, in their order: what its volume is filled from. */
  readonly dataSources: readonly DataOrigin[];
  /** The claims that the pod mounts. */
  readonly usedClaims: readonly UsedClaim[];
  /** Names of the namespace's claims that have no volume yet and wait for the StorageClass that the subject is. */
  readonly waitingClaims: readonly string[];
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
