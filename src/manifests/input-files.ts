import type { Stats } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { addAbortSignal, Readable } from 'node:stream';
import type { InputError } from './documents.ts';

/** The text of a file that was named, or what is wrong with it. */
export type Source = { readonly file: string; readonly text: string } | InputError;

/** How standard input is named in messages. */
export const STDIN = '<stdin>';

/** Manifests are small; what is larger was not meant. */
const LARGEST = 64 * 1024 * 1024;
const EXTENSIONS = ['.yaml', '.yml', '.json'];

/** What to read, and how. */
export interface SourceOptions {
  readonly stdin: NodeJS.ReadableStream;
  /** Ends the waiting for standard input. */
  readonly signal: AbortSignal;
  /** A file that is no manifest, though it may lie in a directory of them: the configuration. */
  readonly except?: string;
}

/**
 * Reads what was named on the command line: files, directories (all manifests below them, sorted, hidden ones left
 * out) and `-`. A file that is named twice, also by another path, is read once. Never throws: what cannot be read is
 * an error that names the file.
 */
export async function* readSources(names: readonly string[], options: SourceOptions): AsyncGenerator<Source> {
  const seen = new Set<string>();
  for (const name of names) {
    if (name !== '-') yield* readPath(name, seen, options);
    else if (!seen.has(name)) yield await readStdin(options);
    seen.add(name);
  }
}

async function* readPath(path: string, seen: Set<string>, { except }: SourceOptions): AsyncGenerator<Source> {
  const found = await identify(path);
  if (typeof found === 'string') yield { file: path, message: found };
  else if (!found.stats.isDirectory()) yield* readOnce(path, found.real, seen);
  else if (!seen.has(found.real)) {
    if (except !== undefined) seen.add(await realPath(except));
    const manifests = yield* walk(path, seen.add(found.real));
    // Silence would read as "nothing refused".
    if (manifests === 0) yield { file: path, message: `holds no manifest: expected ${EXTENSIONS.join(', ')} files` };
  }
}

/** Returns how many manifests there are, those that were read before included. */
async function* walk(directory: string, seen: Set<string>): AsyncGenerator<Source, number> {
  let entries: string[];
  try {
    entries = await readdir(directory);
  } catch (error) {
    yield { file: directory, message: describe(error) };
    return 1;
  }
  let manifests = 0;
  for (const name of entries.sort()) {
    if (name.startsWith('.')) continue;
    const path = join(directory, name);
    const found = await identify(path);
    if (typeof found !== 'string' && found.stats.isDirectory()) {
      // A link may lead back up, or to where we have been.
      manifests += seen.has(found.real) ? 1 : yield* walk(path, seen.add(found.real));
      continue;
    }
    if (!EXTENSIONS.includes(extname(name))) continue;
    manifests++;
    if (typeof found === 'string') yield { file: path, message: found };
    // To open a pipe would wait for ever.
    else if (!found.stats.isFile()) yield { file: path, message: 'is not a regular file' };
    else yield* readOnce(path, found.real, seen);
  }
  return manifests;
}

/** What a path leads to, or why it leads nowhere. */
async function identify(path: string): Promise<{ readonly real: string; readonly stats: Stats } | string> {
  try {
    return { stats: await stat(path), real: await realPath(path) };
  } catch (error) {
    return describe(error);
  }
}

/** A path without links; a descriptor that a shell made for us, `<(…)`, has no other than its own. */
function realPath(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

async function* readOnce(path: string, real: string, seen: Set<string>): AsyncGenerator<Source> {
  if (seen.has(real)) return;
  seen.add(real);
  yield await readOne(path);
}

async function readOne(path: string): Promise<Source> {
  try {
    const file = await open(path);
    try {
      return decode(path, await collect(file.createReadStream({ autoClose: false })));
    } finally {
      await file.close();
    }
  } catch (error) {
    return { file: path, message: describe(error) };
  }
}

async function readStdin({ stdin, signal }: SourceOptions): Promise<Source> {
  try {
    return decode(STDIN, await collect(stdin instanceof Readable ? addAbortSignal(signal, stdin) : stdin));
  } catch (error) {
    return { file: STDIN, message: describe(error) };
  }
}

/** All that a stream brings; undefined where it is too much. */
async function collect(stream: NodeJS.ReadableStream): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    size += bytes.length;
    if (size > LARGEST) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** Text as kubectl decodes it: UTF-8, or UTF-16 where a byte order mark says so. */
function decode(file: string, bytes: Buffer | undefined): Source {
  if (!bytes) return { file, message: `is larger than ${LARGEST / 1024 / 1024} MiB` };
  const [first, second] = bytes;
  let encoding = 'utf-8';
  if (first === 0xff && second === 0xfe) encoding = 'utf-16le';
  if (first === 0xfe && second === 0xff) encoding = 'utf-16be';
  try {
    return { file, text: new TextDecoder(encoding, { fatal: true }).decode(bytes) };
  } catch {
    return { file, message: `is not ${encoding.toUpperCase()} text` };
  }
}

function describe(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'cannot be read: permission denied';
  if (code === 'ELOOP') return 'is a link that leads back to itself';
  return `cannot be read: ${code ?? String(error)}`;
}
