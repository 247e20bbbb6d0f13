import type { BadRequestReason } from '../telemetry/metrics.ts';

/**
 * Why a request gets no AdmissionReview but plain HTTP: the API server then does what the failurePolicy of the entry says, as it
 * would if nobody had answered.
 */
export interface Refusal {
  readonly status: 400 | 404 | 405 | 413 | 415 | 503;
  readonly reason: BadRequestReason;
  /** The reason in words, without a line break. */
  readonly why: string;
}

/** An update carries two objects, and the API server limits each of them to 3 MB. */
export const MOST_BODY_BYTES = 8 * 1024 * 1024;

export const REFUSALS = {
  path: { status: 404, reason: 'path', why: 'reviews are answered at /validate' },
  method: { status: 405, reason: 'method', why: 'reviews are asked for by POST' },
  'content-type': {
    status: 415,
    reason: 'content-type',
    why: 'the content type must be application/json, its charset utf-8',
  },
  'content-encoding': { status: 415, reason: 'content-encoding', why: 'the body must come without an encoding' },
  'too-large': {
    status: 413,
    reason: 'too-large',
    why: `the body has more than ${MOST_BODY_BYTES / 1024 / 1024} MiB`,
  },
  busy: { status: 503, reason: 'busy', why: 'there is no memory for this review now: try again' },
  cut: { status: 503, reason: 'cut', why: 'the body came so slowly that others got its memory: try again' },
  aborted: { status: 400, reason: 'aborted', why: 'the body did not arrive whole' },
  'not-utf8': { status: 400, reason: 'not-utf8', why: 'the body is not UTF-8' },
  'escaped-letters': {
    status: 400,
    reason: 'escaped-letters',
    why: 'the body writes letters or digits as \\u escapes, as no API server does',
  },
  'too-deep': { status: 400, reason: 'too-deep', why: 'the body nests deeper than any Kubernetes object' },
  'too-costly': { status: 413, reason: 'too-costly', why: 'the body holds more values than any Kubernetes object' },
  'too-much': {
    status: 413,
    reason: 'too-much',
    why: 'the body holds more values than this webhook has memory for: it needs a higher memory limit',
  },
  'not-json': { status: 400, reason: 'not-json', why: 'the body is not JSON' },
} as const satisfies Partial<Record<BadRequestReason, Refusal>>;
