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

/** Annotations by which networks are attached: whole keys, or what the keys of a plugin contain. */
const ATTACHMENTS = ATTACHMENT_KEYS.flatMap(({ in: field, key, within = false }) =>
  field === 'annotations' ? [{ text: key, within }] : [],
);

/** How the annotations begin that decide what a pod may do, or what they contain; the rules for pods judge them. */
export const JUDGED_ANNOTATIONS: readonly { readonly text: string; readonly within: boolean }[] = [
  { text: APP_ARMOR_ANNOTATIONS, within: false },
  ...ATTACHMENTS,
];

export const bindingMetadata = defineRule({
  id: 'binding-metadata',
  title: 'Bindings carry no labels onto pods, and no annotations on AppArmor or networks',
  promise: 'access',
  why: 'The API server copies them onto the pod without asking about the pod: a label makes it a database to Services and NetworkPolicies, an annotation attaches it to another network.',
  fix: 'metadata:\n  name: <pod>',
  controls: ['cis:5.1.4'],
  operations: ['CREATE'],
  reads: {
    Binding: [
      'metadata.labels',
      ...JUDGED_ANNOTATIONS.map(({ text, within }) => `metadata.annotations{${within ? '*' : ''}${text}}`),
    ],
  },
  check: ({ object: { metadata } }) => [
    ...carried('labels', metadata?.labels, (key) => !TOPOLOGY_LABELS.has(key)),
    ...carried(
      'annotations',
      metadata?.annotations,
      (key) =>
        key.startsWith(APP_ARMOR_ANNOTATIONS) ||
        ATTACHMENTS.some(({ text, within }) => (within ? key.includes(text) : key === text)),
    ),
  ],
});

function carried(field: string, map: ObjectMeta['labels'], isJudged: (key: string) => boolean): Finding[] {
  return Object.entries(map ?? {})
    .filter(([key]) => isJudged(key))
    .map(([key, value]) => ({ path: `metadata.${field}[${JSON.stringify(key)}]`, value, required: 'remove it' }));
}
