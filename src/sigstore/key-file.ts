import { readFile } from 'node:fs/promises';
import { failure, type Result, success } from '../k8s/result.ts';

/** The text of a file with a public key in PEM; the error says why it cannot be read. What the key is worth is told elsewhere. */
export async function readKeyFile(file: string): Promise<Result<string, string>> {
  try {
    return success(await readFile(file, 'utf8'));
  } catch (error) {
    return failure(`${file}: cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}`);
  }
}
