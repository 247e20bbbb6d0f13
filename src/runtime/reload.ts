import { stat } from 'node:fs/promises';

/** Something read from files and kept up to date. */
export interface Reloaded<T> {
  /** The newest that could be read. */
  readonly current: T;
  /** Reads the files again now, if they have changed. Never rejects. */
  refresh(): Promise<void>;
  /** Looks no more. */
  stop(): void;
}

export interface ReloadOptions<T> {
  readonly files: readonly string[];
  /** Reads them; what it throws leaves the last good value in force. */
  readonly read: () => Promise<T>;
  readonly everyMs: number;
  readonly onReload: (value: T) => void;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Reads now, which may reject, and again whenever a file has changed. It asks every few seconds: kubelet replaces a
 * mounted ConfigMap or Secret by swapping a symbolic link two levels up, which a watch on the file never reports.
 */
export async function keepReloaded<T>({ files, read, everyMs, onReload, onFailure }: ReloadOptions<T>) {
  // Taken before the files are read: what changes in between is seen as a change.
  let seen = await fingerprint(files);
  let current = await read();
  let refreshing: Promise<void> | undefined;

  async function refreshNow(): Promise<void> {
    const now = await fingerprint(files);
    if (now === seen) return;
    seen = now;
    try {
      current = await read();
      onReload(current);
    } catch (error) {
      onFailure(error);
    }
  }

  function refresh(): Promise<void> {
    refreshing ??= refreshNow().finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  }

  const timer = setInterval(refresh, everyMs).unref();
  return {
    get current() {
      return current;
    },
    refresh,
    stop: () => clearInterval(timer),
  } satisfies Reloaded<T>;
}

async function fingerprint(files: readonly string[]): Promise<string> {
  const stats = await Promise.all(files.map((file) => stat(file, { bigint: true }).catch(() => undefined)));
  return stats.map((it) => (it ? [it.dev, it.ino, it.size, it.mtimeNs, it.ctimeNs].join(':') : 'absent')).join(' ');
}
