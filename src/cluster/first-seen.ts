/** The resourceVersion at which an object was first seen. */
interface FirstSeen {
  readonly version: string;
  /** A watch saw it being made, at this very version; else it was made at this version or before. */
  readonly made: boolean;
}

/**
 * When objects were made, in resourceVersions and by uid. Kubernetes 1.35 and later promise that resourceVersions of one
 * kind can be compared; etcd counts all kinds that it holds together, and has done so all along.
 */
export class FirstSeenVersions {
  #byUid = new Map<string, FirstSeen>();
  readonly #waiting = new Set<() => void>();

  /** An object that a watch reported as new. */
  added(uid: string, version: string): void {
    if (!this.#byUid.has(uid)) this.#byUid.set(uid, { version, made: true });
    this.#tell();
  }

  /** An object that was there already. */
  found(uid: string, version: string): void {
    if (!this.#byUid.has(uid)) this.#byUid.set(uid, { version, made: false });
    this.#tell();
  }

  removed(uid: string): void {
    this.#byUid.delete(uid);
  }

  /** Forgets all others. */
  keep(uids: ReadonlySet<string>): void {
    this.#byUid = new Map([...this.#byUid].filter(([uid]) => uids.has(uid)));
  }

  of(uid: string): FirstSeen | undefined {
    return this.#byUid.get(uid);
  }

  /** Resolves at the next change, or when the signal fires. */
  nextChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });
  }

  #tell(): void {
    for (const done of [...this.#waiting]) done();
  }
}

/** Whether one object was there before another was made; undefined where it cannot be told. */
export function wasFirst(earlier: FirstSeen | undefined, later: FirstSeen | undefined): boolean | undefined {
  if (!earlier || !later?.made) return undefined;
  if (!isNumber(earlier.version) || !isNumber(later.version)) return undefined;
  if (isLaterVersion(later.version, earlier.version)) return true;
  // What was only found there may be older than it looks.
  return earlier.made ? false : undefined;
}

/** Whether a resourceVersion is later than another. They are numbers of any length, compared without parsing. */
export function isLaterVersion(version: string, than: string): boolean {
  return version.length === than.length ? version > than : version.length > than.length;
}

function isNumber(version: string): boolean {
  return /^[1-9]\d*$/.test(version);
}
