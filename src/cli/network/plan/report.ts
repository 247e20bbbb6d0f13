import type { Plan } from '../../../network/plan.ts';

/** A plan with all that its outputs say of it. */
export interface PlanReport {
  readonly plan: Plan;
  readonly namespace: string;
  /** Whose rules it is made for, in words. */
  readonly basis: string;
}
