import type { FactName, Facts, Known } from '../engine/facts.ts';
import type { Subject } from '../engine/subject.ts';
import { learnAttributesClasses, learnClaimClasses, learnWaitingClaims } from './claims.ts';
import { learnNamespace } from './namespace.ts';
import { learnOwners } from './owners.ts';
import { learnBoundVolume, learnDataSources, learnUsedClaims } from './volumes.ts';
import type { World } from './world.ts';

/** How each fact is learnt: one entry a fact, one file a learner. */
export const LEARNERS: { readonly [N in FactName]: Learner<Facts[N]> } = {
  attributesClasses: learnAttributesClasses,
  boundVolume: learnBoundVolume,
  claimClasses: learnClaimClasses,
  dataSources: learnDataSources,
  namespace: learnNamespace,
  owners: learnOwners,
  usedClaims: learnUsedClaims,
  waitingClaims: learnWaitingClaims,
};

/**
 * What is learnt from watches, which lag behind: an answer that would refuse because of it is looked at once more,
 * past them. Everything else is read live in the first place.
 */
export const FROM_WATCHES: ReadonlySet<FactName> = new Set([
  'attributesClasses',
  'claimClasses',
  'dataSources',
  'namespace',
  'usedClaims',
]);

/** At once where the subject alone tells that there is nothing to learn. */
type Learner<T> = (subject: Subject, world: World, signal: AbortSignal) => Known<T> | Promise<Known<T>>;
