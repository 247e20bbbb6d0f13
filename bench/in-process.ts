import { defaultPolicy } from '../src/config/resolve.ts';
import { reviewOf as envelope, subjectOf } from '../src/engine/admission-review.ts';
import { answer } from '../src/engine/answer.ts';
import { unknown } from '../src/engine/fact.ts';
import { applicableRules, review } from '../src/engine/review.ts';
import type { Subject } from '../src/engine/subject.ts';
import type { Ports } from '../src/facts/ports.ts';
import { judge } from '../src/judge.ts';
import { reviewOf, type Which } from './reviews.ts';
import { median } from './table.ts';

export interface DecisionCost {
  readonly rules: number;
  readonly bytes: number;
  /** Microseconds: all rules on a parsed subject. */
  readonly judging: number;
  /** Microseconds: from the text of a review to the text of its answer. */
  readonly whole: number;
}

const NOTHING = async () => unknown('there is no cluster here');
const PORTS: Ports = { cluster: { list: NOTHING, read: NOTHING } };
const WARM_UP = 5000;
const BATCH = 2000;

/** What one decision of all rules takes in this process. */
export async function decisionCost(which: Which, batches: number): Promise<DecisionCost> {
  const policy = defaultPolicy('private');
  const text = JSON.stringify(reviewOf(which));
  const now = new Date();
  const { signal } = new AbortController();
  const subject = subjectIn(text, now);

  const judging = await microseconds(batches, () => {
    review(subject, applicableRules(subject, policy), policy, {});
  });
  const whole = await microseconds(batches, async () => {
    const asked = subjectIn(text, now);
    const { verdicts } = await judge(asked, policy, PORTS, signal);
    return JSON.stringify(envelope(asked.uid, answer(asked, verdicts, 'enforce')));
  });
  return { rules: policy.rules.length, bytes: Buffer.byteLength(text), judging, whole };
}

function subjectIn(text: string, now: Date): Subject {
  const subject = subjectOf(JSON.parse(text), now);
  if (!subject.ok) throw new Error(subject.error.problem);
  return subject.value;
}

async function microseconds(batches: number, once: () => unknown): Promise<number> {
  for (let i = 0; i < WARM_UP; i++) await once();
  const figures: number[] = [];
  for (let batch = 0; batch < batches; batch++) {
    const started = performance.now();
    for (let i = 0; i < BATCH; i++) await once();
    figures.push(((performance.now() - started) * 1000) / BATCH);
  }
  return median(figures);
}
