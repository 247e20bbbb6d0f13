import { authorityValidity, type Lifetimes, leafValidity, renewAt, type Validity } from './lifetimes.ts';
import {
  type Anchor,
  type Authority,
  anchorsOf,
  bundleText,
  isTrustedEverywhere,
  isValid,
  type Leaf,
  type Published,
  type Retired,
  type Successor,
  type TrustState,
} from './trust-state.ts';

/** What was read from the cluster. */
export interface Observed {
  /** The usable part of the Secret. */
  readonly trustState: TrustState;
  /** Whether the Secret existed and every part of it could be used. */
  readonly intact: boolean;
  /** Undefined if there is no webhook configuration. */
  readonly published?: Published | undefined;
}

/** Stands for a certificate that has not been issued yet. */
export interface ToIssue {
  readonly issue: Validity;
}

/** The new content of the Secret. A leaf that is still to be issued is signed by the draft's own authority. */
export interface Draft extends Omit<TrustState, 'authority' | 'leaf' | 'successor'> {
  readonly authority?: Authority | ToIssue;
  readonly leaf?: Leaf | ToIssue;
  readonly successor?: Successor | { readonly authority: ToIssue };
}

/** One step. A step may be repeated, interrupted half-way, or taken by two replicas at once without harm. */
export type Step =
  /** Replace the content of the Secret, provided that nobody has changed it since it was read. */
  | { readonly do: 'write'; readonly draft: Draft; readonly why: string }
  /** Replace the bundle in every entry of the webhook configuration, provided that nobody has changed it since. */
  | { readonly do: 'publish'; readonly bundle: string; readonly why: string }
  /** Nothing is due before this time. */
  | { readonly do: 'wait'; readonly until: number };

/**
 * How many retired authorities are remembered; those that expire last are kept. Without a limit, somebody who damages
 * the Secret over and over could fill it up.
 */
const MOST_RETIRED = 16;

/**
 * Returns the next step from the present state towards the desired one. The order of the steps guarantees that every
 * API server trusts the authority of whatever leaf a replica serves, however late either of them learns of a change:
 * - an authority signs nothing that is served until it has been published for the whole grace period;
 * - it stays published until the last leaf that it signed has expired, no matter who still serves that leaf;
 * - it is added to the Secret before it is published, and removed from the webhook configuration before it is removed
 *   from the Secret. Whoever reads the configuration first and the Secret second therefore never misses a certificate
 *   that others rely on.
 */
export function nextStep(observed: Observed, now: number, lifetimes: Lifetimes): Step {
  return (
    repair(observed, now, lifetimes) ??
    addSuccessor(observed, now, lifetimes) ??
    resetGracePeriod(observed, now, lifetimes) ??
    renewLeaf(observed, now, lifetimes) ??
    publish(observed, now, lifetimes) ??
    startGracePeriod(observed, now) ??
    promoteSuccessor(observed, now, lifetimes) ??
    forgetRetired(observed, now, lifetimes) ?? { do: 'wait', until: nextDue(observed.trustState, now, lifetimes) }
  );
}

/**
 * Returns the leaf of the Secret if it can be served now. Returns undefined if an API server might not trust it yet;
 * the replica then keeps serving what it has.
 */
export function servableLeaf({ trustState: { leaf }, published }: Observed, now: number): Leaf | undefined {
  if (!leaf || now >= leaf.notAfter || !isTrustedEverywhere(published, leaf.authority)) return undefined;
  return leaf;
}

/** Replaces whatever is missing, damaged or expired. */
function repair({ trustState, intact, published }: Observed, now: number, lifetimes: Lifetimes): Step | undefined {
  const { authority, successor } = trustState;
  const expired = [authority, successor?.authority].some((one) => one && !isValid(one, now));
  if (intact && !expired && (authority || successor)) return undefined;

  const lost = intact ? [] : unknownAnchors(trustState, published, now, lifetimes);
  const kept = {
    authority: authority && isValid(authority, now) ? authority : undefined,
    successor: successor && isValid(successor.authority, now) ? successor : undefined,
    retired: limitRetired([...trustState.retired, ...lost].filter(({ notAfter }) => now < notAfter)),
  };
  const why = intact ? 'an authority has expired' : 'the Secret is missing or incomplete';
  return { do: 'write', draft: completed(trustState, kept, now, lifetimes), why };
}

