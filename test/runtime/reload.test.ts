import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keepReloaded, type Reloaded } from '../../src/runtime/reload.ts';

const HOUR_MS = 3_600_000;

let folder: string;
let file: string;
let reloaded: Reloaded<string> | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-reload-'));
  file = join(folder, 'file');
  await writeFile(file, 'first');
});

afterEach(async () => {
  reloaded?.stop();
  await rm(folder, { recursive: true });
});

async function keep(read = () => readFile(file, 'utf8'), everyMs = HOUR_MS) {
  const seen = { reloads: [] as string[], failures: [] as unknown[] };
  const onReload = (value: string) => void seen.reloads.push(value);
  const onFailure = (error: unknown) => void seen.failures.push(error);
  reloaded = await keepReloaded({ files: [file], read, everyMs, onReload, onFailure });
  return { kept: reloaded, seen };
}

it('reads a file again only if it has changed', async () => {
  const { kept, seen } = await keep();
  await kept.refresh();
  expect(seen.reloads).toEqual([]);
  await writeFile(file, 'second');
  await kept.refresh();
  expect(kept.current).toBe('second');
  expect(seen).toEqual({ reloads: ['second'], failures: [] });
});

it('keeps the last good value if the new one cannot be read', async () => {
  const { kept, seen } = await keep();
  await rm(file);
  await kept.refresh();
  expect(kept.current).toBe('first');
  expect(seen).toMatchObject({ reloads: [], failures: [{ code: 'ENOENT' }] });
});

it('rejects if the first attempt to read fails', async () => {
  await rm(file);
  await expect(keep()).rejects.toThrow('ENOENT');
});

it('sees a change that happens while a refresh is already running', async () => {
  const reading = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  let reads = 0;
  const { kept } = await keep(async () => {
    const text = await readFile(file, 'utf8');
    if (++reads === 2) {
      reading.resolve();
      await goOn.promise;
    }
    return text;
  });
  await writeFile(file, 'second');
  const running = kept.refresh();
  await reading.promise;
  await writeFile(file, 'the third');
  const asked = [kept.refresh(), kept.refresh()];
  goOn.resolve();
  await running;
  expect(kept.current).toBe('second');
  await Promise.all(asked);
  expect(kept.current).toBe('the third');
  expect(reads).toBe(3);
});

it('looks at the files from time to time until it is stopped', async () => {
  const reloads: string[] = [];
  const changed = Promise.withResolvers<void>();
  reloaded = await keepReloaded({
    files: [file],
    read: () => readFile(file, 'utf8'),
    everyMs: 5,
    onReload: (value) => {
      reloads.push(value);
      changed.resolve();
    },
    onFailure: changed.reject,
  });
  // In one step: half a file would be read, too.
  await writeFile(join(folder, 'new'), 'second');
  await rename(join(folder, 'new'), file);
  await changed.promise;
  expect(reloaded.current).toBe('second');
});
