/** A bounded number of things that may go on at once: in total, and for each key. Waiting is in order of asking. */
export class Slots {
  readonly #total: number;
  readonly #perKey: number;
  readonly #used = new Map<string, number>();
  readonly #waiting: { readonly key: string; readonly admit: () => void }[] = [];
  #all = 0;

  constructor(total: number, perKey: number) {
    this.#total = total;
    this.#perKey = perKey;
  }

  /** Waits for a slot, and gives the function that frees it. Rejects with the signal's reason. */
  async take(key: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (!this.#isFree(key)) await this.#wait(key, signal);
    else this.#count(key, 1);
    return () => {
      this.#count(key, -1);
      this.#admitNext();
    };
  }

  #isFree(key: string): boolean {
    return this.#all < this.#total && (this.#used.get(key) ?? 0) < this.#perKey;
  }

  #count(key: string, by: 1 | -1): void {
    const used = (this.#used.get(key) ?? 0) + by;
    if (used === 0) this.#used.delete(key);
    else this.#used.set(key, used);
    this.#all += by;
  }

  #wait(key: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const entry = { key, admit: resolve };
    const give = (): void => {
      const index = this.#waiting.indexOf(entry);
      // Admitted in the same moment: whoever waits goes on, and frees the slot by itself.
      if (index === -1) return;
      this.#waiting.splice(index, 1);
      reject(signal.reason);
    };
    this.#waiting.push(entry);
    signal.addEventListener('abort', give, { once: true });
    return promise.finally(() => signal.removeEventListener('abort', give));
  }

  #admitNext(): void {
    const index = this.#waiting.findIndex(({ key }) => this.#isFree(key));
    const [next] = index === -1 ? [] : this.#waiting.splice(index, 1);
    if (next === undefined) return;
    this.#count(next.key, 1);
    next.admit();
  }
}
