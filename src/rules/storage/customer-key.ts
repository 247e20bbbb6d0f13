import { defineRule } from '../../engine/define.ts';
import { classKeyDoubt } from '../../storage/evidence.ts';
import { CLASS_FIELDS, classFinding, inClaims } from '../shared/claim-findings.ts';

export const customerKey = defineRule({
  id: 'customer-key',
  title: "Where the configuration requires it, volumes are encrypted with one of the customer's own keys",
  promise: 'storage',
  why: "With a provider's key the provider decides who reads the data, and the customer cannot take it back by withdrawing the key.",
  fix: 'spec:\n  storageClassName: customer-key # a class with the key of the customer, such as kmsKeyId of ebs.csi.aws.com',
  controls: [],
  operations: ['CREATE', 'UPDATE'],
  needs: ['claimClasses'],
  reads: inClaims(...CLASS_FIELDS),
  check: ({ now }, _options, { claimClasses }, { storage }) =>
    claimClasses.flatMap(({ claim, class: resolved }) => {
      const doubt = classKeyDoubt(resolved, storage, now);
      return doubt ? [classFinding(claim, doubt)] : [];
    }),
});
