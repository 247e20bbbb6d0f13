/** Somebody who waits for this much room. */
export interface Waiting {
  readonly bytes: number;
}

/** Who waits for room: the smallest is first, and of equals who came first. */
export interface AdmissionQueue<T extends Waiting> {
  first(): T | undefined;
  /** Returns who has to leave instead: the queue is full, and this one, the largest of all, may be the newcomer itself. */
  add(waiting: T): T | undefined;
  remove(waiting: T): void;
}

/** @param most how many may wait */
export function createAdmissionQueue<T extends Waiting>(most: number): AdmissionQueue<T> {
  const queue: T[] = [];
  return {
    first: () => queue[0],
    add(waiting) {
      const at = queue.findIndex(({ bytes }) => bytes > waiting.bytes);
      queue.splice(at === -1 ? queue.length : at, 0, waiting);
      return queue.length > most ? queue.pop() : undefined;
    },
    remove(waiting) {
      const at = queue.indexOf(waiting);
      if (at !== -1) queue.splice(at, 1);
    },
  };
}
