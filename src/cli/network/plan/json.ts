import { manifestOf } from '../../../network/plan.ts';
import type { Format } from '../../shared/formats.ts';
import { jsonPieces } from '../../shared/json-pieces.ts';
import type { PlanReport } from './report.ts';

/** For programs: the List that the API knows. What is left out stands on standard error only. */
export const JSON_OUTPUT: Format<PlanReport> = {
  write: ({ plan, namespace }) =>
    jsonPieces({ apiVersion: 'v1', kind: 'List', items: plan.policies.map((policy) => manifestOf(policy, namespace)) }),
};
