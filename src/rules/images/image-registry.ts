import { z } from 'zod';
import { parseImageReference } from '../../k8s/core/image-reference.ts';
import { type ActiveRule, definePodRule } from '../define.ts';
import { IMAGE_FIELDS, imageFindings } from '../shared/image-findings.ts';
import { isAmong, registries } from '../shared/registries.ts';

const options = z.strictObject({
  allowed: registries
    .min(1, 'the list is empty, which would refuse every image: name a registry, or set the mode of the rule to off')
    .default(['registry.cloud.qdrant.io', 'docker.io/qdrant'])
    .describe('Registries, or parts of one by whole path segments. An image that names no registry is from docker.io.'),
});

export const imageRegistry = definePodRule({
  id: 'image-registry',
  title: 'Every image comes from a registry that the configuration allows',
  promise: 'images',
  why: 'An image of any registry is a program that anybody may have written, and the node runs it beside the databases.',
  fix: 'image: registry.cloud.qdrant.io/qdrant/qdrant:v1.19.0-unprivileged',
  controls: ['cis:5.5.1'],
  reads: IMAGE_FIELDS,
  options,
  check: ({ pod, options: { allowed } }) =>
    imageFindings(pod, (image) => {
      const reference = parseImageReference(image);
      if (!reference) return 'write an image reference: registry/name:tag';
      return isAmong(reference, allowed) ? undefined : `use an image of ${allowed.join(', ')}`;
    }),
});

/** The registries that a namespace allows; undefined where the rule does not run there. */
export function registriesAllowedBy(rules: readonly ActiveRule[]): readonly string[] | undefined {
  const active = rules.find(({ rule }) => rule.id === imageRegistry.id);
  return active && options.parse(active.options).allowed;
}
