import { z } from 'zod';
import { containerFinding, podFinding } from '../../engine/findings.ts';
import type { ResourceRequirements } from '../../k8s/core/pod-shape.ts';
import { isDevice, NO_INTERFACE } from '../../network/devices.ts';
import { definePodRule } from '../define.ts';
import { containersWithResources } from '../shared/compute-shares.ts';

const LISTS = ['requests', 'limits'] as const;

export const extendedResources = definePodRule({
  id: 'extended-resources',
  title: 'No container asks for devices but those that are known to be no network interface',
  promise: 'network',
  why: 'Network cards are handed out as extended resources (SR-IOV, RDMA, interfaces of a cloud), and no NetworkPolicy covers them.',
  fix: 'resources:\n  limits: { cpu: "2", memory: 8Gi, nvidia.com/gpu: "1" }',
  controls: ['cis:5.3.2'],
  reads: ['spec', 'spec.initContainers[*]', 'spec.containers[*]'].flatMap((at) =>
    LISTS.map((list) => `${at}.resources.${list}`),
  ),
  options: z.strictObject({
    allowed: z
      .array(z.string().min(1))
      .default([...NO_INTERFACE])
      .describe('Resources that a container may ask for, by their exact names; in place of the default.'),
  }),
  check: ({ pod, options: { allowed } }) => [
    ...devicesIn(pod.spec.resources, allowed).map(({ field, value }) =>
      podFinding(pod, `spec.${field}`, value, REQUIRED),
    ),
    ...containersWithResources(pod).flatMap((at) =>
      devicesIn(at.container.resources, allowed).map(({ field, value }) =>
        containerFinding(pod, at, field, value, REQUIRED),
      ),
    ),
  ],
});

const REQUIRED = 'remove it, or have the configuration list it in allowed if it is no network interface';

function devicesIn(resources: ResourceRequirements | null | undefined, allowed: readonly string[]) {
  return LISTS.flatMap((list) =>
    Object.entries(resources?.[list] ?? {})
      .filter(([name]) => isDevice(name) && !allowed.includes(name))
      .map(([name, value]) => ({ field: `resources.${list}[${JSON.stringify(name)}]`, value })),
  );
}
