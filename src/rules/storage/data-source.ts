import { defineRule } from '../../engine/define.ts';
import { claimsOf } from '../../k8s/claims.ts';
import { sourceDoubts } from '../../storage/data-sources.ts';
import { claimFinding, inClaims } from '../claim-findings.ts';

export const dataSource = defineRule({
  id: 'data-source',
  title: 'Clones and restores come from volumes and snapshots that are encrypted as required',
  promise: 'storage',
  why: 'Several drivers make a clone as its source was, whatever the class says: the copy of a plain disk is a plain disk.',
  fix: 'spec:\n  dataSource: { kind: PersistentVolumeClaim, name: encrypted-storage }',
  controls: [],
  operations: ['CREATE', 'UPDATE'],
  needs: ['claimClasses', 'dataSources'],
  reads: inClaims('spec.dataSource', 'spec.dataSourceRef'),
  check: ({ object, pod, now }, _options, { claimClasses, dataSources }, { storage }) =>
    claimsOf(object, pod).flatMap((claim, i) => {
      const [origin, classed] = [dataSources[i], claimClasses[i]];
      if (!origin || !classed || origin.kind === 'none') return [];
      const { field } = origin;
      return sourceDoubts(origin, classed.class, storage, now).map((doubt) =>
        claimFinding(claim, `spec.${field}`, claim.spec[field], doubt),
      );
    }),
});
