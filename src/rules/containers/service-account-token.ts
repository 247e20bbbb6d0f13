import { z } from 'zod';
import { podFinding } from '../../engine/findings.ts';
import type { Finding } from '../../engine/rule.ts';
import type { PodSpec } from '../../k8s/core/pod-shape.ts';
import { definePodRule } from '../define.ts';

const AUTOMOUNT = 'spec.automountServiceAccountToken';

const options = z.strictObject({
  allowedServiceAccounts: z
    .array(
      z
        .string()
        .max(253)
        .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'expected the exact name of a service account, never a pattern'),
    )
    .default([])
    .describe(
      'Service accounts whose pods may hold a token, by exact name: those of an operator or agent. Whoever may create pods may name one of them.',
    ),
});

/**
 * A token comes into a pod by two ways: the API server adds a volume where nobody says no, and a pod may project one
 * itself, whatever it says of the first. Both are judged, so a file and the pod that the API server makes of it get
 * the same verdict.
 */
export const serviceAccountToken = definePodRule({
  id: 'service-account-token',
  title: 'No pod holds a service account token but those of service accounts that are allowed to',
  promise: 'containers',
  why: "Whoever gets into a container with a token acts on the API server as the pod's service account. Qdrant itself never calls the API server.",
  fix: 'spec:\n  automountServiceAccountToken: false',
  controls: ['cis:5.1.5', 'cis:5.1.6'],
  reads: [
    AUTOMOUNT,
    'spec.serviceAccountName',
    'spec.serviceAccount',
    'spec.volumes[*].projected.sources[*].serviceAccountToken',
  ],
  options,
  check({ pod, options: { allowedServiceAccounts } }) {
    if (allowedServiceAccounts.includes(serviceAccountOf(pod.spec))) return [];
    const findings: Finding[] = [];
    const automount = pod.spec.automountServiceAccountToken;
    // What the service account says counts as well, but it may say something else tomorrow.
    if (automount !== false) findings.push(podFinding(pod, AUTOMOUNT, automount, 'set it to false'));
    for (const [index, volume] of pod.volumes.entries()) {
      for (const [at, { serviceAccountToken: token }] of (volume.projected?.sources ?? []).entries()) {
        if (token == null) continue;
        const path = `spec.volumes[${index}].projected.sources[${at}].serviceAccountToken`;
        const required = 'remove it; the API server adds its own only where automountServiceAccountToken is not false';
        findings.push({ ...podFinding(pod, path, token, required), name: volume.name ?? '' });
      }
    }
    return findings;
  },
});

function serviceAccountOf({ serviceAccountName, serviceAccount }: PodSpec): string {
  return serviceAccountName || serviceAccount || 'default';
}
