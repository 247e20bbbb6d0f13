import { stat } from 'node:fs/promises';

/** A value that is read from files and kept up to date. */
export interface Reloaded<T> {
  /** The latest value that could be read. */
  readonly current: T;
  /** Reads the files now if they have changed. Never rejects. */
  refresh(): Promise<void>;
  /** Stops watching the files. */
  stop(): void;
}

export interface ReloadOptions<T> {
  readonly files: readonly string[];
  /** Reads the files. If it rejects, the last good value stays in use. */
  readonly read: () => Promise<T>;
  readonly everyMs: number;
  readonly onReload: (value: T) => void;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Reads the files now, and again whenever one of them has changed. Rejects if the first attempt fails. It polls, because
 * kubelet updates a mounted ConfigMap or Secret by replacing a symbolic link of a parent directory, of which a file
 * watch learns nothing.
 */
export async function keepReloaded<T>({ files, read, everyMs, onReload, onFailure }: ReloadOptions<T>) {
  // Taken before the files are read, so that a change in between is noticed later.
  let seen = await fingerprint(files);
  let current = await read();
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

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
    if (!running) {
      running = refreshNow().finally(() => {
        running = undefined;
      });
      return running;
    }
    // The one that is running may have looked at the files before they changed.
    next ??= running.then(() => {
      next = undefined;
      return refresh();
    });
    return next;
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
