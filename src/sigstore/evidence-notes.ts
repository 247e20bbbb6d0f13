import { cut, printable } from '../engine/wording.ts';
import type { ContentProblem } from '../images/content.ts';
import type { Rejection } from '../images/evidence.ts';

/** How much is read for one image. What is beyond is not read, and said to be so. */
export interface EvidenceLimits {
  /** Signatures and attestations that are looked at in one store. */
  readonly candidates: number;
  /** Bytes of a bundle, an attestation or a document. */
  readonly documentBytes: number;
  /** Bytes of everything that is read from one store. */
  readonly storeBytes: number;
}

export const DEFAULT_LIMITS: EvidenceLimits = {
  candidates: 50,
  documentBytes: 10 * 2 ** 20,
  storeBytes: 20 * 2 ** 20,
};

/** Where what speaks for an image lies. Each has a limit of its own: who fills one store hides nothing in another. */
export type Store = 'referrers' | 'signature tag' | 'attestation tag' | 'index';

const LONGEST_REASON = 500;

/** What is noted down while an image is looked at: what is left to read, what was turned down, what could not be read. */
export class EvidenceNotes {
  readonly rejections: Rejection[] = [];
  readonly #limits: EvidenceLimits;
  readonly #candidates = new Map<Store, number>();
  readonly #bytes = new Map<Store, number>();
  #incomplete: string | undefined;

  constructor(limits: EvidenceLimits) {
    this.#limits = limits;
  }

  /** Why not everything could be read; undefined where it could. */
  get incomplete(): string | undefined {
    return this.#incomplete;
  }

  /** The first reason is kept: what follows mostly follows from it. */
  notRead(reason: string): void {
    this.#incomplete ??= cut(printable(reason), LONGEST_REASON);
  }

  reject(found: string, reason: string): void {
    this.rejections.push({
      found: cut(printable(found), LONGEST_REASON),
      reason: cut(printable(reason), LONGEST_REASON),
    });
  }

  /** A problem with something that was said to be there: gone or wrong turns it down, unreachable leaves it open. */
  problem(found: string, { kind, message }: ContentProblem): void {
    if (kind === 'unreachable') this.notRead(`${found}: ${message}`);
    else this.reject(found, message);
  }

  /** Whether one more signature or attestation of a store is looked at. */
  takeCandidate(store: Store): boolean {
    const { candidates } = this.#limits;
    const taken = (this.#candidates.get(store) ?? 0) + 1;
    this.#candidates.set(store, taken);
    if (taken <= candidates) return true;
    this.notRead(`the image has more than ${candidates} signatures or attestations (${store}): the rest was not read`);
    return false;
  }

  /** Whether a document of this size is read; notes why it is not. */
  takeBytes(store: Store, found: string, size: number): boolean {
    const { documentBytes, storeBytes } = this.#limits;
    if (size > documentBytes) {
      this.reject(found, `it was not read: it has ${size} bytes, and at most ${documentBytes} are read`);
      return false;
    }
    const taken = (this.#bytes.get(store) ?? 0) + size;
    if (taken > storeBytes) {
      this.notRead(
        `${found}: more than ${storeBytes} bytes are attached to the image (${store}): the rest was not read`,
      );
      return false;
    }
    this.#bytes.set(store, taken);
    return true;
  }
}
