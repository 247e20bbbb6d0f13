import { describe, expect, test } from 'vitest';
import {
  authorityValidity,
  DEFAULT_LIFETIMES,
  leafValidity,
  lifetimesProblem,
  renewAt,
} from '../../src/certificates/lifetimes.ts';
import { type Observed, plan, servable } from '../../src/certificates/plan.ts';
import type { Authority, Holding, Leaf, Published } from '../../src/certificates/trust-state.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.parse('2026-03-01T00:00:00Z');
const { grace } = DEFAULT_LIFETIMES;

function authority(name: string, made: number): Authority {
  const validity = authorityValidity(made, DEFAULT_LIFETIMES);
  return { fingerprint: name, certificate: `${name}\n`, key: `key of ${name}`, ...validity };
}

function leaf(by: Authority, made: number): Leaf {
  const validity = leafValidity(made, by, DEFAULT_LIFETIMES);
  return { certificate: 'leaf', key: 'key', authority: by.fingerprint, ...validity };
}

function publishing(...bundles: readonly (readonly Authority[])[]): Published {
  return {
    version: '7',
    revision: 'uid/3',
    bundles: bundles.map((anchors, i) => ({
      entry: `entry-${i}`,
      text: anchors.map(({ certificate }) => certificate).join(''),
      anchors,
    })),
  };
}

const A = authority('A', NOW);
const B = authority('B', NOW + 243 * DAY);
const STEADY: Holding = { authority: A, leaf: leaf(A, NOW), leavesUntil: leaf(A, NOW).notAfter, retired: [] };

function next(observed: Partial<Observed>, now: number) {
  return plan({ holding: STEADY, intact: true, published: publishing([A]), ...observed }, now, DEFAULT_LIFETIMES);
}

