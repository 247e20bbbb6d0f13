import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openOutput, writeNow } from '../../src/runtime/output.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-output-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('has written everything once it is settled', async () => {
  const file = join(folder, 'file');
  const fd = openSync(file, 'w');
  const { stream, settled } = openOutput(fd);
  const text = 'ä€😀\n'.repeat(100_000);
  stream.write(text);
  stream.write('end');
  expect(await settled()).toBeUndefined();
  closeSync(fd);
  expect((await readFile(file, 'utf8')) === `${text}end`).toBe(true);
});

it('waits for a reader whose pipe does not block', async () => {
  const path = join(folder, 'pipe');
  execFileSync('sh', ['-c', 'mkfifo "$0"', path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  const { stream, settled } = openOutput(writer);
  const sent = Buffer.alloc(300_000, 'x');
  stream.write(sent);
  const done = settled();
  const block = Buffer.alloc(8192);
  let received = 0;
  while (received < sent.length) {
    received += readWhatIsThere(reader, block);
    await sleep(1);
  }
  expect(await done).toBeUndefined();
  expect(received).toBe(sent.length);
  closeSync(reader);
  closeSync(writer);
});

function readWhatIsThere(fd: number, block: Buffer): number {
  try {
    return readSync(fd, block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    return 0;
  }
}

it('tells why it could not write, from the first failure on, and takes the rest in silence', async () => {
  const fd = openSync(join(folder, 'read-only'), 'w');
  closeSync(fd);
  const { stream, settled } = openOutput(fd);
  stream.write('lost');
  expect((await settled())?.code).toBe('EBADF');
  stream.write('lost, too');
  expect((await settled())?.code).toBe('EBADF');
});

it('leaves a terminal to the stream that Node has for it', async () => {
  const terminal = new PassThrough();
  const { stream, settled } = openOutput(1, terminal as unknown as NodeJS.WriteStream);
  expect(stream).toBe(terminal);
  const failure = Object.assign(new Error('gone'), { code: 'EIO' });
  terminal.destroy(failure);
  expect(await settled()).toBe(failure);
});

it('says last words where nobody can hear them', () => {
  const fd = openSync(join(folder, 'closed'), 'w');
  closeSync(fd);
  expect(() => writeNow(fd, 'x')).not.toThrow();
});
