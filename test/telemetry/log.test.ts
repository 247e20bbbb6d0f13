import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, createReadStream, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { openLog } from '../../src/telemetry/log.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-log-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Returns a stream with a file descriptor, such as standard output is. */
function descriptor(fd: number): NodeJS.WritableStream {
  return Object.assign(new PassThrough(), { fd });
}

it('writes every line, in order, before it is closed', async () => {
  const file = join(folder, 'log');
  const fd = openSync(file, 'w');
  const log = openLog(descriptor(fd), 'info');
  for (let i = 0; i < 5000; i++) log.info({ i }, 'x'.repeat(100));
  await log.close();
  closeSync(fd);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).i)).toEqual(Array.from({ length: 5000 }, (_, i) => i));
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', msg: 'x'.repeat(100) });
});

it('writes a line after a while even if no other follows', async () => {
  const file = join(folder, 'quiet');
  const fd = openSync(file, 'w');
  const log = openLog(descriptor(fd), 'info');
  log.info({}, 'alone');
  while (!readFileSync(file, 'utf8').includes('alone')) await new Promise((resolve) => setTimeout(resolve, 10));
  await log.close();
  closeSync(fd);
});

it.each([
  ['long', 200, 100_000],
  ['short', 20_000, 1000],
])('drops %s lines that nobody reads, and logs how many', async (what, lines, length) => {
  const pipe = join(folder, what);
  await promisify(execFile)('mkfifo', [pipe]);
  const fd = openSync(pipe, 'r+');
  const log = openLog(descriptor(fd), 'info');
  const line = 'x'.repeat(length);
  for (let i = 0; i < lines; i++) log.info({}, line);
  const said: string[] = [];
  const reader = createReadStream(pipe);
  for await (const text of createInterface({ input: reader })) {
    said.push(JSON.parse(text).msg);
    if (said.at(-1) !== line) break;
  }
  await log.close();
  closeSync(fd);
  reader.destroy();
  expect(said.length).toBeLessThan(lines);
  expect(said.at(-1)).toBe(`${lines - (said.length - 1)} log lines were dropped: nobody read them`);
});

it('does not throw, and can be closed, if its descriptor is closed', async () => {
  const fd = openSync(join(folder, 'closed'), 'w');
  closeSync(fd);
  const log = openLog(descriptor(fd), 'info');
  log.info({}, 'lost');
  await log.close();
});

it.skipIf(process.platform !== 'linux')('does not throw, and can be closed, if the disk is full', async () => {
  const fd = openSync('/dev/full', 'w');
  const log = openLog(descriptor(fd), 'info');
  for (let i = 0; i < 100; i++) log.info({ i }, 'x'.repeat(100_000));
  await log.close();
  closeSync(fd);
});

it.each([
  ['reads nothing', 'close', 0],
  ['reads nothing', 'exit', 7],
  ['closes the pipe', 'close', 0],
  ['closes the pipe', 'exit', 7],
])('does not keep the program from ending if whoever reads its standard output %s (%s)', async (what, end, code) => {
  const program = fileURLToPath(new URL('log-process.ts', import.meta.url));
  const child = spawn(process.execPath, [program, end], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdout.on('error', () => {});
  if (what === 'closes the pipe') child.stdout.destroy();
  expect(await once(child, 'exit')).toEqual([code, null]);
});

it('writes nothing below its level', async () => {
  const stream = new PassThrough();
  const log = openLog(stream, 'warn');
  log.info({}, 'quiet');
  log.warn({}, 'loud');
  expect(stream.read().toString()).toContain('loud');
  expect(stream.read()).toBeNull();
});

it('writes the same line by either method', async () => {
  const stream = new PassThrough();
  const log = openLog(stream, 'info');
  const fields = { uid: 'a"\n\u2028', dryRun: undefined, verdicts: [{ rule: 'x', more: undefined }], ms: 0.5 };
  log.info(fields, 'allowed');
  log.line('info', fields, 'allowed');
  log.line('info', {}, 'allowed');
  log.line('debug', fields, 'quiet');
  stream.end();
  const lines = (await text(stream)).trimEnd().split('\n');
  const timeless = lines.map((line) => line.replace(/"time":\d+/, '"time":0'));
  expect(timeless).toEqual([timeless[0], timeless[0], '{"level":"info","time":0,"msg":"allowed"}']);
});
