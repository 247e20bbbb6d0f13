import type { Finding } from '../../engine/rule.ts';
import type { ObjectMeta } from '../../k8s/object.ts';
import { APP_ARMOR_ANNOTATIONS } from '../../k8s/pod-template.ts';
import { ATTACHMENT_KEYS } from '../../network/attachments.ts';
import { defineRule } from '../define.ts';

/** The labels that the API server itself copies from a node, and a Binding may carry. */
export const TOPOLOGY_LABELS: ReadonlySet<string> = new Set([
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
]);

const ATTACHMENTS = ATTACHMENT_KEYS.flatMap(({ in: field, key }) => (field === 'annotations' ? [key] : []));

/** How the annotations begin that decide what a pod may do, and that the rules for pods judge. */
export const JUDGED_ANNOTATIONS: readonly string[] = [APP_ARMOR_ANNOTATIONS, ...ATTACHMENTS];

export const bindingMetadata = defineRule({
  id: 'binding-metadata',
  title: 'Bindings carry no labels onto pods, and no annotations on AppArmor or networks',
  promise: 'access',
  why: 'The API server copies them onto the pod without asking about the pod: a label makes it a database to Services and NetworkPolicies, an annotation attaches it to another network.',
  fix: 'metadata:\n  name: <pod>',
  controls: ['cis:5.1.4'],
  operations: ['CREATE'],
  reads: { Binding: ['metadata.labels', ...JUDGED_ANNOTATIONS.map((prefix) => `metadata.annotations{${prefix}}`)] },
  check: ({ object: { metadata } }) => [
    ...carried('labels', metadata?.labels, (key) => !TOPOLOGY_LABELS.has(key)),
    ...carried(
      'annotations',
      metadata?.annotations,
      (key) => key.startsWith(APP_ARMOR_ANNOTATIONS) || ATTACHMENTS.includes(key),
    ),
  ],
});

function carried(field: string, map: ObjectMeta['labels'], isJudged: (key: string) => boolean): Finding[] {
  return Object.entries(map ?? {})
    .filter(([key]) => isJudged(key))
    .map(([key, value]) => ({ path: `metadata.${field}[${JSON.stringify(key)}]`, value, required: 'remove it' }));
}
