import { policiesFor } from '../../images/matching.ts';
import { newImages } from '../../images/pod-images.ts';
import { parseImageReference } from '../../k8s/core/image-reference.ts';
import { definePodRule } from '../define.ts';
import { imageFinding, isVerifying } from '../shared/evidence-findings.ts';
import { IMAGE_FIELDS } from '../shared/image-findings.ts';

export const imagePolicy = definePodRule({
  id: 'image-policy',
  title: 'Some policy of the configuration holds for every image',
  promise: 'images',
  why: 'An image that no policy holds for runs without anybody having said who has to sign it.',
  fix: 'images:\n  policies:\n    - images: [registry.example.com/team]\n      authorities: [team]',
  controls: ['cis:5.5.1'],
  reads: IMAGE_FIELDS,
  concerns: isVerifying,
  check: ({ subject, pod, settings: { images } }) =>
    newImages(subject).flatMap((at) => {
      if (at.image === undefined) return [imageFinding(pod, at, { required: 'set it' })];
      const reference = parseImageReference(at.image);
      if (!reference) return [imageFinding(pod, at, { required: 'write an image reference: registry/name:tag' })];
      if (policiesFor(reference, images.policies).length > 0) return [];
      const { registry, repository } = reference;
      const required = `add to images.policies who signs it: - {repositories: [${registry}/${repository}], authorities: […]}`;
      const tolerated = 'no policy holds for it, and images.unmatched is warn';
      return [imageFinding(pod, at, images.unmatched === 'warn' ? { required, tolerated } : { required })];
    }),
});
