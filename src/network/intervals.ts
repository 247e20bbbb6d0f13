/**
 * A set of numbers is a list of intervals: sorted, disjoint, and with a gap between each two, so that equal sets are
 * equal lists. The ends are exclusive: then nothing here has to add one, and addresses and ports are the same to it.
 */
export interface Interval<N extends number | bigint> {
  readonly start: N;
  /** The first number that no longer belongs to it. */
  readonly end: N;
}

type Intervals<N extends number | bigint> = readonly Interval<N>[];

/** The union of intervals in any order. Empty ones vanish. */
export function unionOf<N extends number | bigint>(intervals: Intervals<N>): Intervals<N> {
  const sorted = intervals.filter(({ start, end }) => start < end).sort((a, b) => order(a.start, b.start));
  const union: Interval<N>[] = [];
  for (const next of sorted) {
    const last = union.at(-1);
    if (last === undefined || last.end < next.start) union.push(next);
    else if (last.end < next.end) union[union.length - 1] = { start: last.start, end: next.end };
  }
  return union;
}

/** What is in the set `a` and in the set `b`. */
export function intersectionOf<N extends number | bigint>(a: Intervals<N>, b: Intervals<N>): Intervals<N> {
  const both: Interval<N>[] = [];
  let i = 0;
  let j = 0;
  for (;;) {
    const left = a[i];
    const right = b[j];
    if (left === undefined || right === undefined) return both;
    const { start } = left.start < right.start ? right : left;
    const { end } = left.end < right.end ? left : right;
    if (start < end) both.push({ start, end });
    if (end === left.end) i += 1;
    else j += 1;
  }
}

/** What is in the set `a` and not in the set `b`. */
export function differenceOf<N extends number | bigint>(a: Intervals<N>, b: Intervals<N>): Intervals<N> {
  const rest: Interval<N>[] = [];
  let j = 0;
  for (const { start, end } of a) {
    let from = start;
    for (; j < b.length; j += 1) {
      const hole = b[j];
      if (hole === undefined || hole.start >= end) break;
      if (from < hole.start) rest.push({ start: from, end: hole.start });
      if (from < hole.end) from = hole.end;
      // This hole may reach into the next interval, too.
      if (hole.end > end) break;
    }
    if (from < end) rest.push({ start: from, end });
  }
  return rest;
}

function order<N extends number | bigint>(a: N, b: N): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
