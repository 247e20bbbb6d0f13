const SLOT_MS = 100;

/**
 * Signals that abort at a moment of `performance.now()`, or up to a tenth of a second before it. Requests whose time
 * is up together share one: a timer for each costs as much as judging it.
 */
export function createDeadlines(): (at: number) => AbortSignal {
  const pending = new Map<number, AbortSignal>();

  return (at) => {
    const slot = Math.floor(at / SLOT_MS);
    return pending.get(slot) ?? open(slot);
  };

  function open(slot: number): AbortSignal {
    const left = slot * SLOT_MS - performance.now();
    if (left <= 0) return AbortSignal.abort();
    const controller = new AbortController();
    pending.set(slot, controller.signal);
    setTimeout(() => {
      pending.delete(slot);
      controller.abort();
    }, left).unref();
    return controller.signal;
  }
}
