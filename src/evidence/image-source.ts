import { createHash } from 'node:crypto';
import type { ImageSource } from '../facts/ports.ts';
import type { Authority } from '../images/authorities.ts';
import type { ContentProblem, ImageContent, Manifest } from '../images/content.ts';
import type { ImageAnswer } from '../images/evidence.ts';
import type { EvidenceLives } from '../images/settings.ts';
import type { ImageReference } from '../k8s/core/image-reference.ts';
import { type Result, success } from '../k8s/result.ts';
import { type ImageMemory, isFresh, staleAnswer } from './image-memory.ts';

/** How an answer came about. The set is fixed: it labels a metric. */
export const ORIGINS = ['asked', 'remembered', 'stale'] as const;
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
  const { content, gather, memory, lives, trust, now, onAnswer } = options;
  const flights = new Map<string, Promise<ImageAnswer>>();
  const fingerprints = new WeakMap<Authority, string>();

  function keyOf({ registry, repository, digest, tag }: ImageReference, authorities: readonly Authority[]): string {
    const by = authorities.map((authority) => fingerprintOf(authority, fingerprints));
    return [`${registry}/${repository}`, digest ?? tag ?? 'latest', trust(), ...by].join(' ');
  }

  async function answerTo(of: ImageReference, authorities: readonly Authority[], past: boolean): Promise<ImageAnswer> {
    if (of.digest !== undefined) return ofDigest(of, authorities, past, content);
    const signal = AbortSignal.timeout(LONGEST_MS);
    const resolved = await content.manifest(of, signal);
    const { registry, repository, tag = 'latest' } = of;
    const name = `${registry}/${repository}:${tag}`;
    if (!resolved.ok) {
      const problem: ImageAnswer = { state: resolved.error.kind, reason: resolved.error.message };
      const digest = memory.digestOf(name);
      return digest === undefined ? told(problem, 'asked') : instead(keyOf({ ...of, digest }, authorities), problem);
    }
    const { digest } = resolved.value;
    memory.resolved(name, digest);
    return ofDigest({ registry, repository, digest }, authorities, past, withResolved(content, resolved.value));
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
    if (known && isFresh(known, now(), { ...lives(), ...least })) return told(known.answer, 'remembered');
    const answer = await gather(from, of, authorities, AbortSignal.timeout(LONGEST_MS));
    memory.set(key, answer, now());
    return instead(key, answer);
  }

  /** What is known, where an answer tells less than what is known. */
  function instead(key: string, answer: ImageAnswer): ImageAnswer {
    if (answer.state === 'found' && answer.evidence.incomplete === undefined) return told(answer, 'asked');
    const known = memory.get(key);
    const stale = known && staleAnswer(known, now(), lives());
    return stale ? told(stale, 'stale') : told(answer, 'asked');
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

  return { evidence: evidence(false), fresh: { evidence: evidence(true) } };
}

const TOO_MANY: ImageAnswer = {
  state: 'unreachable',
  reason: `${MOST_FLIGHTS} other images are being asked about at this moment`,
};

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
