import { type FactName, type LearntFacts, unknown } from './engine/facts.ts';
import type { Policy } from './engine/policy.ts';
import { applicableRules, review, type Verdict } from './engine/review.ts';
import type { Subject } from './engine/subject.ts';
import { LEARNERS } from './facts/index.ts';
import type { World } from './facts/world.ts';

/** What all rules say of a subject. */
export interface Decision {
  readonly subject: Subject;
  readonly verdicts: readonly Verdict[];
}

/**
 * The one door of every face: which rules apply, which facts they need, gather those, judge. Facts are learnt once
 * each and in parallel; a failure or the deadline makes that fact unknown, and nothing else.
 */
export async function judge(subject: Subject, policy: Policy, world: World, signal: AbortSignal): Promise<Decision> {
  const rules = applicableRules(subject, policy);
  const needed = new Set<FactName>();
  for (const { rule } of rules) for (const name of rule.needs) needed.add(name);
  const facts = needed.size === 0 ? {} : await learn(needed, subject, world, signal);
  const verdicts = review(subject, rules, policy, facts);
  // Who owns a pod is asked only where a violation hangs on it: it costs reads, and most pods violate nothing.
  if (!verdicts.some((verdict) => verdict.outcome === 'unknown' && verdict.missing.includes('owners'))) {
    return { subject, verdicts };
  }
  const owners = await learn(new Set<FactName>(['owners']), subject, world, signal);
  return { subject, verdicts: review(subject, rules, policy, { ...facts, ...owners }) };
}

async function learn(
  names: ReadonlySet<FactName>,
  subject: Subject,
  world: World,
  signal: AbortSignal,
): Promise<LearntFacts> {
  const entries = await Promise.all(
    [...names].map(async (name) => [name, await learnOne(name, subject, world, signal)] as const),
  );
  return Object.fromEntries(entries);
}

async function learnOne(name: FactName, subject: Subject, world: World, signal: AbortSignal) {
  const deadline = Promise.withResolvers<never>();
  const expire = () => deadline.reject(new Error('there was no time left to learn it'));
  signal.addEventListener('abort', expire, { once: true });
  try {
    if (signal.aborted) expire();
    return await Promise.race([LEARNERS[name](subject, world, signal), deadline.promise]);
  } catch (error) {
    return unknown(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    signal.removeEventListener('abort', expire);
  }
}
