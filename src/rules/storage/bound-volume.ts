import { describeFinding } from '../../engine/wording.ts';
import { claimOf } from '../../k8s/claims.ts';
import { volumeProblems } from '../../storage/volume-problems.ts';
import { defineRule } from '../define.ts';
import { CLASS_FIELDS, claimFinding } from '../shared/claim-findings.ts';

export const boundVolume = defineRule({
  id: 'bound-volume',
  title: 'A claim is bound only to a volume that its class made, or that the configuration attests',
  promise: 'storage',
  why: "A volume's class is only a label: one that was made by hand may be a plain disk, a share or a directory of a node.",
  fix: 'spec:\n  storageClassName: encrypted\n  volumeName: null # let the class make the volume',
  controls: [],
  needs: ['boundVolume'],
  // The annotation comes with the binding of a claim that named its volume itself.
  reads: {
    PersistentVolumeClaim: [
      'spec.volumeName',
      ...CLASS_FIELDS,
      'metadata.annotations{pv.kubernetes.io/bind-completed}',
    ],
  },
  check({ object, subject: { now }, facts: { boundVolume: origin }, settings: { storage } }) {
    if (!origin) return [];
    return volumeProblems(origin, storage, now).map((problem) =>
      claimFinding(claimOf(object), 'spec.volumeName', origin.name, {
        found: `is ${origin.name}, which is not shown to be encrypted as required`,
        required: `its ${describeFinding(problem)}`,
      }),
    );
  },
});
