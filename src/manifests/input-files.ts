import type { Stats } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { addAbortSignal, Readable } from 'node:stream';
import { failure, type Result, success } from '../k8s/result.ts';
import type { InputError } from './documents.ts';

/** A file that was read: its path as it appears in messages, and its text. */
export interface InputFile {
  readonly file: string;
  readonly text: string;
}

/** The name of standard input in messages. */
export const STDIN = '<stdin>';

/** Manifests are small. A larger file was named by mistake, and reading it all could exhaust memory. */
const MOST_BYTES = 64 * 1024 * 1024;
const EXTENSIONS = ['.yaml', '.yml', '.json'];

export interface InputFileOptions {
  readonly stdin: NodeJS.ReadableStream;
  /** Stops waiting for standard input. */
  readonly signal: AbortSignal;
  /** The configuration file. It may be in a directory of manifests, but is none, so it is skipped there. */
  readonly except?: string;
}

/**
 * Reads what was named on the command line: files, directories, and `-` for standard input. Of a directory, all
 * manifests below it are read in alphabetical order, except hidden ones. A file that is named twice, even by
 * different paths, is read once. Never throws: a file that cannot be read yields an error that names it.
 */
export async function* readInputFiles(
  names: readonly string[],
  options: InputFileOptions,
): AsyncGenerator<Result<InputFile, InputError>> {
  const seen = new Set<string>();
  for (const name of names) {
    if (name !== '-') yield* readPath(name, seen, options);
    else if (!seen.has(name)) yield await readStdin(options);
    seen.add(name);
  }
}

async function* readPath(
  path: string,
  seen: Set<string>,
  { except }: InputFileOptions,
): AsyncGenerator<Result<InputFile, InputError>> {
  const found = await identify(path);
  if (typeof found === 'string') yield failure({ file: path, message: found });
  else if (!found.stats.isDirectory()) yield* readOnce(path, found.real, seen);
  else if (!seen.has(found.real)) {
    if (except !== undefined) seen.add(await realPath(except));
    const manifests = yield* walk(path, seen.add(found.real));
    // Without an error, an empty directory would look as if everything in it had been accepted.
    if (manifests === 0)
      yield failure({ file: path, message: `holds no manifest: expected ${EXTENSIONS.join(', ')} files` });
  }
}

/** Reads all manifests below a directory. Returns how many there are, including those that were read before. */
async function* walk(directory: string, seen: Set<string>): AsyncGenerator<Result<InputFile, InputError>, number> {
  let entries: string[];
  try {
    entries = await readdir(directory);
  } catch (error) {
    yield failure({ file: directory, message: describe(error) });
    return 1;
  }
  let manifests = 0;
  for (const name of entries.sort()) {
    if (name.startsWith('.')) continue;
    const path = join(directory, name);
    const found = await identify(path);
    if (typeof found !== 'string' && found.stats.isDirectory()) {
      // A symbolic link may lead to a directory that was already read, or to one that contains it.
      manifests += seen.has(found.real) ? 1 : yield* walk(path, seen.add(found.real));
      continue;
    }
    if (!EXTENSIONS.includes(extname(name))) continue;
    manifests++;
    if (typeof found === 'string') yield failure({ file: path, message: found });
    // Opening a named pipe would block until somebody writes to it.
    else if (!found.stats.isFile()) yield failure({ file: path, message: 'is not a regular file' });
    else yield* readOnce(path, found.real, seen);
  }
  return manifests;
}

/** Follows symbolic links to what a path stands for. Returns the reason if there is nothing. */
async function identify(path: string): Promise<{ readonly real: string; readonly stats: Stats } | string> {
  try {
    return { stats: await stat(path), real: await realPath(path) };
  } catch (error) {
    return describe(error);
  }
}

/** Resolves symbolic links. The descriptor of a process substitution, `<(…)`, has no other path and stays as it is. */
function realPath(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

async function* readOnce(path: string, real: string, seen: Set<string>): AsyncGenerator<Result<InputFile, InputError>> {
  if (seen.has(real)) return;
  seen.add(real);
  yield await readOne(path);
}

async function readOne(path: string): Promise<Result<InputFile, InputError>> {
  try {
    const file = await open(path);
    try {
      return decode(path, await collect(file.createReadStream({ autoClose: false })));
    } finally {
      await file.close();
    }
  } catch (error) {
    return failure({ file: path, message: describe(error) });
  }
}

async function readStdin({ stdin, signal }: InputFileOptions): Promise<Result<InputFile, InputError>> {
  try {
    return decode(STDIN, await collect(stdin instanceof Readable ? addAbortSignal(signal, stdin) : stdin));
  } catch (error) {
    return failure({ file: STDIN, message: describe(error) });
  }
}

/** Reads a stream to its end. Returns undefined if it is too long. */
async function collect(stream: NodeJS.ReadableStream): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    size += bytes.length;
    if (size > MOST_BYTES) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** Decodes text as kubectl does: as UTF-8, or as UTF-16 if there is a byte order mark. */
function decode(file: string, bytes: Buffer | undefined): Result<InputFile, InputError> {
  if (!bytes) return failure({ file, message: `is larger than ${MOST_BYTES / 1024 / 1024} MiB` });
  const [first, second] = bytes;
  let encoding = 'utf-8';
  if (first === 0xff && second === 0xfe) encoding = 'utf-16le';
  if (first === 0xfe && second === 0xff) encoding = 'utf-16be';
  try {
    return success({ file, text: new TextDecoder(encoding, { fatal: true }).decode(bytes) });
  } catch {
    return failure({ file, message: `is not ${encoding.toUpperCase()} text` });
  }
}

function describe(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'cannot be read: permission denied';
  if (code === 'ELOOP') return 'is a link that leads back to itself';
  return `cannot be read: ${code ?? String(error)}`;
}
