import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrustRoot } from './tasks.ts';
import { readTrustRoot } from './trust-material.ts';
import type { TufMirror } from './tuf-client.ts';

/** A refresh that runs in the background. */
export interface Refresh {
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
    refresh,
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}

async function fetchRoot(mirror: TufMirror): Promise<TrustRoot> {
  // Loaded only where a mirror is configured.
  const { fetchTrustedRoot } = await import('./tuf-client.ts');
  const read = readTrustRoot(await fetchTrustedRoot(mirror));
  if (!read.ok) throw new Error(`${mirror.url}: ${read.error}`);
  return read.value;
}

/** What a mirror last brought, from its folder; undefined where it never did. */
export async function lastKnownRoot({ url, cache }: TufMirror): Promise<TrustRoot | undefined> {
  const { host, pathname } = new URL(url);
  const folder = encodeURIComponent(host + pathname.replace(/\/$/, ''));
  const text = await readFile(join(cache, folder, 'targets', 'trusted_root.json'), 'utf8').catch(() => undefined);
  const read = text === undefined ? undefined : readTrustRoot(text);
  return read?.ok ? read.value : undefined;
}
