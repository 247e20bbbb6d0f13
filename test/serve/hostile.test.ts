import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ask, dial, GOOD_POD, metric, review, reviewOf, type Serving, startServing } from '../support/serving.ts';

const GOOD = JSON.stringify(reviewOf(GOOD_POD));
const MOST_BYTES = 8 * 1024 * 1024;

let serving: Serving;
beforeAll(async () => {
  serving = await startServing();
});
afterAll(() => serving.stop());

// Whatever was sent, nothing was thrown, and the next review is answered as usual.
afterEach(async () => {
  expect(await metric(serving, 'qdrant_admission_throws_total')).toBe(0);
  expect(await review(serving, GOOD)).toMatchObject({ allowed: true });
});

/** Returns a good pod with some fields replaced. */
function podWith(change: object): object {
  return { ...GOOD_POD, ...change };
}

describe('transport', () => {
  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('refuses %s', async (method) => {
    const { status, headers } = await ask(serving, '', { method });
    expect(status).toBe(405);
    expect(headers['allow']).toBe('POST');
  });

  it.each(['/', '/validate/', '/validate/x', '/validatex', '/../validate', '//validate', '/VALIDATE', '/%76alidate'])(
    'answers 404 for the path %s',
    async (path) => {
      expect((await ask(serving, GOOD, { path })).status).toBe(404);
    },
  );

  it.each([
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'Application/JSON; charset="utf-8"',
    'application/json',
  ])('accepts the content type %s', async (type) => {
    expect((await ask(serving, GOOD, { headers: { 'Content-Type': type } })).status).toBe(200);
  });

  it.each([
    'application/json; charset=utf-16',
    'application/json; charset=latin1',
    'application/json; q=1',
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/vnd.kubernetes.protobuf',
    'application/jsonx',
    '',
  ])('refuses the content type "%s"', async (type) => {
    expect((await ask(serving, GOOD, { headers: { 'Content-Type': type } })).status).toBe(415);
  });

  it.each(['gzip', 'deflate', 'identity'])('refuses the content encoding %s', async (encoding) => {
    const { status } = await ask(serving, gzipSync(GOOD), { headers: { 'Content-Encoding': encoding } });
    expect(status).toBe(415);
  });

  it('accepts a body of 8 MiB, but not one byte more', async () => {
    const padded = (size: number) => Buffer.concat([Buffer.from(GOOD), Buffer.alloc(size - GOOD.length, ' ')]);
    expect((await ask(serving, padded(MOST_BYTES))).status).toBe(200);
    expect(await ask(serving, padded(MOST_BYTES + 1))).toMatchObject({ status: 413, text: expect.any(String) });
  });

  it('has the same limit for a chunked body', async () => {
    const headers = { 'Transfer-Encoding': 'chunked' };
    expect((await ask(serving, Buffer.alloc(MOST_BYTES + 1, ' '), { headers })).status).toBe(413);
    expect((await ask(serving, GOOD, { headers })).status).toBe(200);
  });

  it('accepts Expect: 100-continue', async () => {
    const { socket, sofar, received } = await dial(serving);
    socket.write(head(GOOD.length, 'Expect: 100-continue', 'Connection: close'));
    while (!sofar().startsWith('HTTP/1.1 100 ')) await once(socket, 'data');
    socket.write(GOOD);
    expect(await received).toContain('"allowed":true');
  });

  it('answers pipelined requests in their order', async () => {
    const { socket, received } = await dial(serving);
    const asked = (uid: string, ...headers: string[]) => {
      const body = JSON.stringify(reviewOf(GOOD_POD, { uid }));
      return head(body.length, ...headers) + body;
    };
    socket.write(asked('first') + asked('second') + asked('third', 'Connection: close'));
    const uids = [...(await received).matchAll(/"uid":"(\w+)"/g)].map(([, uid]) => uid);
    expect(uids).toEqual(['first', 'second', 'third']);
  });

  it.each([
    ['two lengths', `${head(GOOD.length, 'Content-Length: 3')}${GOOD}`],
    ['a length and chunks', `${head(GOOD.length, 'Transfer-Encoding: chunked')}0\r\n\r\n`],
    ['a negative length', head('-1')],
    ['headers of 32 KB', head(0, `X-Long: ${'a'.repeat(32 * 1024)}`)],
    ['no HTTP at all', '\0\0\0\0 hello \r\n\r\n'],
    ['HTTP/2 without negotiation', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('refuses %s, and closes the connection', async (_, bytes) => {
    const { socket, received } = await dial(serving);
    socket.write(bytes);
    const text = await received;
    expect(text).toMatch(/^(?:HTTP\/1\.1 4\d\d |$)/);
    expect(text).not.toContain('"allowed":true');
  });

  it('survives callers that disconnect in the middle of a body', async () => {
    const before = await metric(serving, 'qdrant_admission_bad_requests_total{reason="aborted"}');
    const callers = await Promise.all(Array.from({ length: 20 }, () => dial(serving)));
    for (const { socket } of callers) socket.write(head(1_000_000) + 'a'.repeat(1000));
    for (const { socket, received } of callers) {
      socket.destroy();
      await received;
    }
    const aborted = () => metric(serving, 'qdrant_admission_bad_requests_total{reason="aborted"}');
    while ((await aborted()) < before + callers.length) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  it('refuses a caller that offers only HTTP/2', async () => {
    await expect(dial(serving, { ALPNProtocols: ['h2'] })).rejects.toThrow();
  });

  it('refuses a caller that offers only TLS 1.1', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
    await expect(dial(serving, old)).rejects.toThrow();
  });

  it('refuses and counts a caller that does not speak TLS', async () => {
    const before = await metric(serving, 'qdrant_admission_tls_client_errors_total');
    const socket = connectPlain(serving.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`GET / HTTP/1.1\r\n\r\n`);
    socket.resume();
    await once(socket, 'close');
    expect(await metric(serving, 'qdrant_admission_tls_client_errors_total')).toBeGreaterThan(before);
  });
});

function head(length: number | string, ...headers: readonly string[]): string {
  const lines = ['POST /validate HTTP/1.1', 'Host: localhost', 'Content-Type: application/json'];
  return [...lines, `Content-Length: ${length}`, ...headers, '', ''].join('\r\n');
}

describe('a body that is not JSON', () => {
  it.each([
    ['nothing', ''],
    ['a byte order mark', `\ufeff${GOOD}`],
    ['something after the end', `${GOOD} x`],
    ['two values', `${GOOD}${GOOD}`],
    ['a truncated review', GOOD.slice(0, -1)],
    ['NaN', '{"a":NaN}'],
    ['Infinity', '{"a":-Infinity}'],
    ['a comment', `/* a */ ${GOOD}`],
    ['YAML', 'apiVersion: admission.k8s.io/v1'],
    ['nothing but opening brackets', '['.repeat(MOST_BYTES)],
    ['nothing but nested objects', '{"a":'.repeat(MOST_BYTES / 5)],
    ['a NUL', `${GOOD}\0`],
  ])('gets HTTP 400: %s', async (_, body) => {
    const { status, headers, text } = await ask(serving, body);
    expect(status).toBe(400);
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(text).toMatch(/^the body .*\n$/);
  });

  it.each([
    ['an invalid byte', [0x22, 0xff, 0x22]],
    ['a surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['an incomplete character', [0x22, 0xe4, 0xb8]],
    ['UTF-16', [...Buffer.from('\ufeff{}', 'utf16le')]],
  ])('gets HTTP 400: %s', async (_, bytes) => {
    expect(await ask(serving, Buffer.from(bytes))).toMatchObject({ status: 400, text: 'the body is not UTF-8\n' });
  });

  it('gets HTTP 413 if it has more values than any object', async () => {
    expect((await ask(serving, `[${'{},'.repeat(2_000_000)}0]`)).status).toBe(413);
  });
});

describe('a body that is no AdmissionReview', () => {
  it.each([
    ['a number', 7],
    ['a list', []],
    ['null', null],
    ['an empty object', {}],
    ['a list for a request', { request: [] }],
    ['a request without uid', { ...reviewOf(GOOD_POD, { uid: undefined }) }],
    ['an empty uid', { ...reviewOf(GOOD_POD, { uid: '' }) }],
    ['a uid of more than 256 characters', { ...reviewOf(GOOD_POD, { uid: 'a'.repeat(257) }) }],
    ['a uid that is a number', { ...reviewOf(GOOD_POD, { uid: 7 }) }],
    ['a response only', { response: { uid: 'a', allowed: true } }],
  ])('gets HTTP 400: %s', async (_, body) => {
    const { status, text } = await ask(serving, JSON.stringify(body));
    expect(status).toBe(400);
    expect(text).not.toContain('allowed');
  });

  it('gets HTTP 400 if its request is only inherited', async () => {
    expect((await ask(serving, `{"__proto__":${GOOD}}`)).status).toBe(400);
  });
});

describe('an invalid review is denied with its uid', () => {
  const uid = 'hostile-1';
  const deep = JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`);
  it.each([
    ['of version v1beta1', { ...reviewOf(GOOD_POD, { uid }), apiVersion: 'admission.k8s.io/v1beta1' }, 400],
    ['of another kind', { ...reviewOf(GOOD_POD, { uid }), kind: 'AdmissionRequest' }, 400],
    ['with an unknown operation', reviewOf(GOOD_POD, { uid, operation: 'create' }), 400],
    ['without an operation', reviewOf(GOOD_POD, { uid, operation: undefined }), 400],
    ['without a kind', reviewOf(GOOD_POD, { uid, kind: undefined }), 400],
    ['without an object', reviewOf(GOOD_POD, { uid, object: null }), 400],
    ['with a list for an object', reviewOf(GOOD_POD, { uid, object: [GOOD_POD] }), 400],
    [
      'whose kind is not that of its object',
      reviewOf(GOOD_POD, { uid, kind: { group: '', version: 'v1', kind: 'Node' } }),
      400,
    ],
    [
      'whose version is not that of its object',
      reviewOf(GOOD_POD, { uid, kind: { group: 'a', version: 'v1', kind: 'Pod' } }),
      400,
    ],
    ['whose namespace is not that of its object', reviewOf(GOOD_POD, { uid, namespace: 'other' }), 400],
    ['with a namespace that is a number', reviewOf(GOOD_POD, { uid, namespace: 7 }), 400],
    ['of a deletion without the deleted object', reviewOf(GOOD_POD, { uid, operation: 'DELETE' }), 400],
    ['of an update without the old object', reviewOf(GOOD_POD, { uid, operation: 'UPDATE' }), 400],
    ['of a pod without a spec', reviewOf(podWith({ spec: undefined }), { uid }), 400],
    ['of a pod without containers', reviewOf(podWith({ spec: { containers: [] } }), { uid }), 400],
    ['of a pod with a null for a container', reviewOf(podWith({ spec: { containers: [null] } }), { uid }), 400],
    ['of a pod with an object for containers', reviewOf(podWith({ spec: { containers: { 0: {} } } }), { uid }), 400],
    [
      'of a pod with a list for a security context',
      reviewOf(podWith({ spec: { ...GOOD_POD.spec, securityContext: [] } }), { uid }),
      400,
    ],
    [
      'of a pod with a text for a boolean',
      reviewOf(podWith({ spec: { ...GOOD_POD.spec, hostNetwork: 'false' } }), { uid }),
      400,
    ],
    [
      'of a pod with a fraction for a user',
      reviewOf(podWith({ spec: { ...GOOD_POD.spec, securityContext: { runAsUser: 0.5 } } }), { uid }),
      400,
    ],
    ['of a pod with nested labels', reviewOf(podWith({ metadata: { name: 'a', labels: { a: deep } } }), { uid }), 400],
    [
      'of a pod with more containers than are judged',
      reviewOf(podWith({ spec: { containers: Array(20_000).fill({}) } }), { uid }),
      400,
    ],
    [
      'of a pod in no namespace',
      reviewOf({ ...GOOD_POD, metadata: { name: 'a' } }, { uid, namespace: undefined }),
      503,
    ],
  ])('%s', async (_, body, code) => {
    const { status, ...answer } = await review(serving, body);
    expect(answer).toMatchObject({ uid, allowed: false });
    expect(status?.code).toBe(code);
    expect(status?.message).not.toBe('');
  });
});

describe('keys and texts with a special meaning in JavaScript', () => {
  it('cannot change a prototype', async () => {
    const polluting = GOOD.replace(
      '"spec":{',
      '"spec":{"__proto__":{"hostNetwork":true},"constructor":{"prototype":{"a":1}},',
    );
    expect(await review(serving, polluting)).toMatchObject({ allowed: true });
    expect(Object.hasOwn(Object.prototype, 'hostNetwork')).toBe(false);
  });

  it('are read as the API server reads them: the last of two equal keys counts, and upper case matters', async () => {
    const twice = GOOD.replace('"spec":{', '"spec":{"hostNetwork":false,"hostNetwork":true,');
    expect(await review(serving, twice)).toMatchObject({ allowed: false, status: { code: 403 } });
    const spelled = GOOD.replace('"runAsNonRoot":true', '"RunAsNonRoot":true');
    expect(await review(serving, spelled)).toMatchObject({ allowed: false, status: { code: 403 } });
  });

  it('are escaped in the answer', async () => {
    const pod = podWith({
      metadata: { name: '\u001b[31m\u202e\ud800', namespace: 'qdrant' },
      spec: { containers: [{}] },
    });
    const { status } = await review(serving, reviewOf(pod));
    expect(status?.message).toContain('Pod qdrant/\\u{1b}[31m\\u{202e}\\u{d800} breaks');
  });

  it.each(['a'.repeat(1_000_000), '\u0001'.repeat(400_000)])('are cut if they are long', async (long) => {
    const pod = podWith({
      metadata: { name: long, namespace: 'qdrant' },
      spec: { containers: [{ name: long, securityContext: { procMount: long } }] },
    });
    const { status } = await review(serving, reviewOf(pod));
    expect(status?.code).toBe(403);
    expect(status?.message.length).toBeLessThan(40_000);
  });

  it('cannot make the answer arbitrarily long', async () => {
    const pod = podWith({ spec: { containers: Array(1000).fill({ securityContext: { privileged: true } }) } });
    const { status } = await review(serving, reviewOf(pod));
    expect(status?.message).toMatch(/… and \d+ more/);
    expect(status?.message.split('\n').length).toBeLessThan(40);
  });
});
