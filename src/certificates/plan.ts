import { authorityValidity, type Lifetimes, leafValidity, renewAt, type Validity } from './lifetimes.ts';
import {
  type Anchor,
  type Authority,
  anchorsOf,
  bundleText,
  everywhere,
  type Holding,
  isValid,
  type Leaf,
  type Published,
  type Retired,
  type Successor,
} from './trust-state.ts';

/** What there is, as read from the cluster. */
export interface Observed {
  readonly holding: Holding;
  /** Whether the Secret was there and all of it could be used; `holding` is what could. */
  readonly intact: boolean;
  /** Nothing where there is no webhook configuration. */
  readonly published?: Published | undefined;
}

/** A certificate that is still to be made. */
export interface ToIssue {
  readonly issue: Validity;
}

/** What the Secret shall hold. A leaf to be issued is signed by the draft's authority. */
export interface Draft extends Omit<Holding, 'authority' | 'leaf' | 'successor'> {
  readonly authority?: Authority | ToIssue;
  readonly leaf?: Leaf | ToIssue;
  readonly successor?: Successor | { readonly authority: ToIssue };
}

/** One step; each is safe to repeat, to lose half-way, and to take twice at once. */
export type Step =
  /** Replace what the Secret holds, if it is still as it was read. */
  | { readonly do: 'write'; readonly draft: Draft; readonly why: string }
  /** Replace the bundle in every entry of the webhook configuration, if that is still as it was read. */
  | { readonly do: 'publish'; readonly text: string; readonly why: string }
  /** Nothing is due before this instant. */
  | { readonly do: 'wait'; readonly until: number };

/** So many retired authorities are remembered, those that last longest: whoever keeps damaging the Secret must not fill it. */
const MOST_RETIRED = 16;

/**
 * The next step from what there is towards what should be. The order keeps one promise: whatever leaf a replica
 * serves, every API server trusts its authority, however late either of them hears of a change.
 * - an authority signs nothing that is served before it has been published for the grace period;
 * - it stays published until the last leaf that it signed has expired, whoever still serves that;
 * - it is added to the Secret before it is published, and published no more before it leaves the Secret: so what is
 *   read from the webhook configuration first and from the Secret second never lacks what others rely on.
 */
export function plan(observed: Observed, now: number, lifetimes: Lifetimes): Step {
  return (
    repair(observed, now, lifetimes) ??
    succeed(observed, now, lifetimes) ??
    unmark(observed, now, lifetimes) ??
    renew(observed, now, lifetimes) ??
    publish(observed, now, lifetimes) ??
    mark(observed, now) ??
    promote(observed, now, lifetimes) ??
    forget(observed, now, lifetimes) ?? { do: 'wait', until: nextDue(observed.holding, now, lifetimes) }
  );
}

/** The leaf to serve, or nothing that is better than what is being served: an API server would not trust it yet. */
export function servable({ holding: { leaf }, published }: Observed, now: number): Leaf | undefined {
  if (!leaf || now >= leaf.notAfter || !everywhere(published, leaf.authority)) return undefined;
  return leaf;
}

/** Replaces what is missing, damaged or expired. */
function repair({ holding, intact, published }: Observed, now: number, lifetimes: Lifetimes): Step | undefined {
  const { authority, successor } = holding;
  const expired = [authority, successor?.authority].some((one) => one && !isValid(one, now));
  if (intact && !expired && (authority || successor)) return undefined;

  const lost = intact ? [] : unknownAnchors(holding, published, now, lifetimes);
  const kept = {
    authority: authority && isValid(authority, now) ? authority : undefined,
    successor: successor && isValid(successor.authority, now) ? successor : undefined,
    retired: atMost([...holding.retired, ...lost].filter(({ notAfter }) => now < notAfter)),
  };
  const why = intact ? 'an authority has expired' : 'the Secret is missing, or part of it cannot be used';
  return { do: 'write', draft: completed(holding, kept, now, lifetimes), why };
}

