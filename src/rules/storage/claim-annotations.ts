import type { Operation } from '../../engine/subject.ts';
import { LEGACY_CLASS } from '../../k8s/claims.ts';
import { provisionerOf } from '../../storage/catalog.ts';
import { CLAIM_KEYS, CLAIM_MAPS, type ClaimMap, overridingKey } from '../../storage/claim-keys.ts';
import type { Provisioner } from '../../storage/provisioner.ts';
import { defineRule } from '../define.ts';
import { CLASS_FIELDS, claimFinding, inClaims } from '../shared/claim-findings.ts';

/** Written by the controller that binds claims to volumes. A claim that comes with them is bound without any check. */
const BINDING = 'pv.kubernetes.io/';

export const claimAnnotations = defineRule({
  id: 'claim-annotations',
  title: 'Claims carry no annotation or label that overrides their class or their binding',
  promise: 'storage',
  why: 'Some drivers take encryption and keys from annotations and labels of the claim, and Kubernetes itself an older name of the class: what the class promises then does not hold.',
  fix: 'metadata:\n  annotations: {}\n  labels: {}\nspec:\n  storageClassName: encrypted',
  controls: [],
  needs: ['claimDrivers'],
  // The binding is the last moment before data is written: annotations and labels are looked at again.
  reads: inClaims(
    'spec.volumeName',
    ...CLASS_FIELDS,
    ...CLAIM_MAPS.flatMap((map) =>
      CLAIM_KEYS.filter((each) => each.in === map || each.in === 'either').map(({ key }) => `metadata.${map}{${key}}`),
    ),
  ),
  check: ({ subject: { operation }, facts: { claimDrivers } }) =>
    claimDrivers.flatMap(({ claim, provisioner }) => {
      const row = provisionerOf(provisioner ?? '');
      return CLAIM_MAPS.flatMap((map) =>
        Object.entries(claim.metadata[map] ?? {}).flatMap(([key, value]) => {
          const required =
            (map === 'annotations' ? ofKubernetes(key, operation) : undefined) ?? ofDriver(row, map, key, value ?? '');
          return required === undefined
            ? []
            : claimFinding(claim, `metadata.${map}[${JSON.stringify(key)}]`, value, { required });
        }),
      );
    }),
});

function ofKubernetes(key: string, operation: Operation): string | undefined {
  if (key === LEGACY_CLASS) return 'remove it, and name the class in spec.storageClassName';
  if (key.startsWith(BINDING) && operation === 'CREATE')
    return 'remove it: the controller that binds the claim writes it';
  return undefined;
}

/** Of the driver that makes the volume; of all where it is not known. */
function ofDriver(row: Provisioner | undefined, map: ClaimMap, key: string, value: string): string | undefined {
  const found = overridingKey(row, map, key, value);
  if (!found) return undefined;
  return found.allowed === undefined
    ? `remove it: it ${found.why}`
    : `set it to ${JSON.stringify(found.allowed)} or remove it: it ${found.why}`;
}
