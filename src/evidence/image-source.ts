import { createHash } from 'node:crypto';
import type { ImageSource } from '../facts/ports.ts';
import type { Authority } from '../images/authorities.ts';
import type { ContentProblem, ImageContent, Manifest } from '../images/content.ts';
import type { ImageAnswer } from '../images/evidence.ts';
import type { EvidenceLives } from '../images/settings.ts';
import type { ImageReference } from '../k8s/core/image-reference.ts';
import { type Result, success } from '../k8s/result.ts';
import { type ContentRecord, recordContent, recordedContent } from './content-record.ts';
import { type ImageMemory, isFresh, staleAnswer } from './image-memory.ts';

/** Records of what was verified, in a place that outlives the process. Reading and writing are its own affair. */
export interface KeptRecords {
  /** @param image `registry/repository@digest` */
  find(image: string): KeptRecord | undefined;
  keep(image: string, record: ContentRecord): void;
  /** What a tag stood for when it was last resolved. @param name `registry/repository:tag` */
  digestOf(name: string): string | undefined;
  resolved(name: string, digest: string): void;
}

export interface KeptRecord {
  readonly record: ContentRecord;
  /** How long ago it was verified, in milliseconds. */
  readonly age: number;
}

/** How an answer came about. The set is fixed: it labels a metric. */
export const ORIGINS = ['asked', 'remembered', 'stale', 'kept'] as const;
export type Origin = (typeof ORIGINS)[number];

export interface ImageSourceOptions {
  readonly content: ImageContent;
  /** Verifies everything that speaks for an image. Never rejects. */
  readonly gather: (
    content: ImageContent,
    of: ImageReference,
    authorities: readonly Authority[],
    signal: AbortSignal,
  ) => Promise<ImageAnswer>;
  readonly memory: ImageMemory;
  /** What outlives this process. */
  readonly kept?: KeptRecords | undefined;
  readonly lives: () => EvidenceLives;
  /** Says which trust roots are in force: what was verified by others counts no longer. */
  readonly trust: () => string;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly onAnswer?: (answer: ImageAnswer, origin: Origin) => void;
}

/**
 * How long a registry may take when nobody waits any more, in milliseconds. A verification goes on when the deadline of
 * the review that began it is over, so that the next attempt finds it done.
 */
const LONGEST_MS = 60_000;
/** Images that are asked about at the same time. Whoever may create pods may name as many as they like. */
const MOST_FLIGHTS = 256;

/**
 * Images as registries tell of them, with a memory. A tag is resolved anew each time, for it can be moved at any moment; what
 * is known of a digest is remembered for as long as the configuration says. Several reviews of one image share one question.
 */
