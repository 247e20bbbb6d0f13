import { describe, expect, test } from 'vitest';
import {
  authorityValidity,
  DEFAULT_LIFETIMES,
  leafValidity,
  lifetimesProblem,
  renewAt,
} from '../../src/certificates/lifetimes.ts';
import { nextStep, type Observed, servableLeaf } from '../../src/certificates/plan.ts';
import type { Authority, Leaf, Published, TrustState } from '../../src/certificates/trust-state.ts';

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
const STEADY: TrustState = { authority: A, leaf: leaf(A, NOW), lastLeafExpires: leaf(A, NOW).notAfter, retired: [] };

function next(observed: Partial<Observed>, now: number) {
  return nextStep(
    { trustState: STEADY, intact: true, published: publishing([A]), ...observed },
    now,
    DEFAULT_LIFETIMES,
  );
}

describe('nextStep', () => {
  test('issues an authority and a leaf at once if there is nothing', () => {
    const step = next({ trustState: { retired: [] }, intact: false, published: publishing([]) }, NOW);
    expect(step).toMatchObject({
      do: 'write',
      draft: {
        authority: { issue: { notBefore: NOW - HOUR, notAfter: NOW + 365 * DAY } },
        leaf: { issue: { notBefore: NOW - HOUR, notAfter: NOW + 30 * DAY } },
        lastLeafExpires: NOW + 30 * DAY,
        retired: [],
      },
    });
  });

  test('with an empty Secret, adds a successor to what is published, which stays trusted for the lifetime of a leaf', () => {
    const step = next({ trustState: { retired: [] }, intact: false }, NOW);
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

  test('waits until two thirds of the lifetime of the leaf are over', () => {
    const due = renewAt(leaf(A, NOW));
    expect(due).toBeCloseTo(NOW + 20 * DAY, -8);
    expect(next({}, NOW + DAY)).toEqual({ do: 'wait', until: due });
    expect(next({}, due - 1)).toEqual({ do: 'wait', until: due });
    expect(next({}, due)).toMatchObject({ do: 'write', draft: { authority: A, leaf: { issue: {} } } });
  });

  test('publishes again, to every entry, if one of them trusts something else or nothing', () => {
    for (const bundles of [[[]], [[B]], [[A, B]], [[A], []]]) {
      expect(next({ published: publishing(...bundles) }, NOW + DAY)).toMatchObject({ do: 'publish', bundle: 'A\n' });
    }
  });

  test('publishes nothing without a webhook configuration', () => {
    expect(next({ published: undefined }, NOW + DAY)).toMatchObject({ do: 'wait' });
  });

  test('replaces a damaged leaf by one of the same authority', () => {
    const { leaf: _, ...trustState } = STEADY;
    expect(next({ trustState, intact: false }, NOW + DAY)).toMatchObject({
      do: 'write',
      draft: { authority: A, leaf: { issue: { notAfter: NOW + 31 * DAY } }, retired: [] },
    });
  });

  test('keeps the leaf of an authority that has lost its key until the successor is trusted', () => {
    const { authority: _, ...trustState } = STEADY;
    const retired = [{ ...A, until: NOW + 30 * DAY }];
    expect(next({ trustState: { ...trustState, retired }, intact: false }, NOW + DAY)).toMatchObject({
      do: 'write',
      draft: { leaf: STEADY.leaf, successor: { authority: { issue: {} } }, retired: [{ fingerprint: 'A' }] },
    });
  });

  test('starts from scratch if everything has expired', () => {
    expect(next({}, NOW + 400 * DAY)).toMatchObject({
      do: 'write',
      draft: { authority: { issue: {} }, leaf: { issue: {} }, retired: [] },
    });
  });

  test('does not use what is not valid yet, which a fast clock may have issued', () => {
    expect(next({}, NOW - 2 * HOUR)).toMatchObject({ do: 'write', draft: { authority: { issue: {} } } });
  });

  describe('succession', () => {
    const then = renewAt(A) + 1;
    const aged = { ...STEADY, leaf: leaf(A, then - DAY), lastLeafExpires: then + 29 * DAY };
    const both = publishing([A, B]);

    test('1. adds a successor after two thirds of the lifetime of the authority', () => {
      expect(next({ trustState: aged }, then)).toMatchObject({
        do: 'write',
        draft: { successor: { authority: { issue: {} } } },
      });
      expect(next({ trustState: aged }, then - 2)).toMatchObject({ do: 'wait' });
    });

    test('2. publishes the successor beside the authority', () => {
      expect(next({ trustState: { ...aged, successor: { authority: B } } }, then)).toMatchObject({
        do: 'publish',
        bundle: 'A\nB\n',
      });
    });

    test('3. records when it was published', () => {
      const step = next({ trustState: { ...aged, successor: { authority: B } }, published: both }, then);
      expect(step).toMatchObject({
        do: 'write',
        draft: { leaf: aged.leaf, successor: { published: { at: then, revision: 'uid/3' } } },
      });
    });

    const waiting = { ...aged, successor: { authority: B, published: { at: then, revision: 'uid/3' } } };

    test('4. waits for the grace period', () => {
      const step = next({ trustState: waiting, published: both }, then + grace - 1);
      expect(step).toEqual({ do: 'wait', until: then + grace });
    });

    test('5. lets the successor sign, and keeps the former authority until its last leaf has expired', () => {
      const step = next({ trustState: waiting, published: both }, then + grace);
      expect(step).toMatchObject({
        do: 'write',
        draft: { authority: B, leaf: { issue: {} }, retired: [{ fingerprint: 'A', until: aged.lastLeafExpires }] },
      });
      expect(step).not.toHaveProperty('draft.successor');
      expect(step).not.toHaveProperty('draft.retired.0.key');
    });

    const done: TrustState = {
      authority: B,
      leaf: leaf(B, then + 29 * DAY),
      lastLeafExpires: then + 59 * DAY,
      retired: [{ fingerprint: 'A', certificate: 'A\n', notAfter: A.notAfter, until: aged.lastLeafExpires }],
    };

    test('6. stops publishing the former authority after that, and only then forgets it', () => {
      const late = aged.lastLeafExpires + grace;
      const published = publishing([A, B]);
      expect(next({ trustState: done, published }, late - 1)).toEqual({ do: 'wait', until: late });
      expect(next({ trustState: done, published }, late)).toMatchObject({ do: 'publish', bundle: 'B\n' });
      expect(next({ trustState: done, published: publishing([B]) }, late)).toMatchObject({
        do: 'write',
        draft: { authority: B, retired: [] },
      });
    });

    test('starts the grace period again if the configuration was written in between', () => {
      const published = { ...both, revision: 'uid/4' };
      const step = next({ trustState: waiting, published }, then + grace);
      expect(step).toMatchObject({ do: 'write', draft: { successor: { authority: B } } });
      expect(step).not.toHaveProperty('draft.successor.published');
    });

    test('starts the grace period again if it began in the future', () => {
      const step = next({ trustState: waiting, published: both }, then - grace - 1);
      expect(step).not.toHaveProperty('draft.successor.published');
    });

    test('still renews the leaf by the current authority during the grace period', () => {
      const trustState = { ...waiting, leaf: leaf(A, then - 21 * DAY) };
      expect(next({ trustState, published: both }, then + 1)).toMatchObject({
        do: 'write',
        draft: { authority: A, leaf: { issue: {} }, successor: waiting.successor },
      });
    });

    test('does not renew a leaf that already lasts as long as its authority', () => {
      const end = A.notAfter - HOUR;
      const trustState = { ...waiting, leaf: { ...leaf(A, end - 29 * DAY), notAfter: A.notAfter } };
      const observed = { ...both, revision: 'elsewhere' };
      expect(leafValidity(end, A, DEFAULT_LIFETIMES).notAfter).toBe(A.notAfter);
      // The configuration has changed, so this step resets the grace period. It issues nothing.
      expect(next({ trustState, published: observed }, end)).not.toHaveProperty('draft.leaf.issue');
    });
  });
});

describe('servableLeaf', () => {
  const observed: Observed = { trustState: STEADY, intact: true, published: publishing([A], [A, B]) };

  test('is what every entry trusts', () => {
    expect(servableLeaf(observed, NOW)).toBe(STEADY.leaf);
    expect(servableLeaf({ ...observed, published: undefined }, NOW)).toBe(STEADY.leaf);
  });

  test('is neither what some entry does not trust nor what has expired', () => {
    expect(servableLeaf({ ...observed, published: publishing([A], [B]) }, NOW)).toBeUndefined();
    expect(servableLeaf(observed, NOW + 30 * DAY)).toBeUndefined();
  });
});

describe('lifetimes', () => {
  test('have defaults that can work', () => {
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
