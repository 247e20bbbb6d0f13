import { z } from 'zod';
import { podFinding } from '../../engine/findings.ts';
import { ATTACHMENT_KEYS, type AttachmentKey } from '../../network/attachments.ts';
import { definePodRule } from '../define.ts';

export const networkAttachments = definePodRule({
  id: 'network-attachments',
  title: 'No pod is attached to a network beside the pod network that the configuration does not name',
  promise: 'network',
  why: 'NetworkPolicies cover the pod network alone: through a second interface a pod reaches whatever is on that network, past every policy.',
  fix: 'metadata:\n  annotations: {}',
  controls: ['cis:5.3.2'],
  // Of running pods, too: there are controllers that attach interfaces later.
  reads: ATTACHMENT_KEYS.map((row) => `metadata.${row.in}{${row.within ? '*' : ''}${row.key}}`),
  options: z.strictObject({
    networks: z
      .array(
        z
          .string()
          .regex(
            /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\/)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
            'expected namespace/name, or the name alone of a network that stands in no namespace',
          ),
      )
      .default([])
      .describe(
        'Networks that pods may be attached to: `namespace/name` of a NetworkAttachmentDefinition, the name of a Network of GKE, of a PodNetworking of Terway, of an IsovalentPodNetwork. No NetworkPolicy covers them.',
      ),
  }),
  check: ({ pod, subject: { namespace }, options: { networks } }) =>
    ATTACHMENT_KEYS.flatMap((row) => {
      const map = pod.metadata[row.in] ?? {};
      return keysIn(map, row).flatMap((key) => {
        const { in: field, plugin, does, names } = row;
        const value = map[key] ?? '';
        const unnamed = names?.(value, namespace)?.filter((name) => !networks.includes(name));
        if (unnamed?.length === 0) return [];
        const name = unnamed ? `, or have the configuration name ${unnamed.join(' and ')} in networks` : '';
        const required = `remove it${name}: it ${does} (${plugin}), and no NetworkPolicy covers that`;
        return podFinding(pod, `metadata.${field}[${JSON.stringify(key)}]`, value, required);
      });
    }),
});

/** The keys that a plugin takes for its own. */
function keysIn(map: Readonly<Record<string, unknown>>, { key, within }: AttachmentKey): readonly string[] {
  if (within) return Object.keys(map).filter((each) => each.includes(key));
  return Object.hasOwn(map, key) ? [key] : [];
}
