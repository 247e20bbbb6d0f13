import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Lifetimes } from '../../src/certificates/lifetimes.ts';
import { anchorsOf, bundleText } from '../../src/certificates/trust-state.ts';
import { DAMAGES, type Damage } from './damage.ts';
import { type Outcome, World } from './world.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const LIFETIMES: Lifetimes = { authority: 60 * MINUTE, leaf: 20 * MINUTE, grace: MINUTE };
const SKEWS = [-3 * SECOND, 0, 4 * SECOND];
/** The grace period has to cover what an API server lags and what the replicas' clocks disagree. */
const LAG = LIFETIMES.grace - 7 * SECOND;
/** A replica looks at least this often, or it is as good as cut off. */
const LONGEST_REST = LIFETIMES.leaf / 6;

const RUNS = 100;

type Event =
  | { readonly do: 'advance'; readonly by: number }
  | { readonly do: 'step'; readonly replica: number; readonly outcome: Outcome }
  | { readonly do: 'settle' | 'crash' | 'start' | 'restart'; readonly replica: number }
  | { readonly do: 'orphan'; readonly index: number }
  | { readonly do: 'overwrite'; readonly text: string | undefined }
  | { readonly do: 'restore'; readonly index: number }
  | { readonly do: 'delete secret' }
  | { readonly do: 'damage secret'; readonly damage: Damage };

const replica = fc.nat({ max: SKEWS.length - 1 });
const outcome = fc.constantFrom<Outcome>('answered', 'answered', 'answered', 'answered', 'refused', 'reply lost');
const everyday: fc.WeightedArbitrary<Event>[] = [
  { weight: 20, arbitrary: fc.record({ do: fc.constant('step'), replica, outcome }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('settle'), replica }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('advance'), by: fc.integer({ min: 1, max: 10 * SECOND }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('advance'), by: fc.integer({ min: 1, max: LONGEST_REST }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('crash', 'restart'), replica }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('start'), replica }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('orphan'), index: fc.nat(3) }) },
];
const outsiders: fc.WeightedArbitrary<Event>[] = [
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('overwrite'), text: fc.constantFrom('', 'foreign\n', undefined) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restore'), index: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete secret') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('damage secret'), damage: fc.constantFrom(...DAMAGES) }) },
];

async function happen(world: World, event: Event): Promise<void> {
  switch (event.do) {
    case 'advance':
      world.time += event.by;
      return;
    case 'step':
      return world.step(event.replica, event.outcome);
    case 'settle':
      if (world.replicas[event.replica]?.up) await world.settle(event.replica);
      return;
    case 'crash':
      return world.crash(event.replica);
    case 'start':
      return world.start(event.replica);
    case 'restart':
      world.crash(event.replica);
      return world.start(event.replica);
    case 'orphan':
      return world.carryOutOrphan(event.index);
    case 'overwrite':
      return world.overwritePublished(event.text);
    case 'restore':
      return world.restorePublished(event.index);
    case 'delete secret':
      return world.deleteSecret();
    case 'damage secret':
      return world.damageSecret(event.damage);
  }
}

/** Before time goes on, whoever has not looked for long does. */
async function keepLooking(world: World): Promise<void> {
  for (const { id, up, settledAt } of world.replicas) {
    if (up && world.time - settledAt > LONGEST_REST) await world.settle(id);
  }
}

/** Sixteen retired authorities are remembered; each loss of the Secret may retire one. */
function withFewLosses(events: readonly Event[]): Event[] {
  let losses = 0;
  return events.filter((event) => (event.do !== 'delete secret' && event.do !== 'damage secret') || losses++ < 12);
}

function newWorld(): World {
  const world = new World({ lifetimes: LIFETIMES, skews: SKEWS, lag: LAG });
  for (const { id } of world.replicas) world.start(id);
  return world;
}

/** Nobody disturbs any more, time goes on, all look now and then. */
async function calm(world: World, duration: number): Promise<void> {
  world.orphans.splice(0);
  if (world.published.text === undefined) world.overwritePublished('');
  const until = world.time + duration;
  for (const { id } of world.replicas) world.start(id);
  while (world.time < until) {
    for (const { id } of world.replicas) await world.settle(id);
    expect(world.violations()).toEqual([]);
    world.time += LIFETIMES.grace / 2;
  }
  // Twice: the last of them may have renewed what the first serves.
  for (const { id } of [...world.replicas, ...world.replicas]) await world.settle(id);
}

function expectAgreement(world: World): void {
  const { secret, published, replicas, time } = world;
  expect(secret?.intact).toBe(true);
  if (!secret) return;
  expect(published.text).toBe(bundleText(anchorsOf(secret.holding)));
  expect(secret.holding.retired.filter(({ until }) => until + 2 * LIFETIMES.grace < time)).toEqual([]);
  expect(replicas.map(({ serving }) => serving)).toEqual(replicas.map(() => secret.holding.leaf));
  expect(world.withoutValidLeaf()).toEqual([]);
}

describe('rotation', () => {
  test('whatever crashes, races and lost replies: every API server trusts every replica, and nothing expires', async () => {
    let authorities = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(...everyday), { minLength: 100, maxLength: 800, size: 'max' }),
        async (events) => {
          const world = newWorld();
          await world.settle(0);
          for (const event of events) {
            if (event.do === 'advance') await keepLooking(world);
            await happen(world, event);
            expect(world.violations()).toEqual([]);
            for (const id of world.withoutValidLeaf()) {
              // One that has just started, or has been cut off, may have none; once it has looked, it has.
              await world.settle(id);
            }
            expect(world.withoutValidLeaf()).toEqual([]);
          }
          await calm(world, 5 * LIFETIMES.grace);
          expectAgreement(world);
          authorities += world.issued.authorities.length;
        },
      ),
      { numRuns: RUNS },
    );
    // The sequences are long enough to go through rotations.
    expect(authorities).toBeGreaterThan(2 * RUNS);
  });

  test('whatever outsiders do to the Secret or to the configuration: it heals, with an overlap', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(...everyday, ...outsiders), { minLength: 20, maxLength: 300, size: 'max' }),
        async (events) => {
          const world = newWorld();
          for (const event of withFewLosses(events)) {
            if (event.do === 'advance') await keepLooking(world);
            await happen(world, event);
            expect(world.violations()).toEqual([]);
          }
          await calm(world, 5 * LIFETIMES.grace);
          expectAgreement(world);
        },
      ),
      { numRuns: RUNS },
    );
  });

  test('through thirty lives of an authority', async () => {
    const world = newWorld();
    await calm(world, 30 * LIFETIMES.authority);
    expectAgreement(world);
    // Each authority serves two thirds of its life; each leaf too.
    expect(world.issued.authorities.length).toBeGreaterThanOrEqual(30 * 1.4);
    expect(world.issued.authorities.length).toBeLessThanOrEqual(30 * 1.6 + 2 * SKEWS.length);
    expect(world.secret?.holding.retired.length).toBeLessThanOrEqual(2);
  });
});
