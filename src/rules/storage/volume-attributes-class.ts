import { describeFinding } from '../../engine/wording.ts';
import { attributesClassProblems } from '../../storage/attributes-class.ts';
import { defineRule } from '../define.ts';
import { claimFinding, inClaims } from '../shared/claim-findings.ts';

const FIELD = 'spec.volumeAttributesClassName';

export const volumeAttributesClass = defineRule({
  id: 'volume-attributes-class',
  title: 'A VolumeAttributesClass changes neither encryption nor the place of a volume',
  promise: 'storage',
  why: "Its parameters reach the driver after those of the StorageClass, and some drivers let them win: the customer's key is replaced by another.",
  fix: 'kind: VolumeAttributesClass\nparameters: { iops: "4000" }',
  controls: [],
  needs: ['attributesClasses'],
  reads: inClaims(FIELD),
  check: ({ facts: { attributesClasses } }) =>
    attributesClasses.flatMap(({ claim, name, attributesClass }) => {
      if (!attributesClass) {
        const problem = {
          found: `is ${name}, and there is no such VolumeAttributesClass`,
          required: 'create it first',
        };
        return [claimFinding(claim, FIELD, name, problem)];
      }
      return attributesClassProblems(attributesClass.driverName ?? '', attributesClass.parameters ?? {}).map(
        (problem) =>
          claimFinding(claim, FIELD, name, {
            found: `is ${name}, which may change how data is encrypted`,
            required: `in the VolumeAttributesClass ${describeFinding(problem)}`,
          }),
      );
    }),
});
