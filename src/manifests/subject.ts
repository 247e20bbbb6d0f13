import { subjectOf } from '../engine/admission-review.ts';
import { makeSubject, type Subject } from '../engine/subject.ts';
import { failure, type Result, success } from '../k8s/result.ts';
import type { InputError, Position } from './documents.ts';
import type { Manifest } from './objects.ts';

/** What is judged of a manifest, and where its fields stand in the file. */
export interface PlacedSubject {
  readonly subject: Subject;
  readonly locate: (path: string) => Position;
}

/**
 * A manifest as something to judge: the object, as if it were created now; or what an AdmissionReview asks.
 * @param namespace that of an object that names none; a review says its own
 */
export function subjectOfManifest(
  manifest: Manifest,
  now: Date,
  namespace?: string,
): Result<PlacedSubject, InputError> {
  const { object, source, line, column, locate } = manifest;
  if (!isAdmissionReview(manifest)) {
    const own = object.metadata?.namespace || namespace;
    return success({ subject: makeSubject({ object, now, ...(own !== undefined && { namespace: own }) }), locate });
  }
  const subject = subjectOf(object, now);
  if (!subject.ok) return failure({ file: source, line, column, message: subject.error.problem });
  const field = subject.value.operation === 'DELETE' ? 'request.oldObject' : 'request.object';
  return success({ subject: subject.value, locate: (path) => locate(`${field}.${path}`) });
}

/** Whether a manifest is a request to an admission webhook, of any version. */
function isAdmissionReview({ object }: Manifest): boolean {
  return object.kind === 'AdmissionReview' && object.apiVersion.startsWith('admission.k8s.io/');
}
