import type { Finding } from '../../engine/rule.ts';
import type { Subject } from '../../engine/subject.ts';
import { judgeScan } from '../../images/judge-scan.ts';
import { policiesFor } from '../../images/matching.ts';
import { newImages } from '../../images/pod-images.ts';
import type { ImagesSettings } from '../../images/settings.ts';
import { parseImageReference } from '../../k8s/core/image-reference.ts';
import type { Pod } from '../../k8s/pod-template.ts';
import { definePodRule } from '../define.ts';
import { evidenceFindings, imageFinding, isVerifying } from '../shared/evidence-findings.ts';
import { IMAGE_FIELDS } from '../shared/image-findings.ts';

export const imageScan = definePodRule({
  id: 'image-scan',
  title: 'Every image was scanned lately, and nothing severe was found that nobody has set aside',
  promise: 'images',
  why: 'Vulnerabilities become known after an image was built: what was clean when it was signed may be open to anybody now.',
  fix: 'image: registry.example.com/team/loader@sha256:94728574965d17c6485dd361aa3c0818b325b9016dac5ea6afec7b4b2700865f # built anew, and scanned: cosign attest --type vuln',
  controls: ['cis:5.5.1', 'soc2:CC7.1', 'hipaa:164.308(a)(1)(ii)(A)', 'hipaa:164.308(a)(1)(ii)(B)', 'gdpr:32(1)(d)'],
  needs: ['imageEvidence'],
  reads: IMAGE_FIELDS,
  concerns: isVerifying,
  check: (context) => {
    const { subject, pod, settings } = context;
    const accepted = settings.images.acceptedVulnerabilities;
    return [
      ...withoutSource(subject, pod, settings.images),
      ...evidenceFindings(
        context,
        ({ scan }) => scan,
        (evidence, demand, reference) => judgeScan(evidence, demand, { reference, accepted, now: subject.now }),
      ),
    ];
  },
});

/** Images of which nobody has said where reports come from: that is said at every admission, and refuses nothing. */
function withoutSource(subject: Subject, pod: Pod, { policies }: ImagesSettings): Finding[] {
  return newImages(subject).flatMap((at) => {
    const reference = at.image === undefined ? undefined : parseImageReference(at.image);
    const held = reference ? policiesFor(reference, policies) : [];
    if (held.length === 0 || held.some(({ scan }) => scan)) return [];
    return [
      imageFinding(pod, at, {
        tolerated: 'nobody has said where reports of vulnerabilities come from',
        required: 'set scan in its policy in images.policies',
      }),
    ];
  });
}
