import { refuses } from '../engine/answer.ts';
import type { Verdict } from '../engine/review.ts';
import type { Mode, RuleMetadata } from '../engine/rule.ts';
import { type AuditedObject, type NamespaceAudit, NONE, type Tally } from './audit.ts';
import type { TopOwner } from './owners.ts';

/** What would become of an object if it were created now. */
export type AuditOutcome = 'accepted' | 'refused' | 'unknown';

/** What belongs to one owner and is not without a word accepted. */
export interface OwnerGroup {
  readonly owner: TopOwner;
  /** The worst of its objects. */
  readonly outcome: AuditOutcome;
  readonly refused: Tally;
  readonly unknown: Tally;
  /** Accepted, but a rule has something to say: a warning, a note, an exemption. */
  readonly accepted: Tally;
  readonly objects: readonly AuditedObject[];
}

/** What one rule would do, in all namespaces. A rule that has several modes has several of these. */
export interface RuleTotal {
  readonly rule: RuleMetadata;
  readonly mode: Exclude<Mode, 'off'>;
  readonly failed: Tally;
  readonly unknown: Tally;
  readonly exempt: Tally;
}

/** All in all. */
export interface AuditTotals {
  readonly namespaces: number;
  readonly absent: readonly string[];
  readonly judged: Tally;
  readonly over: number;
  readonly refused: Tally;
  readonly unknown: Tally;
  readonly unread: number;
}

/** What the verdicts on an object come to. */
export function outcomeOf({ verdicts }: Pick<AuditedObject, 'verdicts'>): AuditOutcome {
  const refusing = verdicts.filter(refuses);
  if (refusing.some(({ outcome }) => outcome === 'fail')) return 'refused';
  return refusing.length > 0 ? 'unknown' : 'accepted';
}

/** The objects of a namespace by owner: what is refused first, and of that what has most pods. */
export function groupByOwner({ objects }: NamespaceAudit): readonly OwnerGroup[] {
  const byOwner = new Map<string, AuditedObject[]>();
  for (const object of objects) {
    const { uid, kind, name } = object.owner;
    const key = uid === '' ? `${kind}/${name}` : uid;
    const own = byOwner.get(key);
    if (own) own.push(object);
    else byOwner.set(key, [object]);
  }
  return [...byOwner.values()].map(groupOf).sort(compareGroups);
}

function groupOf(objects: readonly AuditedObject[]): OwnerGroup {
  const [first] = objects;
  if (!first) throw new Error('a group without an object');
  const [refused, unknown, accepted] = (['refused', 'unknown', 'accepted'] as const).map((outcome) =>
    tally(objects.filter((object) => outcomeOf(object) === outcome)),
  ) as [Tally, Tally, Tally];
  const outcome = isAny(refused) ? 'refused' : isAny(unknown) ? 'unknown' : 'accepted';
  return { owner: first.owner, outcome, refused, unknown, accepted, objects };
}

const ORDER: readonly AuditOutcome[] = ['refused', 'unknown', 'accepted'];

function compareGroups(a: OwnerGroup, b: OwnerGroup): number {
  const byOutcome = ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome);
  if (byOutcome !== 0) return byOutcome;
  if (a.refused.pods !== b.refused.pods) return b.refused.pods - a.refused.pods;
  return nameOf(a.owner) < nameOf(b.owner) ? -1 : 1;
}

/** `Kind/name`. */
export function nameOf({ kind, name }: TopOwner): string {
  return `${kind}/${name}`;
}

/** What each rule would do, in the order of the ids; rules that nothing breaks are left out. */
export function totalsByRule(audits: readonly NamespaceAudit[]): readonly RuleTotal[] {
  const totals = new Map<string, RuleTotal>();
  for (const object of audits.flatMap(({ objects }) => objects)) {
    for (const verdict of object.verdicts) {
      const { rule, mode } = verdict;
      const key = `${rule.id} ${mode}`;
      const total = totals.get(key) ?? { rule, mode, failed: NONE, unknown: NONE, exempt: NONE };
      totals.set(key, { ...total, ...counted(total, verdict, object) });
    }
  }
  return [...totals].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, total]) => total);
}

function counted(total: RuleTotal, { outcome }: Verdict, object: AuditedObject): Partial<RuleTotal> {
  const one = tally([object]);
  switch (outcome) {
    case 'pass':
      return {};
    case 'fail':
      return { failed: sum(total.failed, one) };
    case 'unknown':
      return { unknown: sum(total.unknown, one) };
    case 'exempt':
      return { exempt: sum(total.exempt, one) };
  }
}

/** All namespaces together. */
export function totalsOf(audits: readonly NamespaceAudit[]): AuditTotals {
  const objects = audits.flatMap((audit) => audit.objects);
  const those = (wanted: AuditOutcome): Tally => tally(objects.filter((object) => outcomeOf(object) === wanted));
  return {
    namespaces: audits.length,
    absent: audits.filter(({ exists }) => !exists).map(({ name }) => name),
    judged: audits.reduce((all, { judged }) => sum(all, judged), NONE),
    over: audits.reduce((all, { over }) => all + over, 0),
    refused: those('refused'),
    unknown: those('unknown'),
    unread: audits.reduce((all, { unread }) => all + unread.length, 0),
  };
}

export function isAny({ pods, templates, claims, network, sources }: Tally): boolean {
  return pods + templates + claims + network + sources > 0;
}

function tally(objects: readonly AuditedObject[]): Tally {
  return objects.reduce(plusOne, NONE);
}

/** One more of what an object counts as. */
export function plusOne(all: Tally, { counts }: Pick<AuditedObject, 'counts'>): Tally {
  return { ...all, [counts]: all[counts] + 1 };
}

function sum(a: Tally, b: Tally): Tally {
  return {
    pods: a.pods + b.pods,
    templates: a.templates + b.templates,
    claims: a.claims + b.claims,
    network: a.network + b.network,
    sources: a.sources + b.sources,
  };
}
