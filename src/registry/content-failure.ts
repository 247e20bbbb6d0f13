import type { ContentProblem } from '../images/content.ts';
import { failure, type Result, success } from '../k8s/result.ts';

/** Why content could not be had. It is thrown in this folder only, and becomes a `ContentProblem` at its edge. */
export class ContentFailure extends Error {
  override readonly name = 'ContentFailure';
  readonly kind: ContentProblem['kind'];

  constructor(kind: ContentProblem['kind'], message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

/** Whatever is no ContentFailure is a mistake of ours and is thrown on: the one door denies then, and counts it. */
export async function asResult<T>(work: () => Promise<T>): Promise<Result<T, ContentProblem>> {
  try {
    return success(await work());
  } catch (error) {
    if (error instanceof ContentFailure) return failure({ kind: error.kind, message: error.message });
    throw error;
  }
}
