import { z } from 'zod';
import { parseImageReference } from '../../k8s/core/image-reference.ts';
import { definePodRule } from '../define.ts';
import { IMAGE_FIELDS, imageFindings } from '../shared/image-findings.ts';
import { isAmong, registries } from '../shared/registries.ts';

/**
 * What a tag means is whatever the registry says today, which no rule can see in the object alone. A registry named in
 * `tagRegistries` is trusted in that; verifying the digest that such a tag resolves to belongs to the rules that know
 * facts of images.
 */
export const imageDigest = definePodRule({
  id: 'image-digest',
  title: 'Every image is pinned by its digest, or has a version tag of a registry that is trusted with tags',
  promise: 'images',
  why: 'A tag can be moved to another image at any time; a digest is the image. This rule looks at what is written: a tag that it lets pass says nothing of the image behind it, whose digest has to be verified by itself.',
  fix: 'image: docker.io/qdrant/qdrant@sha256:94728574965d17c6485dd361aa3c0818b325b9016dac5ea6afec7b4b2700865f',
  controls: ['cis:5.5.1'],
  reads: IMAGE_FIELDS,
  options: z.strictObject({
    tagRegistries: registries
      .default(['registry.cloud.qdrant.io'])
      .describe(
        "Registries, or parts of one by whole path segments, whose images may have a tag instead of a digest. Qdrant's operator can name its images by tag only.",
      ),
  }),
  check: ({ pod, options: { tagRegistries } }) => imageFindings(pod, (image) => problemOf(image, tagRegistries)),
});

function problemOf(image: string, tagRegistries: readonly string[]): string | undefined {
  const reference = parseImageReference(image);
  if (!reference) return 'write an image reference: registry/name@sha256: and 64 hexadecimal digits';
  const { digest, tag } = reference;
  if (digest !== undefined) return digest.startsWith('sha256:') ? undefined : 'pin it by a digest of sha256';
  if (!isAmong(reference, tagRegistries)) return 'append its digest, @sha256:…';
  // No tag means `latest`, and that is whatever was pushed last.
  return tag === undefined || tag === 'latest' ? 'give it the tag of a version, or append its digest' : undefined;
}
