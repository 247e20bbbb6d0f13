import { judgeSbom } from '../../images/judge-sbom.ts';
import { definePodRule } from '../define.ts';
import { evidenceFindings, isDemanded } from '../shared/evidence-findings.ts';
import { IMAGE_FIELDS } from '../shared/image-findings.ts';

export const imageSbom = definePodRule({
  id: 'image-sbom',
  title: 'Every image has its software bill of materials, as surely as its policy demands',
  promise: 'images',
  why: 'Without a list of what is in an image nobody can tell whether the next vulnerability that becomes known concerns it.',
  fix: 'image: docker.io/qdrant/qdrant@sha256:94728574965d17c6485dd361aa3c0818b325b9016dac5ea6afec7b4b2700865f # docker buildx build --sbom=true',
  controls: ['cis:5.5.1'],
  needs: ['imageEvidence'],
  reads: IMAGE_FIELDS,
  concerns: isDemanded('sbom'),
  check: (context) =>
    evidenceFindings(
      context,
      ({ sbom }) => sbom,
      (evidence, demand) => {
        const problem = judgeSbom(evidence, demand);
        return problem ? [problem] : [];
      },
    ),
});
