import { isJsonObject } from '../../../k8s/object.ts';

/** One attempt of the client to connect with every address of the server. */
export interface Attempt {
  readonly number: number;
  /** By address: `open`, or what came instead of a connection. */
  readonly outcomes: readonly (readonly [address: string, said: string])[];
}

/** Open over every address, over none, or neither. */
export type Reach = 'open' | 'denied' | 'mixed';

/** So many attempts in a row have to agree: one may be an accident. */
export const STEADY = 5;

/** The attempts in the log of the client; what is no attempt is left out. */
export function readAttempts(log: string): readonly Attempt[] {
  return log.split('\n').flatMap((line) => {
    let parsed: unknown;
    try {
      parsed = JSON.parse(line);
    } catch {
      return [];
    }
    const { number, outcomes } = isJsonObject(parsed) ? parsed : {};
    const isOutcome = (each: unknown) =>
      Array.isArray(each) && each.length === 2 && each.every((part) => typeof part === 'string');
    if (typeof number !== 'number' || !Array.isArray(outcomes) || outcomes.length === 0 || !outcomes.every(isOutcome)) {
      return [];
    }
    return [{ number, outcomes: outcomes as [string, string][] }];
  });
}

/** A connection that was refused counts as denied, as one without an answer does: somebody listens there, as was shown before. */
export function reachOf({ outcomes }: Attempt): Reach {
  const open = outcomes.filter(([, said]) => said === 'open').length;
  return open === outcomes.length ? 'open' : open === 0 ? 'denied' : 'mixed';
}

/** What the last attempts agree on; undefined as long as there are too few, or they do not. */
export function steadyReach(attempts: readonly Attempt[]): Reach | undefined {
  const last = attempts.slice(-STEADY);
  const [first] = last;
  if (last.length < STEADY || !first) return undefined;
  const reach = reachOf(first);
  return last.every((attempt) => reachOf(attempt) === reach) ? reach : undefined;
}

/** `10.0.0.7 ECONNREFUSED, fd00::7 no answer`. */
export function describeAttempt({ outcomes }: Attempt): string {
  return outcomes.map(([address, said]) => `${address} ${said}`).join(', ');
}