/** Completes what could be kept to a draft that can be served, now or after the grace period. */
function completed(
  { leaf, lastLeafExpires }: TrustState,
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
      ? { leaf: keptLeaf, lastLeafExpires: lastLeafExpires ?? authority.notAfter }
      : anotherLeaf(authority, lastLeafExpires, now, lifetimes);
    return { authority, ...signed, ...(successor && { successor }), retired };
  }
  if (!successor && retired.length === 0) {
    // No replica serves anything that an API server trusts, so there is nothing to overlap with.
    const issue = authorityValidity(now, lifetimes);
    return { authority: { issue }, ...firstLeaf(issue, now, lifetimes), retired };
  }
  return {
    ...(keptLeaf && { leaf: keptLeaf }),
    successor: successor ?? { authority: { issue: authorityValidity(now, lifetimes) } },
    retired,
  };
}

/** Creates the next authority while the current one still has time left. */
function addSuccessor({ trustState }: Observed, now: number, lifetimes: Lifetimes): Step | undefined {
  const { authority, successor } = trustState;
  if (!authority || successor || now < successionAt(authority, lifetimes)) return undefined;
  const issue = authorityValidity(now, lifetimes);
  const draft = { ...trustState, successor: { authority: { issue } } };
  return { do: 'write', draft, why: 'the authority is in the last third of its lifetime' };
}

/**
 * Makes the successor wait for a new grace period after any change to the entries, even if they still trust it. They
 * may have lost it and got it back in the meantime, and some API server may so far have seen only the loss.
 */
function resetGracePeriod({ trustState, published }: Observed, now: number, { grace }: Lifetimes): Step | undefined {
  const { successor } = trustState;
  if (!successor?.published) return undefined;
  const isInTheFuture = successor.published.at > now + grace;
  if (!isInTheFuture && successor.published.revision === revisionOf(published)) return undefined;
  const draft = { ...trustState, successor: { authority: successor.authority } };
  return { do: 'write', draft, why: 'the webhook configuration has changed' };
}

function renewLeaf({ trustState }: Observed, now: number, lifetimes: Lifetimes): Step | undefined {
  const { authority, leaf } = trustState;
  if (!authority || now < leafDueAt(authority, leaf, now)) return undefined;
  const draft = { ...trustState, ...anotherLeaf(authority, trustState.lastLeafExpires, now, lifetimes) };
  return { do: 'write', draft, why: 'the serving certificate is due for renewal' };
}

function publish({ trustState, published }: Observed, now: number, lifetimes: Lifetimes): Step | undefined {
  if (!published) return undefined;
  const bundle = bundleText(anchorsOf(withoutForgotten(trustState, now, lifetimes)));
  if (published.bundles.every(({ text }) => text === bundle)) return undefined;
  return { do: 'publish', bundle, why: 'the caBundle of the webhook configuration differs from the Secret' };
}

/**
 * Records in the Secret that the successor has been published, so that the grace period holds for all replicas and
 * across restarts. `publish` comes before this step, so by now every entry has the right bundle.
 */
function startGracePeriod({ trustState, published }: Observed, now: number): Step | undefined {
  const { successor } = trustState;
  if (!successor || successor.published) return undefined;
  const publication = { at: now, revision: revisionOf(published) };
  const draft = { ...trustState, successor: { ...successor, published: publication } };
  return { do: 'write', draft, why: 'the next authority has been published' };
}

