import { describe, expect, it } from 'vitest';
import { reviewOf, subjectOf } from '../../src/engine/admission-review.ts';
import { errorAnswer } from '../../src/engine/answer.ts';
import { deployment, pod } from '../support/pods.ts';

const NOW = new Date('2026-11-01T00:00:00Z');
const KIND = { group: '', version: 'v1', kind: 'Pod' };
const REQUEST = {
  uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
  kind: KIND,
  resource: { group: '', version: 'v1', resource: 'pods' },
  namespace: 'qdrant',
  operation: 'CREATE',
  userInfo: { username: 'ada', groups: ['system:authenticated'] },
  object: pod(),
};

const reviewWith = (request: unknown, rest: object = {}) => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request,
  ...rest,
});
const parsed = (changes: object = {}) => partsOf(reviewWith({ ...REQUEST, ...changes }));

/** The subject, or what is wrong with the request. */
function partsOf(review: unknown) {
  const result = subjectOf(review, NOW);
  return result.ok ? result.value : result.error;
}

describe('an AdmissionReview', () => {
  it('becomes the subject of a judgement', () => {
    expect(parsed()).toMatchObject({
      uid: REQUEST.uid,
      operation: 'CREATE',
      subresource: '',
      namespace: 'qdrant',
      object: pod(),
      user: { username: 'ada', groups: ['system:authenticated'] },
      dryRun: false,
      now: NOW,
      ref: 'Pod qdrant/qdrant-0',
    });
    expect(parsed()).not.toHaveProperty('oldObject');
  });

  it('of an UPDATE brings the old object, and the subresource', () => {
    const update = {
      operation: 'UPDATE',
      subResource: 'ephemeralcontainers',
      oldObject: pod({ hostIPC: true }),
      dryRun: true,
    };
    expect(parsed(update)).toMatchObject({
      operation: 'UPDATE',
      subresource: 'ephemeralcontainers',
      object: pod(),
      oldObject: pod({ hostIPC: true }),
      dryRun: true,
    });
  });

  it('of a DELETE is about the old object', () => {
    const deletion = { operation: 'DELETE', object: null, oldObject: pod({ hostIPC: true }) };
    expect(parsed(deletion)).toMatchObject({ operation: 'DELETE', object: pod({ hostIPC: true }) });
    expect(parsed(deletion)).not.toHaveProperty('oldObject');
    expect(parsed({ operation: 'DELETE', oldObject: null })).toEqual({
      problem: 'request.oldObject is missing: expected an object',
      uid: REQUEST.uid,
    });
  });

  it('of a CONNECT is about its options', () => {
    const object = { apiVersion: 'v1', kind: 'PodExecOptions', command: ['sh'] };
    const subject = parsed({
      operation: 'CONNECT',
      subResource: 'exec',
      kind: { ...KIND, kind: 'PodExecOptions' },
      object,
    });
    expect(subject).toMatchObject({ operation: 'CONNECT', subresource: 'exec', object });
  });

  it('takes the namespace from the request where the object names none', () => {
    const { metadata: _, ...rest } = pod() as { metadata: object };
    expect(parsed({ object: rest })).toMatchObject({ namespace: 'qdrant', ref: 'Pod qdrant/(no name)' });
    expect(parsed({ object: pod({}, { namespace: '' }) })).toMatchObject({ namespace: 'qdrant' });
    expect(parsed({ object: pod({}, { namespace: null, name: null, generateName: 'loader-' }) })).toMatchObject({
      ref: 'Pod qdrant/loader-*',
    });
  });

  it('reads a user whose name or groups are missing or no text as nobody', () => {
    expect(parsed({ userInfo: undefined })).toMatchObject({ user: { username: '', groups: [] } });
    expect(parsed({ userInfo: { username: 7, groups: ['a', null, 'b'] } })).toMatchObject({
      user: { username: '', groups: ['a', 'b'] },
    });
  });

  it('agrees with the kinds of other groups', () => {
    const kind = { group: 'apps', version: 'v1', kind: 'Deployment' };
    expect(parsed({ kind, object: deployment() })).toMatchObject({ ref: 'Deployment qdrant/loader' });
    expect(parsed({ kind: { ...kind, group: '' }, object: deployment() })).toHaveProperty('problem');
    expect(parsed({ kind: { ...kind, version: 'v1beta1' }, object: deployment() })).toHaveProperty('problem');
  });
});

