import { LRUCache } from 'lru-cache';
import type { ImageAnswer } from '../images/evidence.ts';
import type { EvidenceLives } from '../images/settings.ts';

type Found = Extract<ImageAnswer, { readonly state: 'found' }>;

/** What was learnt of an image, and when. */
export interface Remembered {
  readonly answer: ImageAnswer;
  /** Milliseconds, on the clock of whoever asks. */
  readonly at: number;
  /** The last answer that had everything, for when the registry cannot be asked. */
  readonly whole?: { readonly answer: Found; readonly at: number } | undefined;
}

/** Names stand for two bytes a character in memory, and objects for about as much again. */
const BYTES_PER_CHARACTER = 4;

const MOST_TAGS = 2000;
/** A registry that could not be asked, or not for everything, may be there again: nobody is kept waiting for a whole `badFor`. */
const OPEN_MS = 5000;

/** What was learnt of images, the least recently used forgotten first: bounded in bytes. */
export class ImageMemory {
  readonly #kept: LRUCache<string, Remembered>;
  /** What tags stood for when they were last resolved. */
  readonly #tags = new LRUCache<string, string>({ max: MOST_TAGS });

  /** @param bytes an estimate of the memory that all of it takes together */
  constructor(bytes: number) {
    this.#kept = new LRUCache<string, Remembered>({
      maxSize: bytes,
      sizeCalculation: ({ answer, whole }, key) =>
        BYTES_PER_CHARACTER *
        (key.length + sizeOf(answer) + (whole && whole.answer !== answer ? sizeOf(whole.answer) : 0)),
    });
  }

  get(key: string): Remembered | undefined {
    return this.#kept.get(key);
  }

  /** Takes a new answer in. What was known before stays beside one that tells less. */
  set(key: string, answer: ImageAnswer, at: number): void {
    const isWhole = answer.state === 'found' && answer.evidence.incomplete === undefined;
    const whole = isWhole ? { answer, at } : this.#kept.peek(key)?.whole;
    this.#kept.set(key, { answer, at, whole });
  }

  /** What a tag stood for when it was last resolved. */
  digestOf(name: string): string | undefined {
    return this.#tags.get(name);
  }

  resolved(name: string, digest: string): void {
    this.#tags.set(name, digest);
  }

  /** How many images something is known of. */
  get size(): number {
    return this.#kept.size;
  }

  /** The bytes that it is estimated to take. */
  get bytes(): number {
    return this.#kept.calculatedSize;
  }
}

function sizeOf(answer: ImageAnswer): number {
  return JSON.stringify(answer).length;
}

/** Whether an answer is as good as a new one. */
export function isFresh(
  { answer, at, whole }: Remembered,
  now: number,
  lives: Pick<EvidenceLives, 'goodForMs' | 'badForMs'>,
): boolean {
  if (whole?.answer === answer) return now - at < lives.goodForMs;
  const isOpen = answer.state === 'unreachable' || answer.state === 'found';
  return now - at < (isOpen ? Math.min(lives.badForMs, OPEN_MS) : lives.badForMs);
}

/** What was known of a digest while its registry tells nothing: signatures do not become invalid by that. */
export function staleAnswer(remembered: Remembered, now: number, lives: EvidenceLives): Found | undefined {
  const { whole } = remembered;
  return whole && now - whole.at < lives.staleForMs ? whole.answer : undefined;
}