describe('plan', () => {
  test('nothing there: an authority and a leaf at once', () => {
    const step = next({ holding: { retired: [] }, intact: false, published: publishing([]) }, NOW);
    expect(step).toMatchObject({
      do: 'write',
      draft: {
        authority: { issue: { notBefore: NOW - HOUR, notAfter: NOW + 365 * DAY } },
        leaf: { issue: { notBefore: NOW - HOUR, notAfter: NOW + 30 * DAY } },
        leavesUntil: NOW + 30 * DAY,
        retired: [],
      },
    });
  });

  test("nothing in the Secret, but something is trusted: a successor, and what was trusted stays for a leaf's life", () => {
    const step = next({ holding: { retired: [] }, intact: false }, NOW);
    expect(step).toMatchObject({
      do: 'write',
      draft: {
        successor: { authority: { issue: { notAfter: NOW + 365 * DAY } } },
        retired: [{ fingerprint: 'A', until: NOW + 30 * DAY }],
      },
    });
    expect(step).not.toHaveProperty('draft.authority');
    expect(step).not.toHaveProperty('draft.leaf');
  });

  test('settled: waits for the leaf, after two thirds of its life', () => {
    const due = renewAt(leaf(A, NOW));
    expect(due).toBeCloseTo(NOW + 20 * DAY, -8);
    expect(next({}, NOW + DAY)).toEqual({ do: 'wait', until: due });
    expect(next({}, due - 1)).toEqual({ do: 'wait', until: due });
    expect(next({}, due)).toMatchObject({ do: 'write', draft: { authority: A, leaf: { issue: {} } } });
  });

  test('an entry that trusts something else, or nothing: published again, to all', () => {
    for (const bundles of [[[]], [[B]], [[A, B]], [[A], []]]) {
      expect(next({ published: publishing(...bundles) }, NOW + DAY)).toMatchObject({ do: 'publish', text: 'A\n' });
    }
  });

  test('no webhook configuration: nothing to publish', () => {
    expect(next({ published: undefined }, NOW + DAY)).toMatchObject({ do: 'wait' });
  });

  test('a damaged leaf is issued anew by the same authority', () => {
    const { leaf: _, ...holding } = STEADY;
    expect(next({ holding, intact: false }, NOW + DAY)).toMatchObject({
      do: 'write',
      draft: { authority: A, leaf: { issue: { notAfter: NOW + 31 * DAY } }, retired: [] },
    });
  });

  test('an authority without its key: its leaf serves on until the successor is trusted', () => {
    const { authority: _, ...holding } = STEADY;
    const retired = [{ ...A, until: NOW + 30 * DAY }];
    expect(next({ holding: { ...holding, retired }, intact: false }, NOW + DAY)).toMatchObject({
      do: 'write',
      draft: { leaf: STEADY.leaf, successor: { authority: { issue: {} } }, retired: [{ fingerprint: 'A' }] },
    });
  });

  test('everything has expired: starts afresh', () => {
    expect(next({}, NOW + 400 * DAY)).toMatchObject({
      do: 'write',
      draft: { authority: { issue: {} }, leaf: { issue: {} }, retired: [] },
    });
  });

  test('a clock that was ahead: what is not valid yet is not used', () => {
    expect(next({}, NOW - 2 * HOUR)).toMatchObject({ do: 'write', draft: { authority: { issue: {} } } });
  });

  describe('succession', () => {
    const then = renewAt(A) + 1;
    const aged = { ...STEADY, leaf: leaf(A, then - DAY), leavesUntil: then + 29 * DAY };
    const both = publishing([A, B]);

    test('1. after two thirds of its life the authority gets a successor', () => {
      expect(next({ holding: aged }, then)).toMatchObject({
        do: 'write',
        draft: { successor: { authority: { issue: {} } } },
      });
      expect(next({ holding: aged }, then - 2)).toMatchObject({ do: 'wait' });
    });

    test('2. which is published beside it', () => {
      expect(next({ holding: { ...aged, successor: { authority: B } } }, then)).toMatchObject({
        do: 'publish',
        text: 'A\nB\n',
      });
    });

    test('3. the time of that is noted', () => {
      const step = next({ holding: { ...aged, successor: { authority: B } }, published: both }, then);
      expect(step).toMatchObject({
        do: 'write',
        draft: { leaf: aged.leaf, successor: { published: { at: then, revision: 'uid/3' } } },
      });
    });

    const waiting = { ...aged, successor: { authority: B, published: { at: then, revision: 'uid/3' } } };

    test('4. nothing happens during the grace period', () => {
      const step = next({ holding: waiting, published: both }, then + grace - 1);
      expect(step).toEqual({ do: 'wait', until: then + grace });
    });

    test('5. then it signs, and the former is trusted until its last leaf expires', () => {
      const step = next({ holding: waiting, published: both }, then + grace);
      expect(step).toMatchObject({
        do: 'write',
        draft: { authority: B, leaf: { issue: {} }, retired: [{ fingerprint: 'A', until: aged.leavesUntil }] },
      });
      expect(step).not.toHaveProperty('draft.successor');
      expect(step).not.toHaveProperty('draft.retired.0.key');
    });

    const done: Holding = {
      authority: B,
      leaf: leaf(B, then + 29 * DAY),
      leavesUntil: then + 59 * DAY,
      retired: [{ fingerprint: 'A', certificate: 'A\n', notAfter: A.notAfter, until: aged.leavesUntil }],
    };

    test('6. which is published no more after that, and only then forgotten', () => {
      const late = aged.leavesUntil + grace;
      const published = publishing([A, B]);
      expect(next({ holding: done, published }, late - 1)).toEqual({ do: 'wait', until: late });
      expect(next({ holding: done, published }, late)).toMatchObject({ do: 'publish', text: 'B\n' });
      expect(next({ holding: done, published: publishing([B]) }, late)).toMatchObject({
        do: 'write',
        draft: { authority: B, retired: [] },
      });
    });

    test('a configuration that was written in between makes it wait anew', () => {
      const published = { ...both, revision: 'uid/4' };
      const step = next({ holding: waiting, published }, then + grace);
      expect(step).toMatchObject({ do: 'write', draft: { successor: { authority: B } } });
      expect(step).not.toHaveProperty('draft.successor.published');
    });

    test('so does a note from the future', () => {
      const step = next({ holding: waiting, published: both }, then - grace - 1);
      expect(step).not.toHaveProperty('draft.successor.published');
    });

    test('the leaf is renewed meanwhile, by the present authority', () => {
      const holding = { ...waiting, leaf: leaf(A, then - 21 * DAY) };
      expect(next({ holding, published: both }, then + 1)).toMatchObject({
        do: 'write',
        draft: { authority: A, leaf: { issue: {} }, successor: waiting.successor },
      });
    });

    test('a leaf never outlives its authority, and is not renewed for nothing', () => {
      const end = A.notAfter - HOUR;
      const holding = { ...waiting, leaf: { ...leaf(A, end - 29 * DAY), notAfter: A.notAfter } };
      const observed = { ...both, revision: 'elsewhere' };
      expect(leafValidity(end, A, DEFAULT_LIFETIMES).notAfter).toBe(A.notAfter);
      // Unmarks, as the configuration changed; it does not issue.
      expect(next({ holding, published: observed }, end)).not.toHaveProperty('draft.leaf.issue');
    });
  });
});

describe('servable', () => {
  const observed: Observed = { holding: STEADY, intact: true, published: publishing([A], [A, B]) };

  test('what every entry trusts', () => {
    expect(servable(observed, NOW)).toBe(STEADY.leaf);
    expect(servable({ ...observed, published: undefined }, NOW)).toBe(STEADY.leaf);
  });

  test('not what some entry does not trust, and not what has expired', () => {
    expect(servable({ ...observed, published: publishing([A], [B]) }, NOW)).toBeUndefined();
    expect(servable(observed, NOW + 30 * DAY)).toBeUndefined();
  });
});

describe('lifetimes', () => {
  test('the defaults fit', () => {
    expect(lifetimesProblem(DEFAULT_LIFETIMES)).toBeUndefined();
  });

  test.each([
    [{ ...DEFAULT_LIFETIMES, grace: -1 }, 'grace period is negative'],
    [{ ...DEFAULT_LIFETIMES, leaf: 11 * grace, authority: DAY }, '12 times the grace period'],
    [{ authority: 60_000, leaf: 11_000, grace: 0 }, '12 seconds'],
    [{ ...DEFAULT_LIFETIMES, authority: 89 * DAY }, '3 times as long as a leaf'],
  ])('%j: %s', (lifetimes, problem) => {
    expect(lifetimesProblem(lifetimes)).toContain(problem);
  });
});
