import { volumeProblems } from '../../storage/volume-problems.ts';
import { defineRule } from '../define.ts';
import { CLASS_FIELDS } from '../shared/claim-findings.ts';

export const volumeClaimRef = defineRule({
  id: 'volume-claim-ref',
  title: 'A volume that is meant for a protected namespace was made by a class that encrypts, or is attested',
  promise: 'storage',
  why: 'A volume that names a claim is bound to it whatever their classes say: that is how a plain disk gets under a database.',
  fix: 'spec:\n  storageClassName: encrypted\n  claimRef: null # let the class make the volume',
  controls: [],
  needs: ['boundVolume'],
  reads: {
    PersistentVolume: [
      'spec.claimRef',
      'spec.csi',
      'spec.volumeMode',
      'spec.volumeAttributesClassName',
      ...CLASS_FIELDS,
      'metadata.annotations{pv.kubernetes.io/provisioned-by}',
    ],
  },
  check: ({ subject: { now, namespace }, facts: { boundVolume: origin }, settings: { storage } }) =>
    origin && namespace !== '' ? volumeProblems(origin, storage, now) : [],
});
