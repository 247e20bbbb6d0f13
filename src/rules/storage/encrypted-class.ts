import { defineRule } from '../../engine/define.ts';
import { classDoubts, classSecretDoubts, youngClassDoubt } from '../../storage/evidence.ts';
import { CLASS_FIELDS, classFinding, inClaims } from '../shared/claim-findings.ts';

export const encryptedClass = defineRule({
  id: 'encrypted-class',
  title: 'Every claim names a class whose volumes are encrypted at rest',
  promise: 'storage',
  why: "Whoever gets hold of a disk, a snapshot or a backup of it reads the customers' vectors and payloads.",
  fix: 'spec:\n  storageClassName: encrypted # qdrant-admission storage classes',
  controls: [],
  operations: ['CREATE', 'UPDATE'],
  needs: ['claimClasses'],
  reads: inClaims(...CLASS_FIELDS),
  check: ({ now, namespace }, _options, { claimClasses }, { storage }) =>
    claimClasses.flatMap(({ claim, class: resolved }) => {
      // A volume that is there already is judged by itself.
      if (resolved.name === '' && claim.spec.volumeName) return [];
      const doubts = [...classDoubts(resolved, storage, now), ...classSecretDoubts(resolved, storage, now, namespace)];
      const young = doubts.length > 0 || claim.spec.volumeName ? undefined : youngClassDoubt(resolved, claim);
      return [...doubts, ...(young ? [young] : [])].map((doubt) => classFinding(claim, doubt));
    }),
});
