import { classKeyProblem } from '../../storage/class-problems.ts';
import { defineRule } from '../define.ts';
import { CLASS_FIELDS, classFinding, inClaims } from '../shared/claim-findings.ts';

export const customerKey = defineRule({
  id: 'customer-key',
  title: "Where the configuration requires it, volumes are encrypted with one of the customer's own keys",
  promise: 'storage',
  why: "With a provider's key the provider decides who reads the data, and the customer cannot take it back by withdrawing the key.",
  fix: 'spec:\n  storageClassName: customer-key # a class with the key of the customer, such as kmsKeyId of ebs.csi.aws.com',
  controls: [],
  needs: ['claimClasses'],
  reads: inClaims(...CLASS_FIELDS),
  check: ({ subject: { now }, facts: { claimClasses }, settings: { storage } }) =>
    claimClasses.flatMap(({ claim, class: resolved }) => {
      const problem = classKeyProblem(resolved, storage, now);
      return problem ? [classFinding(claim, problem)] : [];
    }),
});
