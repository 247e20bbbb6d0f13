import { readFile } from 'node:fs/promises';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { keepReloaded, type Reloaded } from '../runtime/reload.ts';
import { shippedPublicRoot } from './public-root.ts';
import type { TrustRoot, TrustRoots } from './tasks.ts';
import { readTrustRoot } from './trust-material.ts';
import type { TufMirror } from './tuf-client.ts';
import { lastKnownRoot, type Refresh, refreshByTuf } from './tuf-refresh.ts';

/** Where a trust root comes from. */
export type TrustRootSource =
  | { readonly kind: 'shipped' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'tuf'; readonly mirror: TufMirror };

/** What is known about a trust root in use, for logs, metrics and people. */
export interface TrustRootState {
  readonly name: string;
  /** Where it was read from, in words. */
  readonly source: string;
  /** Left out while there is none: a mirror that never answered. Whoever needs it cannot tell anything. */
  readonly fingerprint?: string | undefined;
  /** When the newest of its keys and certificates came into use: a root without news for long may have been replaced. */
  readonly newestKeySince?: Date | undefined;
  /** When it was last read with success. */
  readonly readAt?: Date | undefined;
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
  root?: TrustRoot | undefined;
  readAt?: Date | undefined;
  problem?: string | undefined;
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
    return new Map([...this.#entries].flatMap(([name, { root }]) => (root ? [[name, root]] : [])));
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
        return this.#begin(name, `shipped with ${shipped.source}`, shipped.root);
      }
      case 'file':
        return this.#addFile(name, source.path);
      case 'tuf':
        return this.#addMirror(name, source.mirror);
    }
  }

  async #addFile(name: string, path: string): Promise<void> {
    const reloaded = await keepReloaded({
      files: [path],
      read: () => readRootFile(path),
      everyMs: this.#options.everyMs,
      onReload: (root) => this.#renew(name, root),
      onFailure: (error) => this.#fail(name, error),
    });
    this.#running.push(reloaded);
    this.#begin(name, path, reloaded.current);
  }

  async #addMirror(name: string, mirror: TufMirror): Promise<void> {
    const known = await lastKnownRoot(mirror);
    // Its first keys are those of the public instance where the configuration gives none.
    this.#begin(name, mirror.url, known ?? (mirror.initialRoot === undefined ? shippedPublicRoot().root : undefined));
    const events = {
      onRoot: (root: TrustRoot) => this.#renew(name, root),
      onFailure: (error: unknown) => this.#fail(name, error),
    };
    this.#running.push(refreshByTuf(mirror, events));
  }

  #begin(name: string, source: string, root: TrustRoot | undefined): void {
    this.#entries.set(name, { source, ...(root && { root, readAt: this.#options.now() }) });
  }

  #renew(name: string, root: TrustRoot): void {
    const entry = this.#entries.get(name);
    if (!entry) return;
    const changed = entry.root?.fingerprint !== root.fingerprint || entry.problem !== undefined;
    Object.assign(entry, { root, readAt: this.#options.now(), problem: undefined });
    if (changed) this.#options.onChange?.(describeEntry(name, entry));
  }

  #fail(name: string, error: unknown): void {
    const entry = this.#entries.get(name);
    if (!entry) return;
    entry.problem = error instanceof Error ? describeError(error) : String(error);
    this.#options.onChange?.(describeEntry(name, entry));
  }
}

/** What libraries wrap says little; what they wrapped says more. */
function describeError({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${describeError(cause)}` : message;
}

function describeEntry(name: string, { source, root, readAt, problem }: Entry): TrustRootState {
  const known = root && { fingerprint: root.fingerprint, newestKeySince: newestKeySince(root), readAt };
  return { name, source, ...known, ...(problem && { problem }) };
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
