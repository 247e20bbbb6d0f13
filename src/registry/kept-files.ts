import { readFile, stat } from 'node:fs/promises';
import { ContentFailure } from './content-failure.ts';

interface KeptFile<T> {
  readonly fingerprint: string;
  readonly value: T;
}

/** In bytes. */
const LARGEST_FILE = 1024 * 1024;

/**
 * What was made of files, until they change: each use looks whether one is still the same, links followed, because kubelet
 * updates a mounted Secret by replacing the link of a directory above it.
 */
export class KeptFiles<T> {
  readonly #parse: (text: string, path: string) => T;
  readonly #kept = new Map<string, KeptFile<T>>();

  /** @param parse throws a ContentFailure that names the file and quotes nothing of it */
  constructor(parse: (text: string, path: string) => T) {
    this.#parse = parse;
  }

  async get(path: string): Promise<T> {
    // Taken before the file is read: what changes in between is noticed the next time.
    const fingerprint = await fingerprintOf(path);
    const kept = this.#kept.get(path);
    if (kept?.fingerprint === fingerprint) return kept.value;
    const value = this.#parse(await read(path), path);
    this.#kept.set(path, { fingerprint, value });
    return value;
  }
}

async function fingerprintOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    if (size > LARGEST_FILE) throw new ContentFailure('unreachable', `${path} is larger than ${LARGEST_FILE} bytes`);
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): ContentFailure {
  if (error instanceof ContentFailure) return error;
  return new ContentFailure('unreachable', `${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`, error);
}
