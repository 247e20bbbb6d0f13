import { type Known, type Learning, type Learnt, unknown } from './engine/fact.ts';
import { applicableRules, review, type Verdict } from './engine/review.ts';
import type { Subject } from './engine/subject.ts';
import { type FactName, type Facts, factNamed } from './facts/index.ts';
import type { Ports } from './facts/ports.ts';
import type { Policy } from './rules/define.ts';
import type { NamespaceSettings } from './settings.ts';

/** What all rules say of a subject. */
export interface Decision {
  readonly subject: Subject;
  readonly verdicts: readonly Verdict[];
}

/**
 * The one door of every face: which rules apply, which facts they need, gather those, judge. Facts are learnt once
 * each and in parallel; a failure or the deadline makes that fact unknown, and nothing else.
 */
export async function judge(subject: Subject, policy: Policy, ports: Ports, signal: AbortSignal): Promise<Decision> {
  const rules = applicableRules(subject, policy);
  const learning = { subject, settings: policy.settings, ports, signal };
  const needed = new Set<FactName>();
  for (const { rule } of rules) {
    for (const name of rule.needs as readonly FactName[]) if (!factNamed(name).lazy) needed.add(name);
  }
  let facts: Learnt<Facts> = needed.size === 0 ? {} : await learn(needed, learning);
  let verdicts = review(subject, rules, policy, facts);

  const remembered = new Set(verdicts.flatMap((verdict) => refusedByMemory(verdict, ports)));
  if (remembered.size > 0) {
    const now = pastMemory(ports);
    facts = { ...facts, ...(await learn(remembered, { ...learning, ports: now })) };
    verdicts = review(subject, rules, policy, facts);
  }

  // What costs much is learnt only where a verdict hangs on it; each fact once, whatever comes of it.
  for (let lazy = lazyIn(verdicts, facts); lazy.size > 0; lazy = lazyIn(verdicts, facts)) {
    facts = { ...facts, ...(await learn(lazy, learning)) };
    verdicts = review(subject, rules, policy, facts);
  }
  return { subject, verdicts };
}

/** What stands in no namespace and concerns each: judged for all of them, and refused where one of them refuses. */
export async function judgeForAll(
  subject: Subject,
  policies: ReadonlyMap<string, Policy>,
  ports: Ports,
  signal: AbortSignal,
): Promise<Decision> {
  const decisions = await Promise.all(
    [...policies].map(([namespace, policy]) => judge({ ...subject, namespace }, policy, ports, signal)),
  );
  return { subject, verdicts: decisions.flatMap(({ verdicts }) => verdicts) };
}

/** The facts that a refusal rests on and that may have changed since a watch saw them. What is unknown stays unknown. */
function refusedByMemory({ rule, outcome }: Verdict, { cluster, images }: Ports): readonly FactName[] {
  if (outcome !== 'fail') return [];
  return (rule.needs as readonly FactName[]).filter((name) => {
    const { watched, live, remembers } = factNamed(name);
    const isWatched = cluster.live !== undefined && watched.some((kind) => !live.includes(kind));
    return isWatched || (remembers && images?.fresh !== undefined);
  });
}

/** The same world past its memory. */
function pastMemory(ports: Ports): Ports {
  const { cluster, images } = ports;
  const { live, madeBefore } = cluster;
  return {
    ...ports,
    ...(live && {
      cluster: {
        live,
        list: (...asked) => live.list(...asked),
        read: (...asked) => live.read(...asked),
        ...(madeBefore && { madeBefore: (...asked) => madeBefore.call(cluster, ...asked) }),
      },
    }),
    ...(images?.fresh && { images: images.fresh }),
  };
}

/** The facts that a verdict is missing only because they have not been asked for yet. */
function lazyIn(verdicts: readonly Verdict[], facts: Learnt<Facts>): ReadonlySet<FactName> {
  const names = new Set<FactName>();
  for (const verdict of verdicts) {
    if (verdict.outcome !== 'unknown') continue;
    for (const name of verdict.missing as readonly FactName[]) {
      if (factNamed(name).lazy && facts[name] === undefined) names.add(name);
    }
  }
  return names;
}

/** What can be told at once, and most of the time nothing else is asked, costs no turn of the event loop. */
async function learn(
  names: ReadonlySet<FactName>,
  learning: Learning<NamespaceSettings, Ports>,
): Promise<Learnt<Facts>> {
  const facts: Partial<Record<FactName, Known<unknown>>> = {};
  const pending: Promise<void>[] = [];
  for (const name of names) {
    const fact = begin(name, learning);
    if (fact instanceof Promise) {
      pending.push(
        inTime(name, fact, learning.signal).then((learnt) => {
          facts[name] = learnt;
        }),
      );
    } else facts[name] = fact;
  }
  if (pending.length > 0) await Promise.all(pending);
  return facts as Learnt<Facts>;
}

function begin(name: FactName, learning: Learning<NamespaceSettings, Ports>): Known<unknown> | Promise<Known<unknown>> {
  const reason = learning.ports.unlearnable?.[name];
  if (reason !== undefined) return unknown(reason);
  try {
    return factNamed(name).learn(learning);
  } catch (error) {
    return failed(name, error);
  }
}

async function inTime(name: FactName, fact: Promise<Known<unknown>>, signal: AbortSignal): Promise<Known<unknown>> {
  const deadline = Promise.withResolvers<never>();
  // A fact of several parts still says in this turn which of them it could not learn, and what it knows of the others.
  const late = new Error('there was no time left to learn it');
  const end = () => deadline.reject(late);
  const expire = () => setImmediate(end);
  signal.addEventListener('abort', expire, { once: true });
  try {
    if (signal.aborted) end();
    return await Promise.race([fact, deadline.promise]);
  } catch (error) {
    return failed(name, signal.aborted ? late : error);
  } finally {
    signal.removeEventListener('abort', expire);
  }
}

function failed(name: FactName, error: unknown): Known<never> {
  return unknown(`${name}: ${error instanceof Error ? error.message : String(error)}`);
}