function completed(
  { leaf, leavesUntil }: Holding,
  kept: { authority: Authority | undefined; successor: Successor | undefined; retired: readonly Retired[] },
  now: number,
  lifetimes: Lifetimes,
): Draft {
  const { authority, successor, retired } = kept;
  const trusted = authority ? [authority, ...retired] : retired;
  const keptLeaf =
    leaf && isValid(leaf, now) && trusted.some(({ fingerprint }) => fingerprint === leaf.authority) ? leaf : undefined;
  if (authority) {
    const signed = keptLeaf
      ? { leaf: keptLeaf, leavesUntil: leavesUntil ?? authority.notAfter }
      : anotherLeaf(authority, leavesUntil, now, lifetimes);
    return { authority, ...signed, ...(successor && { successor }), retired };
  }
  if (!successor && retired.length === 0) {
    // Nobody serves anything that is trusted: there is nothing to overlap with.
    const issue = authorityValidity(now, lifetimes);
    return { authority: { issue }, ...firstLeaf(issue, now, lifetimes), retired };
  }
  return {
    ...(keptLeaf && { leaf: keptLeaf }),
    successor: successor ?? { authority: { issue: authorityValidity(now, lifetimes) } },
    retired,
  };
}

/** Prepares the next authority while the present one has time left. */
function succeed({ holding }: Observed, now: number, lifetimes: Lifetimes): Step | undefined {
  const { authority, successor } = holding;
  if (!authority || successor || now < successionAt(authority, lifetimes)) return undefined;
  const issue = authorityValidity(now, lifetimes);
  return { do: 'write', draft: { ...holding, successor: { authority: { issue } } }, why: 'the authority is ageing' };
}

/**
 * Whatever happens to the entries, the successor waits anew. It may still be there, and yet have been taken away and
 * brought back: some API server may know only the first of that.
 */
function unmark({ holding, published }: Observed, now: number, { grace }: Lifetimes): Step | undefined {
  const { successor } = holding;
  if (!successor?.published) return undefined;
  const fromTheFuture = successor.published.at > now + grace;
  if (!fromTheFuture && successor.published.revision === revisionOf(published)) return undefined;
  const draft = { ...holding, successor: { authority: successor.authority } };
  return { do: 'write', draft, why: 'the webhook configuration has changed' };
}

function renew({ holding }: Observed, now: number, lifetimes: Lifetimes): Step | undefined {
  const { authority, leaf } = holding;
  if (!authority || now < leafDueAt(authority, leaf, now)) return undefined;
  const draft = { ...holding, ...anotherLeaf(authority, holding.leavesUntil, now, lifetimes) };
  return { do: 'write', draft, why: 'the serving certificate is due' };
}

function publish({ holding, published }: Observed, now: number, lifetimes: Lifetimes): Step | undefined {
  if (!published) return undefined;
  const text = bundleText(anchorsOf(withoutForgotten(holding, now, lifetimes)));
  if (published.bundles.every((bundle) => bundle.text === text)) return undefined;
  return { do: 'publish', text, why: 'the webhook configuration trusts something else' };
}

/** Starts the grace period, for all replicas and across restarts. Whatever is to be published is by now. */
function mark({ holding, published }: Observed, now: number): Step | undefined {
  const { successor } = holding;
  if (!successor || successor.published) return undefined;
  const draft = { ...holding, successor: { ...successor, published: { at: now, revision: revisionOf(published) } } };
  return { do: 'write', draft, why: 'the next authority is published' };
}

/** From here on the successor signs; the key of the one before is destroyed. */
function promote({ holding }: Observed, now: number, lifetimes: Lifetimes): Step | undefined {
  const { authority: former, successor } = holding;
  // With nothing valid left that could be served, there is nobody to wait for.
  const overlaps = former !== undefined || holding.retired.some(({ until }) => now < until);
  if (!successor || (overlaps && now < promotionAt(successor, lifetimes))) return undefined;
  const { authority } = successor;
  const retired = former ? [...holding.retired, retire(former, holding.leavesUntil)] : holding.retired;
  return {
    do: 'write',
    draft: { authority, ...firstLeaf(authority, now, lifetimes), retired: atMost(retired) },
    why: 'every API server trusts the next authority',
  };
}

