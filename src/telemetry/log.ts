import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, pino } from 'pino';
import type { LogLevel } from './log-levels.ts';

/** Structured log lines, one JSON object each. Logging never throws and never waits for the reader. */
export interface Log extends Pick<Logger, LogLevel> {
  /**
   * Writes the same line as the methods above, at less cost, for what is logged with every request. pino serializes
   * field by field, which costs half as much CPU as the decision that the line is about; V8 serializes a whole object
   * at once.
   * @param msg a constant of this program, since it is not escaped
   */
  line(level: LogLevel, fields: object, msg: string): void;
  /** Writes out all buffered lines. Resolves when that is done, or after a second if nobody reads them. */
  close(): Promise<void>;
}

/** A line is buffered for this long at most, so that many lines share one write. */
const FLUSH_MS = 100;
/** A write that costs as much as a decision should carry many lines. */
const WRITE_BYTES = 60 * 1024;
/** If nobody reads, lines beyond this size are dropped and counted, so that they do not exhaust the memory. */
const MOST_BUFFERED_BYTES = 4 * 1024 * 1024;
const NEWLINE = 0x0a;
/** How long the program waits at its end for somebody to read. */
const CLOSE_MS = 1000;

/**
 * Opens a log on a stream. If the stream has a file descriptor, like standard output, lines are written in the
 * background and many at a time: one write per request would cost as much as the decision, and a reader that has
 * stalled must not stop the webhook.
 */
export function openLog(stream: NodeJS.WritableStream, level: LogLevel): Log {
  const destination = hasDescriptor(stream) ? inBackground(stream.fd) : withoutBuffer(stream);
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

function withoutBuffer(stream: NodeJS.WritableStream): Destination {
  return {
    write: (line) => void stream.write(line),
    close: async () => {},
  };
}

/** Writes through pino's own destination. A full disk or a closed pipe is no reason to stop judging. */
function inBackground(fd: number): Destination {
  let gathered = '';
  let buffered = 0;
  let dropped = 0;
  let givenUp = false;
  const destination = pino.destination({
    dest: fd,
    sync: false,
    // Text would be measured and copied anew with every line that is added to it.
    contentMode: 'buffer',
    minLength: WRITE_BYTES,
    maxWrite: WRITE_BYTES + 1,
    maxLength: MOST_BUFFERED_BYTES,
    periodicFlush: FLUSH_MS,
    retryEAGAIN: () => !givenUp,
  });
  // pino calls this when the process exits. If the disk is full, or nobody reads, it would never return.
  destination.flushSync = () => {};
  // Failed writes are repeated with the next line.
  destination.on('error', () => {});
  destination.on('write', (bytes: number) => {
    buffered -= bytes;
  });
  destination.on('drop', (lines: Buffer) => {
    buffered -= lines.length;
    for (const byte of lines) if (byte === NEWLINE) dropped++;
  });
  destination.on('drain', () => {
    if (dropped > 0) write(`{"level":"error","msg":"${dropped} log lines were dropped: nobody read them"}\n`);
    dropped = 0;
  });

  /** Lines of one pass of the event loop are handed over together: a buffer for each costs more than what is in it. */
  function write(line: string): void {
    if (gathered === '') setImmediate(handOver);
    gathered += line;
    if (gathered.length >= WRITE_BYTES) handOver();
  }

  function handOver(): void {
    if (gathered === '') return;
    const lines = Buffer.from(gathered);
    gathered = '';
    buffered += lines.length;
    // Only the types insist on text.
    destination.write(lines as unknown as string);
  }

  /** Whether what was buffered could be written. */
  function flush(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const failed = () => resolve(false);
    destination.once('error', failed);
    destination.once('drain', () => {
      destination.off('error', failed);
      resolve(true);
    });
    destination.flush();
    return promise;
  }

  return {
    write,
    async close() {
      const written = (async () => {
        for (handOver(); buffered > 0 && (await flush()); handOver());
      })();
      await Promise.race([written, sleep(CLOSE_MS, undefined, { ref: false })]);
      // Otherwise the attempts to write would keep the process alive for as long as nobody reads.
      givenUp = true;
    },
  };
}

function hasDescriptor(stream: NodeJS.WritableStream): stream is NodeJS.WritableStream & { readonly fd: number } {
  return 'fd' in stream && typeof stream.fd === 'number';
}
