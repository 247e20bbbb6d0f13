import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrustRoot } from './tasks.ts';
import { readTrustRoot } from './trust-material.ts';

/** A TUF repository that publishes a trusted_root.json. */
export interface TufMirror {
  readonly url: string;
  /** The file of its first root.json, from which all later ones follow; left out for the public instance of Sigstore. */
  readonly initialRoot?: string | undefined;
  /** A folder that can be written: what the mirror last said is kept there. */
  readonly cache: string;
  readonly everyMs: number;
}

/** A refresh that runs in the background. */
export interface Refresh {
  /** What the mirror last brought, from the folder; undefined where it never did. */
  lastKnown(): Promise<TrustRoot | undefined>;
  /** Asks the mirror now. Never rejects. */
  refresh(): Promise<void>;
  stop(): void;
}

export interface RefreshEvents {
  readonly onRoot: (root: TrustRoot) => void;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Asks a mirror at once and then again and again, in the background. An admission never waits for it: the metadata of TUF
 * expire within days, and who cannot reach a mirror must go on with the last good root.
 */
export function refreshByTuf(mirror: TufMirror, { onRoot, onFailure }: RefreshEvents): Refresh {
  let running: Promise<void> | undefined;
  let stopped = false;

  async function ask(): Promise<void> {
    try {
      const root = await fetchRoot(mirror);
      if (!stopped) onRoot(root);
    } catch (error) {
      if (!stopped) onFailure(error);
    }
  }

  function refresh(): Promise<void> {
    running ??= ask().finally(() => {
      running = undefined;
    });
    return running;
  }

  const timer = setInterval(refresh, mirror.everyMs).unref();
  void refresh();
  return {
    lastKnown: () => readCached(mirror),
    refresh,
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}

async function fetchRoot(mirror: TufMirror): Promise<TrustRoot> {
  // Its client is loaded only where a mirror is configured.
  const { initTUF } = await import('@sigstore/tuf');
  const client = await initTUF({
    mirrorURL: mirror.url,
    cachePath: mirror.cache,
    ...(mirror.initialRoot === undefined ? {} : { rootPath: mirror.initialRoot }),
  });
  const read = readTrustRoot(await client.getTarget('trusted_root.json'));
  if (!read.ok) throw new Error(`${mirror.url}: ${read.error}`);
  return read.value;
}

async function readCached({ url, cache }: TufMirror): Promise<TrustRoot | undefined> {
  const { host, pathname } = new URL(url);
  const folder = encodeURIComponent(host + pathname.replace(/\/$/, ''));
  const text = await readFile(join(cache, folder, 'targets', 'trusted_root.json'), 'utf8').catch(() => undefined);
  const read = text === undefined ? undefined : readTrustRoot(text);
  return read?.ok ? read.value : undefined;
}
