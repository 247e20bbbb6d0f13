import { z } from 'zod';
import { defineRule } from '../define.ts';

interface Options {
  readonly namespaces: readonly string[];
}

const options: z.ZodType<Options> = z.strictObject({
  namespaces: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Namespaces of which you state that their routes lead to these Services only who may call them, and by TLS.',
    ),
});

const GRANT = ['spec.from', 'spec.to'] as const;

export const referenceGrants = defineRule({
  id: 'reference-grants',
  title: 'No route of another namespace may lead to Services of this one',
  promise: 'network',
  why: 'A route is judged where it stands: one of another namespace, and its Gateway, nobody looks at, and it may let in everybody without TLS.',
  fix: 'apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute # in this namespace, instead of the ReferenceGrant\nspec:\n  parentRefs:\n    - { name: shared, namespace: gateways, sectionName: https }',
  controls: [],
  options,
  reads: { 'ReferenceGrant.gateway.networking.k8s.io': GRANT },
  check({ object: { spec }, options: { namespaces } }) {
    const leads = (spec?.to ?? []).some(({ group, kind }) => (group ?? '') === '' && kind === 'Service');
    if (!leads) return [];
    return (spec?.from ?? []).flatMap(({ kind, namespace }, index) => {
      if (namespaces.includes(namespace ?? '')) return [];
      return {
        path: `spec.from[${index}]`,
        found: `lets each ${kind ?? '(no kind)'} of namespace ${namespace ?? '(none)'} lead to Services of this one`,
        required:
          'write the route in this namespace, where it is judged with its Gateway, or name that namespace in the option namespaces of this rule',
      };
    });
  },
});