export function createImageSource(options: ImageSourceOptions): ImageSource {
  const { content, gather, memory, kept, lives, trust, now, onAnswer } = options;
  const flights = new Map<string, Promise<ImageAnswer>>();
  const fingerprints = new WeakMap<Authority, string>();

  function keyOf(of: ImageReference, authorities: readonly Authority[]): string {
    const by = authorities.map((authority) => fingerprintOf(authority, fingerprints));
    return [nameOf(of), trust(), ...by].join(' ');
  }

  async function answerTo(of: ImageReference, authorities: readonly Authority[], past: boolean): Promise<ImageAnswer> {
    if (of.digest !== undefined) return ofDigest(of, authorities, past, content);
    const signal = AbortSignal.timeout(LONGEST_MS);
    const resolved = await content.manifest(of, signal);
    const name = nameOf(of);
    if (!resolved.ok) {
      const problem: ImageAnswer = { state: resolved.error.kind, reason: resolved.error.message };
      const digest = memory.digestOf(name) ?? kept?.digestOf(name);
      return digest === undefined ? told(problem, 'asked') : instead(pin(of, digest), authorities, problem);
    }
    const { digest } = resolved.value;
    memory.resolved(name, digest);
    kept?.resolved(name, digest);
    return ofDigest(pin(of, digest), authorities, past, withResolved(content, resolved.value));
  }

  async function ofDigest(
    of: ImageReference,
    authorities: readonly Authority[],
    past: boolean,
    from: ImageContent,
  ): Promise<ImageAnswer> {
    const key = keyOf(of, authorities);
    const known = memory.get(key);
    const { goodForMs, badForMs } = lives();
    // Who asks past the memory still waits for as long as a bad answer lives: denials must not become a flood of requests.
    const least = past ? { goodForMs: Math.min(goodForMs, badForMs), badForMs } : { goodForMs, badForMs };
    if (known && isFresh(known, now(), least)) return instead(of, authorities, known.answer, 'remembered');
    const recording = kept ? recordContent(from) : undefined;
    const answer = await gather(recording?.content ?? from, of, authorities, AbortSignal.timeout(LONGEST_MS));
    memory.set(key, answer, now());
    const record = recording?.record();
    if (isWhole(answer) && answer.evidence.signatures.length > 0 && record) kept?.keep(nameOf(of), record);
    return instead(of, authorities, answer);
  }

  /** What is known, where an answer tells less than what is known. */
  async function instead(
    of: ImageReference,
    by: readonly Authority[],
    answer: ImageAnswer,
    origin: Origin = 'asked',
  ): Promise<ImageAnswer> {
    if (isWhole(answer)) return told(answer, origin);
    const known = memory.get(keyOf(of, by));
    const stale = known && staleAnswer(known, now(), lives());
    if (stale) return told(stale, 'stale');
    const found = kept?.find(nameOf(of));
    if (found && found.age >= 0 && found.age < lives().staleForMs) {
      const again = await gather(recordedContent(found.record), of, by, AbortSignal.timeout(LONGEST_MS));
      if (isWhole(again)) {
        // Remembered with its age, and beside it when the registry was asked in vain.
        const key = keyOf(of, by);
        memory.set(key, again, now() - found.age);
        memory.set(key, answer, now());
        return told(again, 'kept');
      }
    }
    return told(answer, origin);
  }

  function told(answer: ImageAnswer, origin: Origin): ImageAnswer {
    onAnswer?.(answer, origin);
    return answer;
  }

  function evidence(past: boolean): ImageSource['evidence'] {
    return (of, authorities, signal) => {
      const key = `${past} ${keyOf(of, authorities)}`;
      let flight = flights.get(key);
      if (!flight) {
        if (flights.size >= MOST_FLIGHTS) return Promise.resolve(TOO_MANY);
        flight = answerTo(of, authorities, past)
          .catch((error: unknown): ImageAnswer => ({ state: 'unreachable', reason: messageOf(error) }))
          .finally(() => flights.delete(key));
        flights.set(key, flight);
      }
      return inTime(flight, of, signal);
    };
  }

  /** Of a digest alone: what a tag stands for is asked each time. */
  function remembered(of: ImageReference, authorities: readonly Authority[]): ImageAnswer | undefined {
    const known = of.digest === undefined ? undefined : memory.get(keyOf(of, authorities));
    if (!known || !isWhole(known.answer) || !isFresh(known, now(), lives())) return undefined;
    onAnswer?.(known.answer, 'remembered');
    return known.answer;
  }

  return { remembered, evidence: evidence(false), fresh: { evidence: evidence(true) } };
}

const TOO_MANY: ImageAnswer = {
  state: 'unreachable',
  reason: `${MOST_FLIGHTS} other images are being asked about at this moment`,
};

function isWhole(answer: ImageAnswer): answer is Extract<ImageAnswer, { readonly state: 'found' }> {
  return answer.state === 'found' && answer.evidence.incomplete === undefined;
}

function pin({ registry, repository }: ImageReference, digest: string): ImageReference {
  return { registry, repository, digest };
}

/** An image by its digest, or where it has none by its tag. */
function nameOf({ registry, repository, tag = 'latest', digest }: ImageReference): string {
  return digest === undefined ? `${registry}/${repository}:${tag}` : `${registry}/${repository}@${digest}`;
}

/** The manifest that a tag stood for was read already. */
function withResolved(content: ImageContent, manifest: Manifest): ImageContent {
  return {
    manifest: (of, signal): Promise<Result<Manifest, ContentProblem>> =>
      of.digest === manifest.digest ? Promise.resolve(success(manifest)) : content.manifest(of, signal),
    blob: (...asked) => content.blob(...asked),
    referrers: (...asked) => content.referrers(...asked),
  };
}

/** What an authority says, as one short text: a configuration that is loaded again with the same words changes nothing. */
function fingerprintOf(authority: Authority, known: WeakMap<Authority, string>): string {
  const before = known.get(authority);
  if (before !== undefined) return before;
  // A compiled pattern says which one it is by its text alone.
  const text = JSON.stringify(authority, (_, value) =>
    typeof value === 'object' && value !== null && 'pattern' in value ? { pattern: value.pattern } : value,
  );
  const fingerprint = createHash('sha256').update(text).digest('base64url');
  known.set(authority, fingerprint);
  return fingerprint;
}

async function inTime(
  flight: Promise<ImageAnswer>,
  { registry }: ImageReference,
  signal: AbortSignal,
): Promise<ImageAnswer> {
  const late = Promise.withResolvers<ImageAnswer>();
  const expire = () => late.resolve({ state: 'unreachable', reason: `${registry} did not answer in time` });
  if (signal.aborted) expire();
  signal.addEventListener('abort', expire, { once: true });
  try {
    return await Promise.race([flight, late.promise]);
  } finally {
    signal.removeEventListener('abort', expire);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
