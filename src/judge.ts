import { type FactName, type Known, type LearntFacts, unknown } from './engine/facts.ts';
import type { Policy } from './engine/policy.ts';
import { applicableRules, review, type Verdict } from './engine/review.ts';
import type { Subject } from './engine/subject.ts';
import { FROM_WATCHES, LEARNERS } from './facts/index.ts';
import { liveView, type World } from './facts/world.ts';

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
  let facts = needed.size === 0 ? {} : await learn(needed, subject, world, signal);
  let verdicts = review(subject, rules, policy, facts);
  const lagging = new Set(world.readLive ? verdicts.flatMap(refusedByMemory) : []);
  if (lagging.size > 0) {
    facts = { ...facts, ...(await learn(lagging, subject, liveView(world), signal)) };
    verdicts = review(subject, rules, policy, facts);
  }
  // Who owns a pod is asked only where a violation hangs on it: it costs reads, and most pods violate nothing.
  if (verdicts.some((verdict) => verdict.outcome === 'unknown' && verdict.missing.includes('owners'))) {
    const owners = await learn(new Set<FactName>(['owners']), subject, world, signal);
    verdicts = review(subject, rules, policy, { ...facts, ...owners });
  }
  return { subject, verdicts };
}

/** What stands in no namespace and concerns each: judged for all of them, and refused where one of them refuses. */
export async function judgeForAll(
  subject: Subject,
  policies: ReadonlyMap<string, Policy>,
  world: World,
  signal: AbortSignal,
): Promise<Decision> {
  const decisions = await Promise.all(
    [...policies].map(([namespace, policy]) => judge({ ...subject, namespace }, policy, world, signal)),
  );
  return { subject, verdicts: decisions.flatMap(({ verdicts }) => verdicts) };
}

/** The facts that a refusal rests on and that may have changed since they were learnt. What is unknown stays unknown. */
function refusedByMemory({ rule, outcome }: Verdict): readonly FactName[] {
  return outcome === 'fail' ? rule.needs.filter((name) => FROM_WATCHES.has(name)) : [];
}

/** What can be told at once, and most of the time nothing else is asked, costs no turn of the event loop. */
async function learn(
  names: ReadonlySet<FactName>,
  subject: Subject,
  world: World,
  signal: AbortSignal,
): Promise<LearntFacts> {
  const facts: Partial<Record<FactName, Known<unknown>>> = {};
  const pending: Promise<void>[] = [];
  for (const name of names) {
    const fact = begin(name, subject, world, signal);
    if (fact instanceof Promise) {
      pending.push(
        inTime(name, fact, signal).then((learnt) => {
          facts[name] = learnt;
        }),
      );
    } else facts[name] = fact;
  }
  if (pending.length > 0) await Promise.all(pending);
  return facts as LearntFacts;
}

function begin(name: FactName, subject: Subject, world: World, signal: AbortSignal) {
  try {
    return LEARNERS[name](subject, world, signal);
  } catch (error) {
    return failed(name, error);
  }
}

async function inTime(name: FactName, fact: Promise<Known<unknown>>, signal: AbortSignal): Promise<Known<unknown>> {
  const deadline = Promise.withResolvers<never>();
  const expire = () => deadline.reject(new Error('there was no time left to learn it'));
  signal.addEventListener('abort', expire, { once: true });
  try {
    if (signal.aborted) expire();
    return await Promise.race([fact, deadline.promise]);
  } catch (error) {
    return failed(name, error);
  } finally {
    signal.removeEventListener('abort', expire);
  }
}

function failed(name: FactName, error: unknown): Known<never> {
  return unknown(`${name}: ${error instanceof Error ? error.message : String(error)}`);
}
