import { createAdmissionQueue } from './admission-queue.ts';

/** A part of a pool that is in somebody's hands. */
export interface Reservation {
  /**
   * Offers it to others when they need the room. Then it is released, after `cut` has let go, at once, of whatever holds the memory.
   * How long somebody has held it counts from here.
   */
  offer(cut: () => void): void;
  /** Takes the offer back. */
  keep(): void;
  /** Gives it back, once: what comes later does nothing. */
  release(): void;
}

/** An account of memory: how much of it is promised to whom. It holds no memory itself. */
export interface MemoryPool {
  /** Whether there is room for this many bytes when nobody else has any. */
  holds(bytes: number): boolean;
  /**
   * Reserves at once, if need be in the place of what others offer: those that have held much for long are cut first. Undefined if there
   * is no room even so.
   */
  take(bytes: number): Reservation | undefined;
  /**
   * Reserves when there is room, the smallest wish first; for it those are cut who have held what they offer for too long. Undefined if
   * there never can be room, too many wait, or the signal fires.
   */
  wait(bytes: number, signal: AbortSignal): Promise<Reservation | undefined>;
}

export interface MemoryPoolOptions {
  readonly bytes: number;
  /** A wish of at most this many bytes is small. */
  readonly small: number;
  /** How many bytes only small wishes get. */
  readonly keptForSmall: number;
  /** How many wishes may wait. */
  readonly mostWaiting: number;
  /** Who has offered a reservation for this long, in milliseconds, is cut while others wait. */
  readonly slowMs: number;
}

interface Offer {
  readonly bytes: number;
  readonly since: number;
  /** Where it stands in the list of offers; -1 once it was taken back. */
  at: number;
  cut(): void;
}

interface Waiter {
  readonly bytes: number;
  readonly done: (reservation: Reservation | undefined) => void;
}

/** How often it is looked whether somebody became slow, in parts of the time that makes slow. */
const LOOKS = 5;

export function createMemoryPool(options: MemoryPoolOptions): MemoryPool {
  const { small, keptForSmall, mostWaiting, slowMs } = options;
  let free = options.bytes;
  // In no order: each small body of every review is offered and taken back, which costs a list the least.
  const offers: Offer[] = [];
  const queue = createAdmissionQueue<Waiter>(mostWaiting);
  let timer: NodeJS.Timeout | undefined;

  /** How much of the pool a wish may not touch. */
  const kept = (bytes: number) => (bytes <= small ? 0 : keptForSmall);
  const fits = (bytes: number) => bytes <= free - kept(bytes);
  const holds = (bytes: number) => bytes <= options.bytes - kept(bytes);

  function reserve(bytes: number): Reservation {
    free -= bytes;
    let held = true;
    let offer: Offer | undefined;

    function keep(): void {
      if (offer) takeBack(offer);
      offer = undefined;
    }

    function release(): void {
      if (!held) return;
      held = false;
      keep();
      free += bytes;
      admit();
    }

    return {
      offer(cut) {
        offer = {
          bytes,
          since: performance.now(),
          at: offers.length,
          cut() {
            // First out of the list: letting go may release, which admits others, who may look for room themselves.
            keep();
            cut();
            release();
          },
        };
        offers.push(offer);
      },
      keep,
      release,
    };
  }

  /** Puts the last one in its place. */
  function takeBack(offer: Offer): void {
    const last = offers.pop();
    if (last && last !== offer) {
      offers[offer.at] = last;
      last.at = offer.at;
    }
    offer.at = -1;
  }

  /**
   * Cuts, largest and slowest first, until a wish fits; nobody, if that would not be enough. Being slow counts for more than
   * being large: a large body that arrives as fast as it can holds nobody up.
   */
  function makeRoom(bytes: number, leastMs: number): void {
    const now = performance.now();
    const weight = (offer: Offer) => offer.bytes * (now - offer.since) ** 2;
    const slow = offers.filter(({ since }) => now - since >= leastMs).sort((a, b) => weight(a) - weight(b));
    const offered = slow.reduce((sum, offer) => sum + offer.bytes, 0);
    if (bytes > free + offered - kept(bytes)) return;
    while (!fits(bytes)) {
      const worst = slow.pop();
      if (!worst) return;
      if (worst.at !== -1) worst.cut();
    }
  }

  function admit(): void {
    for (let first = queue.first(); first && fits(first.bytes); first = queue.first()) {
      leave(first, reserve(first.bytes));
    }
  }

  function leave(waiter: Waiter, reservation: Reservation | undefined): void {
    queue.remove(waiter);
    if (!queue.first()) {
      clearInterval(timer);
      timer = undefined;
    }
    waiter.done(reservation);
  }

  function look(): void {
    const first = queue.first();
    if (first) makeRoom(first.bytes, slowMs);
  }

  return {
    holds,
    take(bytes) {
      if (!fits(bytes)) makeRoom(bytes, 0);
      return fits(bytes) ? reserve(bytes) : undefined;
    },
    wait(bytes, signal) {
      if (fits(bytes)) return Promise.resolve(reserve(bytes));
      if (!holds(bytes) || signal.aborted) return Promise.resolve(undefined);
      const { promise, resolve } = Promise.withResolvers<Reservation | undefined>();
      const giveUp = () => leave(waiter, undefined);
      const waiter: Waiter = {
        bytes,
        done(reservation) {
          signal.removeEventListener('abort', giveUp);
          resolve(reservation);
        },
      };
      signal.addEventListener('abort', giveUp, { once: true });
      timer ??= setInterval(look, slowMs / LOOKS).unref();
      const turnedAway = queue.add(waiter);
      if (turnedAway) leave(turnedAway, undefined);
      look();
      return promise;
    },
  };
}
