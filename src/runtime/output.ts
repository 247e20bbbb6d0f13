import { write, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** How long to wait for a reader that has made its pipe non-blocking, and is slow. */
const RETRY_MS = 10;

/** A stream to a descriptor of this process, as far as it could be written. */
export interface Output {
  readonly stream: NodeJS.WritableStream;
  /** Resolves once all is out that ever will be: with the reason if that is not everything. */
  settled(): Promise<NodeJS.ErrnoException | undefined>;
}

/**
 * Opens a descriptor to write to the last byte. Node's own stream to a file takes a disk that takes only a part of a
 * block for one that took it all: a report would end in the middle and nobody would know.
 * @param terminal Node's stream, which knows how to write to terminals; for everything else it is left alone
 */
export function openOutput(fd: number, terminal?: NodeJS.WriteStream): Output {
  const stream = terminal ?? descriptorStream(fd);
  let failure: NodeJS.ErrnoException | undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    failure ??= error;
  });
  return {
    stream,
    async settled() {
      // Whatever was written before has been dealt with when its turn comes; it is told before the stream says so.
      const last = await new Promise<Error | null | undefined>((resolve) => stream.write('', resolve));
      return failure ?? last ?? undefined;
    },
  };
}

/** Writes at once, for the last words of a process that must not go on; whether they can be read is not its matter. */
export function writeNow(fd: number, text: string): void {
  try {
    writeSync(fd, text);
  } catch {
    // Nobody is there to be told.
  }
}

function descriptorStream(fd: number): Writable & { readonly fd: number } {
  const stream = new Writable({
    decodeStrings: true,
    write(block: Buffer, _encoding, done) {
      writeAll(fd, block).then(() => done(), done);
    },
  });
  return Object.assign(stream, { fd });
}

const writeOnce = promisify(write);

async function writeAll(fd: number, block: Buffer): Promise<void> {
  let rest = block;
  while (rest.length > 0) {
    try {
      rest = rest.subarray((await writeOnce(fd, rest)).bytesWritten);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      await sleep(RETRY_MS);
    }
  }
}
