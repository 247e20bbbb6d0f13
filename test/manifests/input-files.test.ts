import { once } from 'node:events';
import { chmod, mkdir, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type InputFileOptions, readInputFiles, STDIN } from '../../src/manifests/input-files.ts';
import { files } from '../support/review-run.ts';

async function read(names: readonly string[], options: Partial<InputFileOptions> = {}): Promise<[string, string][]> {
  const found: [string, string][] = [];
  const all = { stdin: Readable.from([]), signal: new AbortController().signal, ...options };
  for await (const input of readInputFiles(names, all)) {
    if (input.ok) found.push([input.value.file, input.value.text]);
    else found.push([input.error.file, `error: ${input.error.message}`]);
  }
  return found;
}

describe('a directory', () => {
  it('stands for all manifests below it in alphabetical order, except hidden ones', async () => {
    const root = await files({
      'b.yaml': 'b',
      'a.yml': 'a',
      'c/d.json': 'd',
      'c/e/f.yaml': 'f',
      'g.yaml/h.yaml': 'h',
      'README.md': 'x',
      '.git/config.yaml': 'x',
      '.hidden.yaml': 'x',
    });
    const found = await read([root]);
    expect(found.map(([file]) => file.slice(root.length + 1))).toEqual([
      'a.yml',
      'b.yaml',
      'c/d.json',
      'c/e/f.yaml',
      'g.yaml/h.yaml',
    ]);
    expect(found.map(([, text]) => text)).toEqual(['a', 'b', 'd', 'f', 'h']);
  });

  it('is read once, wherever symbolic links lead', async () => {
    const root = await files({ 'a/b.yaml': 'b', 'other/c.yaml': 'c' });
    await symlink('..', join(root, 'a/up'));
    await symlink(root, join(root, 'a/root'));
    await symlink('../other', join(root, 'a/other'));
    await symlink('b.yaml', join(root, 'a/again.yaml'));
    expect((await read([join(root, 'a')])).map(([, text]) => text)).toEqual(['b', 'c']);
  });

  it('is read once even if it is a mounted ConfigMap, which contains symbolic links', async () => {
    const root = await files({ '..2026/pod.yaml': 'p' });
    await symlink('..2026', join(root, '..data'));
    await symlink('..data/pod.yaml', join(root, 'pod.yaml'));
    expect(await read([root])).toEqual([[join(root, 'pod.yaml'), 'p']]);
  });

  it('is an error if it has no manifest, because otherwise it would look accepted', async () => {
    const root = await files({ 'README.md': 'x' });
    expect(await read([root])).toEqual([[root, 'error: holds no manifest: expected .yaml, .yml, .json files']]);
  });

  it('reports what cannot be read', async () => {
    const root = await files({ 'a.yaml': 'a', 'z.yaml': 'z' });
    await symlink('gone.yaml', join(root, 'b.yaml'));
    await symlink('c.yaml', join(root, 'c.yaml'));
    const socket = createServer().listen(join(root, 'd.yaml'));
    onTestFinished(() => void socket.close());
    await once(socket, 'listening');
    expect(await read([root])).toEqual([
      [join(root, 'a.yaml'), 'a'],
      [join(root, 'b.yaml'), 'error: does not exist'],
      [join(root, 'c.yaml'), 'error: is a link that leads back to itself'],
      [join(root, 'd.yaml'), 'error: is not a regular file'],
      [join(root, 'z.yaml'), 'z'],
    ]);
  });

  it.skipIf(process.getuid?.() === 0)('reports what may not be read', async () => {
    const root = await files({ 'a.yaml': 'a' });
    await chmod(join(root, 'a.yaml'), 0);
    await mkdir(join(root, 'b'), { mode: 0 });
    expect((await read([root])).map(([, text]) => text)).toEqual([
      'error: cannot be read: permission denied',
      'error: cannot be read: permission denied',
    ]);
  });

  it('may contain the configuration, which is skipped', async () => {
    const root = await files({ 'a.yaml': 'a', 'config.yaml': 'c' });
    const except = join(root, 'config.yaml');
    expect(await read([root], { except })).toEqual([[join(root, 'a.yaml'), 'a']]);
    expect(await read([except], { except })).toEqual([[except, 'c']]);
  });
});

describe('a file', () => {
  it('is read whatever its name, and only once if it is named by several paths', async () => {
    const root = await files({ 'pod.txt': 'p', 'c/d.yaml': 'd' });
    await symlink('pod.txt', join(root, 'link'));
    const names = ['pod.txt', 'link', './pod.txt', 'c/d.yaml', 'c'].map((name) => join(root, name));
    expect((await read(names)).map(([, text]) => text)).toEqual(['p', 'd']);
  });

  it('is still read if another one does not exist', async () => {
    const root = await files({ 'a.yaml': 'a' });
    expect(await read([join(root, 'no.yaml'), join(root, 'a.yaml')])).toEqual([
      [join(root, 'no.yaml'), 'error: does not exist'],
      [join(root, 'a.yaml'), 'a'],
    ]);
  });

  it('is UTF-8, or UTF-16 if there is a byte order mark', async () => {
    const utf16le = Buffer.from('\ufeffaé', 'utf16le');
    const root = await files({
      '1.yaml': '\ufeffaé',
      '2.yaml': utf16le,
      '3.yaml': Buffer.from(utf16le).swap16(),
      '4.yaml': Buffer.from([0x61, 0xff]),
    });
    expect((await read([root])).map(([, text]) => text)).toEqual(['aé', 'aé', 'aé', 'error: is not UTF-8 text']);
  });

  it('is refused if it is too large', async () => {
    const root = await files({ 'a.yaml': Buffer.alloc(64 * 1024 * 1024 + 1, 0x23) });
    expect((await read([root])).map(([, text]) => text)).toEqual(['error: is larger than 64 MiB']);
  });
});

describe('standard input', () => {
  it('is read once', async () => {
    const stdin = Readable.from([Buffer.from('a: é').subarray(0, 4), Buffer.from('a: é').subarray(4)]);
    expect(await read(['-', '-'], { stdin })).toEqual([[STDIN, 'a: é']]);
  });

  it('is no longer waited for after the signal to stop', async () => {
    const stop = new AbortController();
    const stdin = new Readable({ read: () => stop.abort() });
    expect(await read(['-'], { stdin, signal: stop.signal })).toEqual([
      [STDIN, expect.stringMatching(/^error: cannot be read/)],
    ]);
  });
});