/** Makes the successor the signing authority, and destroys the key of the former one. */
function promoteSuccessor({ trustState }: Observed, now: number, lifetimes: Lifetimes): Step | undefined {
  const { authority: former, successor } = trustState;
  // If nothing valid could be in use any more, there is no reason to wait for the grace period.
  const mayBeInUse = former !== undefined || trustState.retired.some(({ until }) => now < until);
  if (!successor || (mayBeInUse && now < promotionAt(successor, lifetimes))) return undefined;
  const { authority } = successor;
  const retired = former ? [...trustState.retired, retire(former, trustState.lastLeafExpires)] : trustState.retired;
  return {
    do: 'write',
    draft: { authority, ...firstLeaf(authority, now, lifetimes), retired: limitRetired(retired) },
    why: 'every API server trusts the next authority',
  };
}

/** Removes retired authorities from the Secret that are no longer published. */
function forgetRetired({ trustState }: Observed, now: number, lifetimes: Lifetimes): Step | undefined {
  const draft = withoutForgotten(trustState, now, lifetimes);
  if (draft.retired.length === trustState.retired.length) return undefined;
  return { do: 'write', draft, why: 'every certificate of a retired authority has expired' };
}

function nextDue(trustState: TrustState, now: number, lifetimes: Lifetimes): number {
  const { authority, leaf, successor, retired } = trustState;
  return Math.min(
    ...(authority ? [leafDueAt(authority, leaf, now), authority.notAfter] : []),
    ...(authority && !successor ? [successionAt(authority, lifetimes)] : []),
    ...(successor ? [promotionAt(successor, lifetimes)] : []),
    ...retired.map((one) => forgottenAt(one, lifetimes)),
  );
}

/** Early enough that the last leaf of this authority can still have its full lifetime. */
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

/** Never, if the current leaf already lasts until the authority expires: a new one could not last any longer. */
function leafDueAt(authority: Authority, leaf: Leaf | undefined, now: number): number {
  if (!leaf || leaf.authority !== authority.fingerprint || !isValid(leaf, now)) return now;
  return leaf.notAfter < authority.notAfter ? renewAt(leaf) : Number.POSITIVE_INFINITY;
}

function firstLeaf(authority: Pick<Authority, 'notAfter'>, now: number, lifetimes: Lifetimes) {
  const issue = leafValidity(now, authority, lifetimes);
  return { leaf: { issue }, lastLeafExpires: issue.notAfter };
}

/** If it is not known when earlier leaves of the authority expire, they do so with the authority at the latest. */
function anotherLeaf(authority: Authority, earlierLeafExpires = authority.notAfter, now: number, lifetimes: Lifetimes) {
  const { leaf, lastLeafExpires } = firstLeaf(authority, now, lifetimes);
  return { leaf, lastLeafExpires: Math.max(earlierLeafExpires, lastLeafExpires) };
}

function withoutForgotten(trustState: TrustState, now: number, lifetimes: Lifetimes): TrustState {
  return { ...trustState, retired: trustState.retired.filter((one) => now < forgottenAt(one, lifetimes)) };
}

function retire({ fingerprint, certificate, notAfter }: Anchor, until = notAfter): Retired {
  return { fingerprint, certificate, notAfter, until };
}

/**
 * Returns the published anchors that the Secret does not know. After the Secret was lost, replicas may still serve
 * leaves of an authority that only the webhook configuration remembers.
 */
function unknownAnchors(trustState: TrustState, published: Published | undefined, now: number, { leaf }: Lifetimes) {
  const known = new Set(anchorsOf(trustState).map(({ fingerprint }) => fingerprint));
  const unknown = new Map<string, Retired>();
  for (const anchor of (published?.bundles ?? []).flatMap(({ anchors }) => anchors)) {
    if (known.has(anchor.fingerprint)) continue;
    unknown.set(anchor.fingerprint, retire(anchor, Math.min(anchor.notAfter, now + leaf)));
  }
  return [...unknown.values()];
}

function limitRetired(retired: readonly Retired[]): Retired[] {
  return retired.toSorted((a, b) => b.until - a.until).slice(0, MOST_RETIRED);
}
