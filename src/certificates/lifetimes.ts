import type { Authority, Leaf } from './trust-state.ts';

/** How long things last, in milliseconds. */
export interface Lifetimes {
  readonly authority: number;
  readonly leaf: number;
  /** How long to wait, once a change was published, until every API server is held to know it. */
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
 * A third of the leaf's life is left when it is renewed: ten days in which the API server may be out of reach, and
 * more than the seven at which an alert on expiry should ring. The grace is four times the longest pause that an API
 * server makes between two attempts to watch.
 */
export const DEFAULT_LIFETIMES: Lifetimes = { authority: 365 * DAY, leaf: 30 * DAY, grace: 2 * MINUTE };

/** Certificates are dated back by at most this much, for clocks that are behind. */
const MOST_BACKDATING = HOUR;

/** What is wrong with them, or nothing. An authority's last third has to hold a leaf, and a leaf's last third a rotation. */
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

/** X.509 knows whole seconds only. */
function validity(now: number, lifetime: number): Validity {
  const backdating = Math.min(MOST_BACKDATING, lifetime / 10);
  return { notBefore: wholeSeconds(now - backdating), notAfter: wholeSeconds(now + lifetime) };
}

function wholeSeconds(instant: number): number {
  return Math.floor(instant / SECOND) * SECOND;
}

/** After two thirds of its life. */
export function renewAt({ notBefore, notAfter }: Pick<Leaf, 'notBefore' | 'notAfter'>): number {
  return notAfter - (notAfter - notBefore) / 3;
}
