import { judgeSignature } from '../../images/judge-signature.ts';
import { definePodRule } from '../define.ts';
import { evidenceFindings, isDemanded } from '../shared/evidence-findings.ts';
import { IMAGE_FIELDS } from '../shared/image-findings.ts';

export const imageSignature = definePodRule({
  id: 'image-signature',
  title: 'Every image is signed by whom the configuration trusts',
  promise: 'images',
  why: 'Whoever can push to a registry, or answer in its name, can put a program beside the databases; only a signature says who made it.',
  fix: 'image: docker.io/qdrant/qdrant@sha256:94728574965d17c6485dd361aa3c0818b325b9016dac5ea6afec7b4b2700865f # the digest that is signed',
  controls: ['cis:5.5.1'],
  needs: ['imageEvidence'],
  reads: IMAGE_FIELDS,
  concerns: isDemanded('signature'),
  check: (context) =>
    evidenceFindings(
      context,
      ({ signature }) => signature,
      (evidence, demand, reference) => {
        const problem = judgeSignature(evidence, demand, reference);
        if (problem) return [problem];
        if (reference.digest !== undefined) return [];
        // The node resolves the tag again when it pulls, and a registry may then say something else.
        const pinned = `${reference.registry}/${reference.repository}@${evidence.digest}`;
        return [{ tolerated: `its tag stands for ${evidence.digest} now, which is signed`, required: `pin ${pinned}` }];
      },
    ),
});