describe('a request that makes no sense', () => {
  it.each<[string, unknown]>([
    ['no object', []],
    ['text', 'AdmissionReview'],
    ['nothing', null],
    ['a number', 7],
  ])('is refused without a uid where the body is %s', (_, body) => {
    expect(partsOf(body)).toEqual({ problem: 'the body is not an AdmissionReview: expected a JSON object' });
  });

  it.each<[string, object, RegExp]>([
    ['no request', reviewWith(undefined), /request is missing/],
    ['a request that is a list', reviewWith([]), /request is missing/],
    ['a request that is inherited', JSON.parse('{"__proto__": {"request": {"uid": "x"}}}'), /request is missing/],
    ['no uid', reviewWith({ ...REQUEST, uid: undefined }), /uid is missing/],
    ['an empty uid', reviewWith({ ...REQUEST, uid: '' }), /uid is missing/],
    ['a uid that is no text', reviewWith({ ...REQUEST, uid: 7 }), /uid is missing/],
  ])('is refused without a uid where it has %s', (_, review, message) => {
    expect(partsOf(review)).toEqual({ problem: expect.stringMatching(message) });
  });

  it.each<[string, object, RegExp]>([
    ['another version', { apiVersion: 'admission.k8s.io/v1beta1' }, /must be admission\.k8s\.io\/v1 AdmissionReview/],
    ['another kind', { kind: 'ConversionReview' }, /must be admission\.k8s\.io\/v1 AdmissionReview/],
    ['no version', { apiVersion: undefined }, /must be admission\.k8s\.io\/v1 AdmissionReview/],
  ])('is refused by its uid where it is of %s', (_, rest, message) => {
    expect(partsOf(reviewWith(REQUEST, rest))).toEqual({
      uid: REQUEST.uid,
      problem: expect.stringMatching(message),
    });
  });

  it.each<[string, object, RegExp]>([
    ['no operation', { operation: undefined }, /operation must be one of CREATE, UPDATE, DELETE, CONNECT/],
    ['an unknown operation', { operation: 'PATCH' }, /operation must be one of/],
    ['an operation in lower case', { operation: 'create' }, /operation must be one of/],
    ['no kind', { kind: undefined }, /kind is missing/],
    ['a kind that is text', { kind: 'Pod' }, /kind is missing/],
    ['no object', { object: null }, /request\.object is missing/],
    ['an object that is a list', { object: [pod()] }, /request\.object is missing/],
    [
      'an object without a kind',
      { object: { ...pod(), kind: undefined } },
      /request\.object has no apiVersion and kind/,
    ],
    [
      'an object of another kind',
      { object: { ...pod(), kind: 'Service' } },
      /request\.kind is v1 Pod, but .* v1 Service/,
    ],
    [
      'an object of another group',
      { object: { ...pod(), apiVersion: 'x.io/v1' } },
      /but request\.object is x\.io\/v1 Pod/,
    ],
    ['an object of another version', { object: { ...pod(), apiVersion: 'v2' } }, /but request\.object is v2 Pod/],
    ['a kind of another case', { kind: { ...KIND, kind: 'pod' } }, /request\.kind is v1 pod/],
    ['an UPDATE without an old object', { operation: 'UPDATE' }, /request\.oldObject is missing/],
    [
      'an old object of another kind',
      { operation: 'UPDATE', oldObject: { ...pod(), kind: 'Service' } },
      /but request\.oldObject is v1 Service/,
    ],
    [
      'an object in another namespace',
      { object: pod({}, { namespace: 'other' }) },
      /is "qdrant", but the object says "other"/,
    ],
    ['no namespace for an object in one', { namespace: undefined }, /is "", but the object says "qdrant"/],
    ['a namespace that is no text', { namespace: ['qdrant'] }, /must be strings/],
    ['a subresource that is no text', { subResource: {} }, /must be strings/],
    [
      'a field of the wrong type',
      { object: pod({ hostPID: 'true' }) },
      /request\.object\.spec\.hostPID is a string: expected true or false/,
    ],
    [
      'an old field of the wrong type',
      { operation: 'UPDATE', oldObject: pod({ containers: {} }) },
      /request\.oldObject\.spec\.containers is an object: expected a list/,
    ],
    ['a pod without containers', { object: pod({ containers: [] }) }, /expected at least one container/],
  ])('is refused by its uid where it has %s', (_, changes, message) => {
    expect(parsed(changes)).toEqual({ uid: REQUEST.uid, problem: expect.stringMatching(message) });
  });
});

describe('the review that carries an answer back', () => {
  it('says no more than yes where all is well', () => {
    expect(reviewOf('u', { allowed: true, warnings: [], auditAnnotations: {} })).toEqual({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: 'u', allowed: true, auditAnnotations: {} },
    });
  });

  it.each([
    [403, 'Forbidden'],
    [503, 'ServiceUnavailable'],
    [400, 'BadRequest'],
  ] as const)('says %d %s with its reason', (code, reason) => {
    const answer = { allowed: false, code, message: 'no', warnings: ['w'], auditAnnotations: { a: 'b' } };
    expect(reviewOf('u', answer)).toMatchObject({
      response: {
        uid: 'u',
        allowed: false,
        status: { status: 'Failure', code, reason, message: 'no' },
        warnings: ['w'],
        auditAnnotations: { a: 'b' },
      },
    });
  });

  it('is JSON that carries the uid of each request', () => {
    const [a, b] = ['a', 'b'].map((uid) => JSON.parse(JSON.stringify(reviewOf(uid, errorAnswer(400, 'no')))));
    expect([a.response.uid, b.response.uid]).toEqual(['a', 'b']);
  });
});
