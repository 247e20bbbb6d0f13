import { write } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Logger, pino } from 'pino';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Structured lines, one JSON object each. Logging never throws and never waits. */
export interface Log extends Pick<Logger, LogLevel> {
  /** Writes out what is still buffered; resolves when it is out, or cannot be. */
  close(): Promise<void>;
}

/** Lines wait at most this long, so that many go out in one write. */
const FLUSH_MS = 100;
const FULL_BLOCK = 64 * 1024;
/** Where a reader stalls, lines beyond this many characters are dropped (and counted): memory is not theirs. */
const MOST_WAITING = 4 * 1024 * 1024;
const RETRY_MS = 50;
/** How long an end of the program waits for a reader that has stalled. */
const CLOSE_MS = 1000;

/**
 * A log to a stream. To a file descriptor (standard output) it writes in the background and in blocks: a write per
 * request costs as much as a decision, and a reader that stalls must not stop the webhook.
 */
export function openLog(stream: NodeJS.WritableStream, level: LogLevel): Log {
  const destination = hasDescriptor(stream) ? inBackground(stream.fd) : straightTo(stream);
  const logger = pino(
    {
      level,
      base: null,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return {
    debug: logger.debug.bind(logger),
    info: logger.info.bind(logger),
    warn: logger.warn.bind(logger),
    error: logger.error.bind(logger),
    close: destination.close,
  };
}

interface Destination {
  write(line: string): void;
  close(): Promise<void>;
}

function straightTo(stream: NodeJS.WritableStream): Destination {
  return {
    write: (line) => void stream.write(line),
    close: async () => {},
  };
}

function inBackground(fd: number): Destination {
  let waiting = '';
  let dropped = 0;
  let writing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing ??= writeAll().finally(() => {
      writing = undefined;
    });
    return writing;
  }

  async function writeAll(): Promise<void> {
    while (waiting !== '') {
      let block = Buffer.from(waiting);
      waiting = '';
      while (block.length > 0) block = block.subarray(await writeSome(fd, block));
      if (dropped > 0) waiting += `{"level":"error","msg":"${dropped} log lines were dropped: nobody read them"}\n`;
      dropped = 0;
    }
  }

  return {
    write(line) {
      if (waiting.length + line.length > MOST_WAITING) {
        dropped++;
        return;
      }
      waiting += line;
      if (waiting.length >= FULL_BLOCK) void flush();
      else timer ??= setTimeout(flush, FLUSH_MS).unref();
    },
    async close() {
      await Promise.race([flush(), sleep(CLOSE_MS, undefined, { ref: false })]);
    },
  };
}

const writeOnce = promisify(write);

/** How many bytes are done with. A closed pipe or a full disk under the log is no reason to stop judging. */
async function writeSome(fd: number, block: Buffer): Promise<number> {
  try {
    return (await writeOnce(fd, block)).bytesWritten;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return block.length;
    await sleep(RETRY_MS);
    return 0;
  }
}

function hasDescriptor(stream: NodeJS.WritableStream): stream is NodeJS.WritableStream & { readonly fd: number } {
  return 'fd' in stream && typeof stream.fd === 'number';
}
