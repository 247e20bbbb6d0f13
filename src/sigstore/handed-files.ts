import { readFile, stat } from 'node:fs/promises';
import { failure, type Result, success } from '../k8s/result.ts';
import { DEFAULT_LIMITS } from './evidence-notes.ts';
import { digestFile } from './file-bytes.ts';
import type { SignedFile } from './tasks.ts';

/** Files that are handed over to be verified, and what is handed over with them. Errors name the file and say what is wrong. */

/** Whether there is a file of this name; false, too, where that cannot be told. */
export async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

/** The digests of a file. Pipes and devices can be read once: no signature could be compared with what its digest was of. */
export async function readSignedFile(path: string, signal: AbortSignal): Promise<Result<SignedFile, string>> {
  const size = await sizeOf(path);
  return size.ok ? readable(path, digestFile(path, signal)) : size;
}

/** The bytes of a bundle, of as many as a registry may hold for one. */
export async function readBundleFile(path: string): Promise<Result<Uint8Array, string>> {
  const size = await sizeOf(path);
  if (!size.ok) return size;
  const most = DEFAULT_LIMITS.documentBytes;
  if (size.value > most) return failure(`${path}: it has ${size.value} bytes, and a bundle has at most ${most}`);
  return readable(path, readFile(path));
}

async function sizeOf(path: string): Promise<Result<number, string>> {
  const found = await readable(path, stat(path));
  if (!found.ok) return found;
  if (!found.value.isFile()) return failure(`${path}: expected a file, and not a directory, a pipe or a device`);
  return success(found.value.size);
}

async function readable<T>(path: string, reading: Promise<T>): Promise<Result<T, string>> {
  try {
    return success(await reading);
  } catch (error) {
    return failure(`${path}: cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}`);
  }
}
