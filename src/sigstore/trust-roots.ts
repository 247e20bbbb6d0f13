import { readFile } from 'node:fs/promises';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { keepReloaded, type Reloaded } from '../runtime/reload.ts';
import { shippedPublicRoot } from './public-root.ts';
import type { TrustRoot, TrustRoots } from './tasks.ts';
import { readTrustRoot } from './trust-material.ts';
import { type Refresh, refreshByTuf, type TufMirror } from './tuf-refresh.ts';

/** Where a trust root comes from. */
export type TrustRootSource =
  | { readonly kind: 'shipped' }
  | { readonly kind: 'file'; readonly path: string }
  /** `first`: a file that counts until the mirror has answered once. */
  | { readonly kind: 'tuf'; readonly mirror: TufMirror; readonly first?: string };

/** What is known about a trust root in use, for logs, metrics and people. */
export interface TrustRootState {
  readonly name: string;
  /** Where it was read from, in words. */
  readonly source: string;
  readonly fingerprint: string;
  /** When the newest of its keys and certificates came into use: a root without news for long may have been replaced. */
  readonly newestKeySince: Date | undefined;
  /** When it was last read, or looked for, with success. */
  readonly readAt: Date;
  /** Why the last attempt to read it again failed; the last good one is in use. */
  readonly problem?: string | undefined;
}

export interface TrustRootOptions {
  readonly sources: ReadonlyMap<string, TrustRootSource>;
  /** How often files are looked at. */
  readonly everyMs: number;
  readonly now: () => Date;
  /** A root that changed, or could not be read again. */
  readonly onChange?: (state: TrustRootState) => void;
}

/** A trust root that cannot be used, with the file and the reason. */
export class TrustRootError extends Error {
  override readonly name = 'TrustRootError';
}

interface Entry {
  readonly source: string;
  root: TrustRoot;
  readAt: Date;
  problem: string | undefined;
}

/** The trust roots of a configuration, kept up to date in the background; nobody who verifies ever waits for one. */
export class TrustRootStore {
  readonly #entries = new Map<string, Entry>();
  readonly #options: TrustRootOptions;
  readonly #running: (Reloaded<TrustRoot> | Refresh)[] = [];

  private constructor(options: TrustRootOptions) {
    this.#options = options;
  }

  /**
   * Reads every root. A mirror is asked in the background: until it answers, what it last brought counts, and on a first
   * start the root that is shipped, if the mirror is one of the public instance.
   * @throws TrustRootError if a file cannot be used
   */
  static async open(options: TrustRootOptions): Promise<TrustRootStore> {
    const store = new TrustRootStore(options);
    for (const [name, source] of options.sources) await store.#add(name, source);
    return store;
  }

  /** As they are now, by name; a snapshot. */
  get current(): TrustRoots {
    return new Map([...this.#entries].map(([name, { root }]) => [name, root]));
  }

  get states(): readonly TrustRootState[] {
    return [...this.#entries].map(([name, entry]) => describeEntry(name, entry));
  }

  /** Looks at files and mirrors now. */
  async refresh(): Promise<void> {
    await Promise.all(this.#running.map((it) => it.refresh()));
  }

  stop(): void {
    for (const it of this.#running) it.stop();
  }

  async #add(name: string, source: TrustRootSource): Promise<void> {
    switch (source.kind) {
      case 'shipped': {
        const shipped = shippedPublicRoot();
        this.#set(name, shipped.root, `shipped with ${shipped.source}`);
        return;
      }
      case 'file': {
        const { everyMs } = this.#options;
        const read = () => readRootFile(source.path);
        const reloaded = await keepReloaded({
          files: [source.path],
          read,
          everyMs,
          onReload: (root) => this.#renew(name, root),
          onFailure: (error) => this.#keep(name, error),
        });
        this.#running.push(reloaded);
        this.#set(name, reloaded.current, source.path);
        return;
      }
      case 'tuf': {
        const { mirror } = source;
        const refresh = refreshByTuf(mirror, {
          onRoot: (root) => (this.#entries.has(name) ? this.#renew(name, root) : this.#set(name, root, mirror.url)),
          onFailure: (error) => this.#keep(name, error),
        });
        this.#running.push(refresh);
        const known = await refresh.lastKnown();
        if (this.#entries.has(name)) return;
        if (known) this.#set(name, known, mirror.url);
        else if (source.first !== undefined) this.#set(name, await readRootFile(source.first), source.first);
        else if (mirror.initialRoot === undefined) this.#set(name, shippedPublicRoot().root, mirror.url);
        return;
      }
    }
  }

  #set(name: string, root: TrustRoot, source: string): void {
    this.#entries.set(name, { source, root, readAt: this.#options.now(), problem: undefined });
  }

  #renew(name: string, root: TrustRoot): void {
    const entry = this.#entries.get(name);
    if (!entry) return;
    const changed = entry.root.fingerprint !== root.fingerprint || entry.problem !== undefined;
    Object.assign(entry, { root, readAt: this.#options.now(), problem: undefined });
    if (changed) this.#options.onChange?.(describeEntry(name, entry));
  }

  #keep(name: string, error: unknown): void {
    const entry = this.#entries.get(name);
    if (!entry) return;
    entry.problem = error instanceof Error ? error.message : String(error);
    this.#options.onChange?.(describeEntry(name, entry));
  }
}

function describeEntry(name: string, { source, root, readAt, problem }: Entry): TrustRootState {
  const { fingerprint } = root;
  return { name, source, fingerprint, newestKeySince: newestKeySince(root), readAt, ...(problem && { problem }) };
}

/** When the newest key or certificate of a root came into use; undefined where it gives no dates. */
export function newestKeySince({ text }: TrustRoot): Date | undefined {
  const { tlogs, ctlogs, certificateAuthorities, timestampAuthorities } = TrustedRoot.fromJSON(JSON.parse(text));
  const starts = [
    ...[...tlogs, ...ctlogs].map(({ publicKey }) => publicKey?.validFor?.start),
    ...[...certificateAuthorities, ...timestampAuthorities].map(({ validFor }) => validFor?.start),
  ].filter((start) => start !== undefined);
  return starts.sort((one, other) => other.getTime() - one.getTime())[0];
}

async function readRootFile(path: string): Promise<TrustRoot> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new TrustRootError(`${path}: cannot be read: ${error.code ?? error.message}`);
  });
  const read = readTrustRoot(text);
  if (!read.ok) throw new TrustRootError(`${path}: ${read.error}`);
  return read.value;
}