/** Removes from the Secret what is not published any more. */
function forget({ holding }: Observed, now: number, lifetimes: Lifetimes): Step | undefined {
  const rest = withoutForgotten(holding, now, lifetimes);
  if (rest.retired.length === holding.retired.length) return undefined;
  return { do: 'write', draft: rest, why: 'a retired authority has no valid certificate left' };
}

function nextDue(holding: Holding, now: number, lifetimes: Lifetimes): number {
  const { authority, leaf, successor, retired } = holding;
  return Math.min(
    ...(authority ? [leafDueAt(authority, leaf, now), authority.notAfter] : []),
    ...(authority && !successor ? [successionAt(authority, lifetimes)] : []),
    ...(successor ? [promotionAt(successor, lifetimes)] : []),
    ...retired.map((one) => forgottenAt(one, lifetimes)),
  );
}

/** In time for the last leaf that it signs to live in full. */
function successionAt(authority: Authority, { leaf }: Lifetimes): number {
  return Math.min(renewAt(authority), authority.notAfter - leaf);
}

function promotionAt({ published }: Successor, { grace }: Lifetimes): number {
  return published ? published.at + grace : Number.POSITIVE_INFINITY;
}

function revisionOf(published: Published | undefined): string {
  return published?.revision ?? 'none';
}

function forgottenAt({ until }: Retired, { grace }: Lifetimes): number {
  return until + grace;
}

/** Never where a new one would not last longer: the authority's own end is near. */
function leafDueAt(authority: Authority, leaf: Leaf | undefined, now: number): number {
  if (!leaf || leaf.authority !== authority.fingerprint || !isValid(leaf, now)) return now;
  return leaf.notAfter < authority.notAfter ? renewAt(leaf) : Number.POSITIVE_INFINITY;
}

function firstLeaf(authority: Pick<Authority, 'notAfter'>, now: number, lifetimes: Lifetimes) {
  const issue = leafValidity(now, authority, lifetimes);
  return { leaf: { issue }, leavesUntil: issue.notAfter };
}

/** Where it is not known what the authority has signed before, that ends with the authority at the latest. */
function anotherLeaf(authority: Authority, before = authority.notAfter, now: number, lifetimes: Lifetimes) {
  const { leaf, leavesUntil } = firstLeaf(authority, now, lifetimes);
  return { leaf, leavesUntil: Math.max(before, leavesUntil) };
}

function withoutForgotten(holding: Holding, now: number, lifetimes: Lifetimes): Holding {
  return { ...holding, retired: holding.retired.filter((one) => now < forgottenAt(one, lifetimes)) };
}

function retire({ fingerprint, certificate, notAfter }: Anchor, until = notAfter): Retired {
  return { fingerprint, certificate, notAfter, until };
}

/** With the Secret lost, replicas may still serve what an authority signed that only the webhook configuration knows. */
function unknownAnchors(holding: Holding, published: Published | undefined, now: number, { leaf }: Lifetimes) {
  const known = new Set(anchorsOf(holding).map(({ fingerprint }) => fingerprint));
  const unknown = new Map<string, Retired>();
  for (const anchor of (published?.bundles ?? []).flatMap(({ anchors }) => anchors)) {
    if (known.has(anchor.fingerprint)) continue;
    unknown.set(anchor.fingerprint, retire(anchor, Math.min(anchor.notAfter, now + leaf)));
  }
  return [...unknown.values()];
}

function atMost(retired: readonly Retired[]): Retired[] {
  return retired.toSorted((a, b) => b.until - a.until).slice(0, MOST_RETIRED);
}
