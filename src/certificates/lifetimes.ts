import type { Authority, Leaf } from './trust-state.ts';

/** How long certificates are valid, in milliseconds. */
export interface Lifetimes {
  readonly authority: number;
  readonly leaf: number;
  /** How long after a change to the webhook configuration every API server is assumed to have seen it. */
  readonly grace: number;
}

export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * A leaf is renewed when a third of its lifetime is left. That is ten days in which the API server may be unreachable,
 * and more than the seven days at which an expiry alert usually fires. The grace period is four times the longest
 * pause that an API server makes between two attempts to restart a watch.
 */
export const DEFAULT_LIFETIMES: Lifetimes = { authority: 365 * DAY, leaf: 30 * DAY, grace: 2 * MINUTE };

/** `notBefore` is set this far into the past at most, for clients whose clock runs behind. */
const MOST_BACKDATING = HOUR;

/**
 * Explains why these lifetimes cannot work, or returns undefined if they can. The last third of an authority's lifetime
 * must be long enough for a whole leaf, and the last third of a leaf's lifetime for a whole rotation.
 */
export function lifetimesProblem({ authority, leaf, grace }: Lifetimes): string | undefined {
  if (grace < 0) return 'the grace period is negative';
  if (leaf < 12 * Math.max(grace, SECOND))
    return 'a leaf has to live at least 12 times the grace period, and 12 seconds';
  if (authority < 3 * leaf) return 'an authority has to live at least 3 times as long as a leaf';
  return undefined;
}

export function authorityValidity(now: number, { authority }: Lifetimes): Validity {
  return validity(now, authority);
}

/** A leaf never outlives its authority. */
export function leafValidity(now: number, authority: Pick<Authority, 'notAfter'>, { leaf }: Lifetimes): Validity {
  const { notBefore, notAfter } = validity(now, leaf);
  return { notBefore, notAfter: Math.min(notAfter, authority.notAfter) };
}

/** X.509 stores times in whole seconds. */
function validity(now: number, lifetime: number): Validity {
  const backdating = Math.min(MOST_BACKDATING, lifetime / 10);
  return { notBefore: wholeSeconds(now - backdating), notAfter: wholeSeconds(now + lifetime) };
}

function wholeSeconds(instant: number): number {
  return Math.floor(instant / SECOND) * SECOND;
}

/** When to renew: after two thirds of the lifetime. */
export function renewAt({ notBefore, notAfter }: Pick<Leaf, 'notBefore' | 'notAfter'>): number {
  return notAfter - (notAfter - notBefore) / 3;
}
