import { z } from 'zod';
import { podFinding } from '../../engine/findings.ts';
import { definePodRule } from '../define.ts';

const names = z.array(z.string().min(1)).default([]);

/** Judged by names alone: what a claim asks for stands in the claim, and its class decides what comes of it. */
export const resourceClaims = definePodRule({
  id: 'resource-claims',
  title: 'No pod claims devices but those that the configuration names',
  promise: 'network',
  why: 'A device that is claimed (DRA) can be a network interface, and no NetworkPolicy covers it.',
  fix: 'spec:\n  resourceClaims: []',
  controls: ['cis:5.3.2'],
  reads: ['spec.resourceClaims'],
  options: z.strictObject({
    claims: names.describe(
      'ResourceClaims that pods may use, by their exact names. Whoever may make claims in the namespace decides what they ask for.',
    ),
    templates: names.describe('ResourceClaimTemplates, in the same way.'),
  }),
  check: ({ pod, options: { claims, templates } }) =>
    (pod.spec.resourceClaims ?? []).flatMap((claim, index) => {
      const { name, resourceClaimName: own, resourceClaimTemplateName: template } = claim;
      if (own && !template && claims.includes(own)) return [];
      if (template && !own && templates.includes(template)) return [];
      const field = own ? 'resourceClaimName' : 'resourceClaimTemplateName';
      const option = own ? 'claims' : 'templates';
      const finding = podFinding(
        pod,
        `spec.resourceClaims[${index}].${field}`,
        own || template,
        `remove the claim, or have the configuration name it in ${option} if it gives no network interface`,
      );
      return [name ? { ...finding, name } : finding];
    }),
});
