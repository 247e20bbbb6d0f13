import { write } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Logger, pino } from 'pino';
import type { LogLevel } from './log-levels.ts';

/** Structured lines, one JSON object each. Logging never throws and never waits. */
export interface Log extends Pick<Logger, LogLevel> {
  /**
   * The same for what is logged with every request. Pino takes each field apart, which costs half as much as the
   * decision that it tells of; V8 writes a whole object at once.
   * @param msg one of our own, always the same words
   */
  line(level: LogLevel, fields: object, msg: string): void;
  /** Writes out what is still buffered; resolves when it is out, or cannot be. */
  close(): Promise<void>;
}

/** Lines wait at most this long, so that many go out in one write. */
const FLUSH_MS = 100;
const BLOCK_BYTES = 64 * 1024;
/** Where a reader stalls, lines beyond this many bytes are dropped (and counted): memory is not theirs. */
const MOST_WAITING_BYTES = 4 * 1024 * 1024;
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
    line(own, fields, msg) {
      if (!logger.isLevelEnabled(own)) return;
      const all = JSON.stringify(fields).slice(1, -1);
      destination.write(`{"level":"${own}","time":${Date.now()},${all === '' ? '' : `${all},`}"msg":"${msg}"}\n`);
    },
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
  // Lines are copied out at once: kept as strings, thousands of small pieces would wait in the garbage collector's way.
  let block = Buffer.allocUnsafe(BLOCK_BYTES);
  let used = 0;
  const full: Buffer[] = [];
  let waiting = 0;
  let dropped = 0;
  let writing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  function append(line: string): void {
    const most = line.length * 3;
    if (used + most > block.length) nextBlock(Math.max(BLOCK_BYTES, most));
    const bytes = block.write(line, used, 'utf8');
    used += bytes;
    waiting += bytes;
    // A block that is not full waits for the clock: under load, a write for the few lines since the last one would
    // follow another without end.
    timer ??= setTimeout(flush, FLUSH_MS).unref();
    if (full.length > 0) void writeBlocks();
  }

  function nextBlock(size: number): void {
    if (used > 0) full.push(block.subarray(0, used));
    block = Buffer.allocUnsafe(size);
    used = 0;
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    nextBlock(BLOCK_BYTES);
    return writeBlocks();
  }

  function writeBlocks(): Promise<void> {
    writing ??= writeFull().finally(() => {
      writing = undefined;
    });
    return writing;
  }

  async function writeFull(): Promise<void> {
    for (let rest = full.shift(); rest; rest = full.shift()) {
      waiting -= rest.length;
      while (rest.length > 0) rest = rest.subarray(await writeSome(fd, rest));
    }
    const lost = dropped;
    dropped = 0;
    if (lost > 0) append(`{"level":"error","msg":"${lost} log lines were dropped: nobody read them"}\n`);
  }

  return {
    write(line) {
      if (waiting > MOST_WAITING_BYTES) dropped++;
      else append(line);
    },
    async close() {
      const written = (async () => {
        while (waiting > 0) await flush();
      })();
      await Promise.race([written, sleep(CLOSE_MS, undefined, { ref: false })]);
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
