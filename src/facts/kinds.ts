import type { FactName } from '../engine/facts.ts';
import { POD_CARRIERS } from '../k8s/core/pods.ts';
import type { KindName } from './world.ts';

/** A kind that facts are learnt from: how the API server serves it, and what of it is watched. */
export interface FactKind extends KindName {
  readonly version: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Nowhere: single objects are read live, none is kept. */
  readonly watched: 'nowhere' | 'protected namespaces' | 'everywhere';
  /** It comes with a CRD that a cluster may lack: it then has no objects of it. */
  readonly optional: boolean;
  /** Watched whatever the rules need: it tells whether there is anything to protect. */
  readonly always?: true;
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
    always: true,
    facts: ['namespace'],
  },
  {
    group: '',
    version: 'v1',
    plural: 'persistentvolumeclaims',
    kind: 'PersistentVolumeClaim',
    namespaced: true,
    watched: 'protected namespaces',
    optional: false,
    facts: ['boundVolume', 'dataSources', 'usedClaims', 'waitingClaims'],
  },
  {
    group: '',
    version: 'v1',
    plural: 'persistentvolumes',
    kind: 'PersistentVolume',
    namespaced: false,
    watched: 'everywhere',
    optional: false,
    facts: ['boundVolume', 'dataSources', 'usedClaims'],
  },
  {
    group: 'storage.k8s.io',
    version: 'v1',
    plural: 'storageclasses',
    kind: 'StorageClass',
    namespaced: false,
    watched: 'everywhere',
    optional: false,
    facts: ['boundVolume', 'claimClasses', 'dataSources', 'usedClaims'],
  },
  {
    group: 'storage.k8s.io',
    version: 'v1',
    plural: 'volumeattributesclasses',
    kind: 'VolumeAttributesClass',
    namespaced: false,
    watched: 'everywhere',
    optional: true,
    facts: ['attributesClasses'],
  },
  ...['VolumeSnapshot', 'VolumeSnapshotContent'].map(
    (kind): FactKind => ({
      group: 'snapshot.storage.k8s.io',
      version: 'v1',
      plural: `${kind.toLowerCase()}s`,
      kind,
      namespaced: kind === 'VolumeSnapshot',
      watched: 'nowhere',
      optional: true,
      facts: ['dataSources', 'usedClaims'],
    }),
  ),
  ...POD_CARRIERS.filter(({ kind }) => kind !== 'Pod' && kind !== 'PodTemplate').map(
    ({ group, kind }): FactKind => ({
      group,
      version: 'v1',
      plural: `${kind.toLowerCase()}s`,
      kind,
      namespaced: true,
      watched: 'nowhere',
      optional: false,
      facts: ['owners'],
    }),
  ),
];
