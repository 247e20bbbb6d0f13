import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { ContentFailure } from './content-failure.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** A directory of which nothing outside is read: links count only as far as they stay within it. */
export class LayoutDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** A file of it; undefined where there is none. @param name with `/`, and no `..` @param limit in bytes */
  async read(name: string, limit: number): Promise<Uint8Array | undefined> {
    let handle: FileHandle | undefined;
    try {
      const [root, file] = await Promise.all([realpath(this.path), realpath(join(this.path, name))]);
      if (!file.startsWith(`${root}${sep}`))
        throw new ContentFailure('invalid', `${this.path}/${name} leads out of it`);
      // A pipe must not be waited for.
      handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      const stats = await handle.stat();
      if (!stats.isFile()) throw new ContentFailure('invalid', `${this.path}/${name} is no file`);
      if (stats.size > limit) throw new ContentFailure('invalid', `${this.path}/${name} is larger than ${limit} bytes`);
      return await readAll(handle, stats.size);
    } catch (error) {
      if (error instanceof ContentFailure) throw error;
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' && (await this.#isThere())) return undefined;
      throw new ContentFailure('unreachable', `${this.path}/${name} cannot be read: ${code}`, error);
    } finally {
      await handle?.close();
    }
  }

  /** Without the directory nothing is known to be absent. */
  async #isThere(): Promise<boolean> {
    return await realpath(this.path).then(
      () => true,
      () => false,
    );
  }
}

/** As many bytes as the file had: what is appended meanwhile is not read. */
async function readAll(handle: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await handle.read(bytes, length, size - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}
