import { classAgeProblem, classProblems, classSecretProblems, rawBlockProblem } from '../../storage/class-problems.ts';
import { defineRule } from '../define.ts';
import { CLASS_FIELDS, claimFinding, classFinding, inClaims } from '../shared/claim-findings.ts';

export const encryptedClass = defineRule({
  id: 'encrypted-class',
  title: 'Every claim names a class whose volumes are encrypted at rest, as the claim asks for them',
  promise: 'storage',
  why: "Whoever gets hold of a disk, a snapshot or a backup of it reads the customers' vectors and payloads.",
  fix: 'spec:\n  storageClassName: encrypted # qdrant-admission storage classes',
  controls: [],
  needs: ['claimClasses'],
  reads: inClaims(...CLASS_FIELDS, 'spec.volumeMode'),
  check: ({ subject: { now, namespace }, facts: { claimClasses }, settings: { storage } }) =>
    claimClasses.flatMap((classed) => {
      const { claim, class: resolved } = classed;
      // A volume that is there already is judged by itself.
      if (resolved.name === '' && claim.spec.volumeName) return [];
      const problems = [
        ...classProblems(resolved, storage, now),
        ...classSecretProblems(resolved, storage, now, namespace),
      ];
      const young = problems.length > 0 || claim.spec.volumeName ? undefined : classAgeProblem(classed);
      const raw = rawBlockProblem(resolved, claim.spec, storage, now);
      return [
        ...[...problems, ...(young ? [young] : [])].map((problem) => classFinding(claim, problem)),
        ...(raw ? [claimFinding(claim, 'spec.volumeMode', 'Block', raw)] : []),
      ];
    }),
});
