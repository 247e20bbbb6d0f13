import { isJsonObject, isKubernetesObject, type JsonObject, type KubernetesObject } from '../k8s/object.ts';
import { failure, type Result, success } from '../k8s/result.ts';
import { shapeErrors } from '../k8s/shape-check.ts';
import type { Answer } from './answer.ts';
import { makeSubject, OPERATIONS, type Subject } from './subject.ts';

const API_VERSION = 'admission.k8s.io/v1';
/** An API server's has 36. */
const LONGEST_UID = 256;

/** A request that makes no sense. With a uid it can still be answered in the protocol, else it is a plain HTTP 400. */
export interface BadRequest {
  readonly problem: string;
  readonly uid?: string;
}

/** AdmissionReview v1 as the API server sends it, parsed once, or why it is none. */
export function subjectOf(review: unknown, now: Date): Result<Subject, BadRequest> {
  if (!isJsonObject(review)) return failure({ problem: 'the body is not an AdmissionReview: expected a JSON object' });
  const request = ownObject(review, 'request');
  if (!request) return failure({ problem: 'request is missing: expected an AdmissionReview with a request' });
  const uid = request['uid'];
  if (typeof uid !== 'string' || uid === '') return failure({ problem: 'request.uid is missing: expected a string' });
  // It comes back in the answer, and so could make that as long as its caller likes.
  if (uid.length > LONGEST_UID) return failure({ problem: `request.uid has more than ${LONGEST_UID} characters` });
  const bad = (problem: string) => failure({ problem, uid });

  if (review['apiVersion'] !== API_VERSION || review['kind'] !== 'AdmissionReview') {
    return bad(`apiVersion and kind must be ${API_VERSION} AdmissionReview`);
  }
  const operation = OPERATIONS.find((known) => known === request['operation']);
  if (!operation) return bad(`request.operation must be one of ${OPERATIONS.join(', ')}`);
  const kind = ownObject(request, 'kind');
  if (!kind) return bad('request.kind is missing: expected group, version and kind');

  const object = objectAt(request, operation === 'DELETE' ? 'oldObject' : 'object', kind);
  if (!object.ok) return bad(object.error);
  const oldObject = operation === 'UPDATE' ? objectAt(request, 'oldObject', kind) : undefined;
  if (oldObject && !oldObject.ok) return bad(oldObject.error);

  const namespace = optionalString(request, 'namespace');
  const subresource = optionalString(request, 'subResource');
  if (namespace === undefined || subresource === undefined) {
    return bad('request.namespace and request.subResource must be strings');
  }
  const own = object.value.metadata?.namespace;
  if (own !== undefined && own !== null && own !== '' && own !== namespace) {
    return bad(`request.namespace is ${JSON.stringify(namespace)}, but the object says ${JSON.stringify(own)}`);
  }
  return success(
    makeSubject({
      uid,
      operation,
      subresource,
      namespace,
      object: object.value,
      ...(oldObject && { oldObject: oldObject.value }),
      user: userOf(ownObject(request, 'userInfo')),
      dryRun: request['dryRun'] === true,
      now,
    }),
  );
}

/** The AdmissionReview that carries an answer back, to be written as JSON: what is undefined is left out. */
export function reviewOf(uid: string, answer: Answer): object {
  const { allowed, code, message, warnings, auditAnnotations } = answer;
  return {
    apiVersion: API_VERSION,
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed,
      status: code && { status: 'Failure', code, reason: REASONS[code], message },
      warnings: warnings.length > 0 ? warnings : undefined,
      auditAnnotations,
    },
  };
}

const REASONS = { 400: 'BadRequest', 403: 'Forbidden', 503: 'ServiceUnavailable' } as const;

/**
 * The object of a request, agreed with the kind that the request names: a review whose kind and object disagree would
 * be judged by the rules of one and admitted as the other.
 */
function objectAt(
  request: JsonObject,
  field: 'object' | 'oldObject',
  kind: JsonObject,
): Result<KubernetesObject, string> {
  const object = ownObject(request, field);
  if (!object) return failure(`request.${field} is missing: expected an object`);
  if (!isKubernetesObject(object)) return failure(`request.${field} has no apiVersion and kind`);
  const apiVersion = kind['group'] ? `${kind['group']}/${kind['version']}` : kind['version'];
  if (object.kind !== kind['kind'] || object.apiVersion !== apiVersion) {
    return failure(
      `request.kind is ${apiVersion} ${kind['kind']}, but request.${field} is ${object.apiVersion} ${object.kind}`,
    );
  }
  const [error] = shapeErrors(object);
  if (error) return failure(`request.${field}.${error.path} is ${error.found}: expected ${error.expected}`);
  return success(object);
}

function ownObject(value: JsonObject, field: string): JsonObject | undefined {
  const part = Object.hasOwn(value, field) ? value[field] : undefined;
  return isJsonObject(part) ? part : undefined;
}

/** Empty where the field is absent; undefined where it is no string. */
function optionalString(value: JsonObject, field: string): string | undefined {
  const part = Object.hasOwn(value, field) ? (value[field] ?? '') : '';
  return typeof part === 'string' ? part : undefined;
}

function userOf(info: JsonObject | undefined): { username: string; groups: string[] } {
  const groups = info?.['groups'];
  return {
    username: typeof info?.['username'] === 'string' ? info['username'] : '',
    groups: Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [],
  };
}
