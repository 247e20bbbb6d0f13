import { judgeProvenance } from '../../images/judge-provenance.ts';
import { definePodRule } from '../define.ts';
import { evidenceFindings, isDemanded } from '../shared/evidence-findings.ts';
import { IMAGE_FIELDS } from '../shared/image-findings.ts';

export const imageProvenance = definePodRule({
  id: 'image-provenance',
  title: 'Every image was built by a builder that its policy names, where it names one',
  promise: 'images',
  why: 'A key may sign whatever lies on a laptop; provenance says which builder made an image, and of which source.',
  fix: 'image: registry.example.com/team/loader@sha256:94728574965d17c6485dd361aa3c0818b325b9016dac5ea6afec7b4b2700865f # cosign attest --type slsaprovenance1',
  controls: ['cis:5.5.1'],
  needs: ['imageEvidence'],
  reads: IMAGE_FIELDS,
  concerns: isDemanded('provenance'),
  check: (context) =>
    evidenceFindings(
      context,
      ({ provenance }) => provenance,
      (evidence, demand) => {
        const problem = judgeProvenance(evidence, demand);
        return problem ? [problem] : [];
      },
    ),
});
