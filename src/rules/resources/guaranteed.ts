import { containerFinding, podFinding } from '../../engine/findings.ts';
import type { ResourceRequirements } from '../../k8s/core/pod-shape.ts';
import type { Pod } from '../../k8s/pod-template.ts';
import { definePodRule } from '../define.ts';
import {
  COMPUTE,
  COMPUTE_FIELDS,
  type Compute,
  containersWithResources,
  isSet,
  shareOf,
} from '../shared/compute-shares.ts';

/** The quality of service class is computed as the kubelet computes it: init containers count, ephemeral ones do not. */
export const guaranteed = definePodRule({
  id: 'guaranteed',
  title: 'Every container of a database pod has requests that equal its limits: quality of service Guaranteed',
  promise: 'resources',
  why: 'What a database may use but has not requested is shared with its neighbours: they slow it down, and it is killed first where memory runs out.',
  fix: 'resources:\n  requests: { cpu: "2", memory: 8Gi }\n  limits: { cpu: "2", memory: 8Gi }',
  controls: [],
  roles: ['database'],
  reads: ['spec.resources', ...COMPUTE_FIELDS],
  check({ pod }) {
    const { resources } = pod.spec;
    // Resources of the pod as a whole are all that counts, where there are any.
    if (resources != null) {
      return unequal(resources, (name) => leavesOpen(pod, name)).map(({ field, value, required }) =>
        podFinding(pod, `spec.${field}`, value, required),
      );
    }
    return containersWithResources(pod).flatMap((at) =>
      unequal(at.container.resources).map(({ field, value, required }) =>
        containerFinding(pod, at, field, value, required),
      ),
    );
  },
});

function unequal(
  resources: ResourceRequirements | null | undefined,
  mustBeSet: (name: Compute) => boolean = () => false,
): { field: string; value: unknown; required: string }[] {
  return COMPUTE.flatMap(({ name, setIt }) => {
    const { limit, request } = shareOf(resources, name);
    if (limit === undefined) {
      return [{ field: `resources.limits.${name}`, value: resources?.limits?.[name], required: setIt }];
    }
    const open = mustBeSet(name) && !isSet(resources?.requests, name);
    if (request === limit && !open) return [];
    return [
      {
        field: `resources.requests.${name}`,
        value: resources?.requests?.[name],
        required: 'set it to the limit',
      },
    ];
  });
}

/** Whether the API server would not take the pod's limit for its request, but what its containers ask for together. */
function leavesOpen(pod: Pod, name: Compute): boolean {
  return containersWithResources(pod).some(
    ({ container: { resources } }) => isSet(resources?.requests, name) || isSet(resources?.limits, name),
  );
}
