import type { Finding } from '../../engine/rule.ts';
import type { ObjectMeta } from '../../k8s/object.ts';
import { APP_ARMOR_ANNOTATIONS } from '../../k8s/pod-template.ts';
import { defineRule } from '../define.ts';

/** The labels that the API server itself copies from a node, and a Binding may carry. */
export const TOPOLOGY_LABELS: ReadonlySet<string> = new Set([
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
]);

export const bindingMetadata = defineRule({
  id: 'binding-metadata',
  title: 'Bindings carry no labels or AppArmor annotations onto pods',
  promise: 'access',
  why: 'The API server copies them onto the pod without asking about the pod: a label makes it a database to Services and NetworkPolicies.',
  fix: 'metadata:\n  name: <pod>',
  controls: ['cis:5.1.4'],
  operations: ['CREATE'],
  reads: { Binding: ['metadata.labels', `metadata.annotations{${APP_ARMOR_ANNOTATIONS}}`] },
  check: ({ object: { metadata } }) => [
    ...carried('labels', metadata?.labels, (key) => !TOPOLOGY_LABELS.has(key)),
    ...carried('annotations', metadata?.annotations, (key) => key.startsWith(APP_ARMOR_ANNOTATIONS)),
  ],
});

function carried(field: string, map: ObjectMeta['labels'], isJudged: (key: string) => boolean): Finding[] {
  return Object.entries(map ?? {})
    .filter(([key]) => isJudged(key))
    .map(([key, value]) => ({ path: `metadata.${field}[${JSON.stringify(key)}]`, value, required: 'remove it' }));
}
