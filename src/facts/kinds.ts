import type { FactName } from '../engine/facts.ts';
import type { KindName } from './world.ts';

/** A kind that facts are learnt from: how the API server serves it, and what of it is watched. */
export interface FactKind extends KindName {
  readonly version: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Of a namespaced kind: the objects of the protected namespaces, or those of all. */
  readonly watched: 'protected namespaces' | 'everywhere';
  /** It comes with a CRD that a cluster may lack: it then has no objects of it. */
  readonly optional: boolean;
  /** The facts that rest on it: it is watched only where an active rule needs one of them. */
  readonly facts: readonly FactName[];
}

/** One row a kind. What the program may read of a cluster follows from it too. */
export const FACT_KINDS: readonly FactKind[] = [
  {
    group: '',
    version: 'v1',
    plural: 'namespaces',
    kind: 'Namespace',
    namespaced: false,
    watched: 'everywhere',
    optional: false,
    facts: ['namespace'],
  },
];
