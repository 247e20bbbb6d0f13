import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Lifetimes } from '../../src/certificates/lifetimes.ts';
import { anchorsOf, bundleText } from '../../src/certificates/trust-state.ts';
import { DAMAGES, type Damage } from './damage.ts';
import { type Outcome, RotationSimulation } from './rotation-simulation.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const LIFETIMES: Lifetimes = { authority: 60 * MINUTE, leaf: 20 * MINUTE, grace: MINUTE };
const SKEWS = [-3 * SECOND, 0, 4 * SECOND];
/** The grace period has to cover both the delay of an API server and the difference between the replicas' clocks. */
const LAG = LIFETIMES.grace - 7 * SECOND;
/** A replica that checks less often than this counts as cut off from the API server. */
const LONGEST_PAUSE = LIFETIMES.leaf / 6;

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
  { weight: 4, arbitrary: fc.record({ do: fc.constant('advance'), by: fc.integer({ min: 1, max: LONGEST_PAUSE }) }) },
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

async function apply(simulation: RotationSimulation, event: Event): Promise<void> {
  switch (event.do) {
    case 'advance':
      simulation.time += event.by;
      return;
    case 'step':
      return simulation.step(event.replica, event.outcome);
    case 'settle':
      if (simulation.replicas[event.replica]?.up) await simulation.settle(event.replica);
      return;
    case 'crash':
      return simulation.crash(event.replica);
    case 'start':
      return simulation.start(event.replica);
    case 'restart':
      simulation.crash(event.replica);
      return simulation.start(event.replica);
    case 'orphan':
      return simulation.carryOutOrphan(event.index);
    case 'overwrite':
      return simulation.overwritePublished(event.text);
    case 'restore':
      return simulation.restorePublished(event.index);
    case 'delete secret':
      return simulation.deleteSecret();
    case 'damage secret':
      return simulation.damageSecret(event.damage);
  }
}

/** Lets every replica check that would otherwise not have done so for too long. */
async function checkInTime(simulation: RotationSimulation): Promise<void> {
  for (const { id, up, settledAt } of simulation.replicas) {
    if (up && simulation.time - settledAt > LONGEST_PAUSE) await simulation.settle(id);
  }
}

/** Each loss of the Secret may retire an authority, and only sixteen of those are remembered. */
function withFewLosses(events: readonly Event[]): Event[] {
  let losses = 0;
  return events.filter((event) => (event.do !== 'delete secret' && event.do !== 'damage secret') || losses++ < 12);
}

function newSimulation(): RotationSimulation {
  const simulation = new RotationSimulation({ lifetimes: LIFETIMES, skews: SKEWS, lag: LAG });
  for (const { id } of simulation.replicas) simulation.start(id);
  return simulation;
}

/** Time passes without any disturbance, and every replica checks regularly. */
async function passCalmly(simulation: RotationSimulation, duration: number): Promise<void> {
  simulation.orphans.splice(0);
  if (simulation.published.text === undefined) simulation.overwritePublished('');
  const until = simulation.time + duration;
  for (const { id } of simulation.replicas) simulation.start(id);
  while (simulation.time < until) {
    for (const { id } of simulation.replicas) await simulation.settle(id);
    expect(simulation.violations()).toEqual([]);
    simulation.time += LIFETIMES.grace / 2;
  }
  // Twice, because the last replica may have renewed the leaf that the first one serves.
  for (const { id } of [...simulation.replicas, ...simulation.replicas]) await simulation.settle(id);
}

function expectAgreement(simulation: RotationSimulation): void {
  const { secret, published, replicas, time } = simulation;
  expect(secret?.intact).toBe(true);
  if (!secret) return;
  expect(published.text).toBe(bundleText(anchorsOf(secret.trustState)));
  expect(secret.trustState.retired.filter(({ until }) => until + 2 * LIFETIMES.grace < time)).toEqual([]);
  expect(replicas.map(({ serving }) => serving)).toEqual(replicas.map(() => secret.trustState.leaf));
  expect(simulation.withoutValidLeaf()).toEqual([]);
}

describe('rotation', () => {
  test('every API server trusts every replica, and nothing expires, despite crashes, races and lost replies', async () => {
    let authorities = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(...everyday), { minLength: 100, maxLength: 800, size: 'max' }),
        async (events) => {
          const simulation = newSimulation();
          await simulation.settle(0);
          for (const event of events) {
            if (event.do === 'advance') await checkInTime(simulation);
            await apply(simulation, event);
            expect(simulation.violations()).toEqual([]);
            for (const id of simulation.withoutValidLeaf()) {
              // A replica that has just started, or was cut off, may have none. After one check it must have one.
              await simulation.settle(id);
            }
            expect(simulation.withoutValidLeaf()).toEqual([]);
          }
          await passCalmly(simulation, 5 * LIFETIMES.grace);
          expectAgreement(simulation);
          authorities += simulation.issued.authorities.length;
        },
      ),
      { numRuns: RUNS },
    );
    // This shows that the sequences are long enough to contain rotations.
    expect(authorities).toBeGreaterThan(2 * RUNS);
  });

  test('recovers with an overlap from whatever outsiders do to the Secret or to the configuration', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(...everyday, ...outsiders), { minLength: 20, maxLength: 300, size: 'max' }),
        async (events) => {
          const simulation = newSimulation();
          for (const event of withFewLosses(events)) {
            if (event.do === 'advance') await checkInTime(simulation);
            await apply(simulation, event);
            expect(simulation.violations()).toEqual([]);
          }
          await passCalmly(simulation, 5 * LIFETIMES.grace);
          expectAgreement(simulation);
        },
      ),
      { numRuns: RUNS },
    );
  });

  test('goes on through thirty lifetimes of an authority', async () => {
    const simulation = newSimulation();
    await passCalmly(simulation, 30 * LIFETIMES.authority);
    expectAgreement(simulation);
    // Each authority signs for two thirds of its lifetime.
    expect(simulation.issued.authorities.length).toBeGreaterThanOrEqual(30 * 1.4);
    expect(simulation.issued.authorities.length).toBeLessThanOrEqual(30 * 1.6 + 2 * SKEWS.length);
    expect(simulation.secret?.trustState.retired.length).toBeLessThanOrEqual(2);
  });
});
