import type { FactName, Facts, Known } from '../engine/facts.ts';
import type { Subject } from '../engine/subject.ts';
import { learnNamespace } from './namespace.ts';
import { learnOwners } from './owners.ts';
import type { World } from './world.ts';

/** How each fact is learnt: one entry a fact, one file a learner. */
export const LEARNERS: { readonly [N in FactName]: Learner<Facts[N]> } = {
  namespace: learnNamespace,
  owners: learnOwners,
};

type Learner<T> = (subject: Subject, world: World, signal: AbortSignal) => Promise<Known<T>>;
