import { claimsOf } from '../../k8s/claims.ts';
import { dataSourceProblems, isCloneOfGone } from '../../storage/data-sources.ts';
import { defineRule } from '../define.ts';
import { CLASS_FIELDS, claimFinding, inClaims } from '../shared/claim-findings.ts';

export const dataSource = defineRule({
  id: 'data-source',
  title: 'Clones and restores come from volumes and snapshots that are encrypted as required',
  promise: 'storage',
  why: 'Several drivers make a clone as its source was, whatever the class says: the copy of a plain disk is a plain disk.',
  fix: 'spec:\n  dataSource: { kind: PersistentVolumeClaim, name: encrypted-storage }',
  controls: [],
  needs: ['claimClasses', 'dataSources'],
  // At the binding, too: a snapshot can be deleted and made anew under its name before anybody restores it.
  reads: inClaims('spec.dataSource', 'spec.dataSourceRef', 'spec.volumeName', ...CLASS_FIELDS),
  check: ({ object, pod, subject: { operation, now }, facts: { claimClasses, dataSources }, settings: { storage } }) =>
    claimsOf(object, pod).flatMap((claim, i) => {
      const [origin, classed] = [dataSources[i], claimClasses[i]];
      if (!origin || !classed || origin.kind === 'none') return [];
      const { field } = origin;
      if (operation === 'UPDATE' && isCloneOfGone(origin)) return [];
      const filled = { class: classed.class, created: claim.metadata.creationTimestamp };
      return dataSourceProblems(origin, filled, storage, now).map((problem) =>
        claimFinding(claim, `spec.${field}`, claim.spec[field], problem),
      );
    }),
});
