import { EXPOSING_ANNOTATIONS } from '../../network/exposures.ts';
import { defineRule } from '../define.ts';
import { wideningFindings } from '../shared/annotations.ts';

export const serviceExposure = defineRule({
  id: 'service-exposure',
  title: 'No annotation opens a Service to another network, or leads it there',
  promise: 'network',
  why: 'What reads such an annotation opens a way in past load balancers and their ranges of addresses, whatever type the Service is of.',
  fix: 'metadata:\n  annotations: {}',
  controls: [],
  reads: { Service: EXPOSING_ANNOTATIONS.map(({ key }) => `metadata.annotations{${key}}`) },
  check: ({ object: { metadata } }) => wideningFindings(metadata?.annotations, EXPOSING_ANNOTATIONS),
});
