import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Clock, REAL_CLOCK } from '../../src/runtime/clock.ts';
import { type ScriptedApi, sendJson, sendStatus, startScriptedApi } from '../support/scripted-api.ts';
import {
  eventually,
  FAST,
  isWatch,
  names,
  play,
  reflect,
  sendEvent,
  sendList,
  watchesFrom,
  widget,
} from '../support/watch-script.ts';

let api: ScriptedApi;
let stop: AbortController;

beforeAll(async () => {
  api = await startScriptedApi();
});

beforeEach(() => {
  api.requests.length = 0;
  stop = new AbortController();
});

afterEach(() => {
  stop.abort();
  api.cut();
});

afterAll(() => api.close());

it.each([
  ['an ERROR event 410', (response: ServerResponse) => sendEvent(response, 'ERROR', { kind: 'Status', code: 410 }), []],
  [
    'an ERROR event 500',
    (response: ServerResponse) => sendEvent(response, 'ERROR', { kind: 'Status', code: 500, message: 'etcd' }),
    ['HTTP 500: etcd'],
  ],
  ['an early end without an event', (response: ServerResponse) => response.end(), ['the watch was ended early']],
  [
    'a bookmark that stands still',
    (response: ServerResponse) => {
      sendEvent(response, 'BOOKMARK', { metadata: { resourceVersion: '7' } });
      response.end();
    },
    ['the watch was ended early'],
  ],
  ['garbage', (response: ServerResponse) => response.write('[1]\n'), ['the watch sent something that is not an event']],
  [
    'an event of no object',
    (response: ServerResponse) => sendEvent(response, 'ADDED', { kind: 'Widget' }),
    ['the watch sent an event without a resourceVersion'],
  ],
])('lists again after %s, and keeps the old content until the new list is complete', async (_, misbehave, errors) => {
  let second: ServerResponse | undefined;
  play(
    api,
    [(response) => sendList(response, '7', [widget('old', '3')]), (response) => (second = response)],
    [(response) => void misbehave(response)],
  );
  const { reflector, told } = await reflect(api, stop.signal);
  await eventually(() => expect(second).toBeDefined());
  expect(names(reflector)).toEqual(['old']);
  if (second) sendList(second, '30', [widget('new', '30')]);
  await eventually(() => expect(names(reflector)).toEqual(['new']));
  await eventually(() => expect(watchesFrom(api)).toEqual(['7', '30']));
  expect(told).toEqual({ lists: [1, 1], errors });
});

it.each([
  [410, 'Expired', []],
  [403, 'Forbidden', ['HTTP 403: no']],
])('lists again when the watch itself is answered with HTTP %i', async (status, reason, errors) => {
  let refused = false;
  api.play((request, response) => {
    if (!isWatch(request)) return sendList(response, refused ? '9' : '7', [widget('a', '3')]);
    if (refused) return void response.writeHead(200).flushHeaders();
    refused = true;
    sendStatus(response, status, reason, 'no');
  });
  const { told } = await reflect(api, stop.signal);
  await eventually(() => expect(watchesFrom(api)).toEqual(['7', '9']));
  expect(told).toEqual({ lists: [1, 1], errors });
});

it('tries again after every kind of refusal of a list, and says which it was', async () => {
  play(api, [
    (response) => sendStatus(response, 401, 'Unauthorized', 'Unauthorized'),
    (response) => sendStatus(response, 403, 'Forbidden', 'widgets is forbidden'),
    (response) => sendStatus(response, 500, 'InternalError', 'etcdserver: timeout'),
    (response) => void response.writeHead(503).end('apiserver not ready\nmore'),
    (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"items":'),
    (response) => sendJson(response, { items: [] }),
    (response) => sendJson(response, { metadata: { resourceVersion: '1' } }),
    (response) => void response.destroy(),
    (response) => sendStatus(response, 404, 'NotFound', 'the server could not find the requested resource'),
    (response) => sendList(response, '7', []),
  ]);
  const { reflector, told } = await reflect(api, stop.signal);
  await reflector.whenSynced();
  expect(told.errors).toEqual([
    'HTTP 401: Unauthorized',
    'HTTP 403: widgets is forbidden',
    'HTTP 500: etcdserver: timeout',
    'HTTP 503: apiserver not ready',
    'the API server sent something that is not JSON',
    'the list of widgets has no metadata.resourceVersion',
    'the list of widgets has no list of items',
    expect.stringMatching(/ECONNRESET/),
    'HTTP 404: the server could not find the requested resource',
  ]);
  expect(reflector.list('one')).toEqual({ known: true, value: [] });
});

it('names the last error while it knows nothing', async () => {
  play(api, [(response) => sendStatus(response, 403, 'Forbidden', 'widgets is forbidden')]);
  const { reflector, told } = await reflect(api, stop.signal);
  await eventually(() => expect(told.errors.length).toBeGreaterThan(0));
  expect(names(reflector)).toBe('widgets have not been listed yet (HTTP 403: widgets is forbidden)');
});

it('waits longer after each failure in a row, with jitter, up to a limit, and not after one that showed life', async () => {
  const sleeps: number[] = [];
  const clock: Clock = {
    ...REAL_CLOCK,
    random: () => 0.5,
    async sleep(ms, signal) {
      sleeps.push(ms);
      await REAL_CLOCK.sleep(0, signal);
    },
  };
  const refuse = (response: ServerResponse): void => sendStatus(response, 500, 'InternalError', 'no');
  play(
    api,
    [refuse, refuse, refuse, refuse, refuse, (response) => sendList(response, '7', [])],
    [
      (response) => response.end(),
      (response) => {
        sendEvent(response, 'ADDED', widget('a', '8'));
        response.end();
      },
    ],
  );
  await reflect(api, stop.signal, { clock, timing: { ...FAST, firstBackoffMs: 100, longestBackoffMs: 1000 } });
  await eventually(() => expect(watchesFrom(api)).toHaveLength(3));
  // Five lists and a watch that failed; then one that showed life, which starts from the beginning.
  expect(sleeps).toEqual([75, 150, 300, 600, 750, 750, 75]);
});

it('notices a connection that died without a word', async () => {
  let dead = true;
  api.play((request, response) => {
    if (!isWatch(request)) return sendList(response, dead ? '7' : '9', [widget('a', '3')]);
    if (!dead) return void response.writeHead(200).flushHeaders();
    dead = false;
    // Headers, and then nothing ever again: not even the end that was asked for.
    response.writeHead(200).flushHeaders();
  });
  const { told } = await reflect(api, stop.signal, { timing: { ...FAST, watchSeconds: 1, graceMs: 100 } });
  await eventually(() => expect(watchesFrom(api).slice(0, 2)).toEqual(['7', '9']));
  expect(told.errors[0]).toMatch(/^no end of the answer within 1\.[1-6] s$/);
});

it('knows that a kind whose CRD is absent has no objects, and finds one that comes later', async () => {
  let installed = false;
  api.play((request, response) => {
    if (!installed) return void response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
    if (!isWatch(request)) return sendList(response, '7', [widget('a', '3')]);
    response.writeHead(200).flushHeaders();
  });
  const { reflector, told } = await reflect(api, stop.signal, { optional: true });
  await reflector.whenSynced();
  expect(reflector.list('one')).toEqual({ known: true, value: [] });
  await eventually(() => expect(told.lists.length).toBeGreaterThan(2));
  expect(told.errors).toEqual([]);
  installed = true;
  await eventually(() => expect(names(reflector)).toEqual(['a']));
});

it.each([
  ['a 404 of something in between', '<html>Not found</html>', 'HTTP 404: <html>Not found</html>'],
  ['a kind that is not optional', '404 page not found\n', 'HTTP 404: 404 page not found'],
])('does not take for absent: %s', async (_, text, error) => {
  api.play((__, response) => void response.writeHead(404, { 'content-type': 'text/html' }).end(text));
  const { reflector, told } = await reflect(api, stop.signal, { optional: text.startsWith('<') });
  await eventually(() => expect(told.errors[0]).toBe(error));
  expect(reflector.synced).toBe(false);
});

it('does not take for absent a kind that is served in another version only', async () => {
  api.play(({ url }, response) => {
    if (url.pathname === '/apis/example.com') {
      return sendJson(response, { kind: 'APIGroup', versions: [{ groupVersion: 'example.com/v2' }] });
    }
    if (url.pathname === '/apis/example.com/v2') return sendJson(response, { resources: [{ name: 'widgets' }] });
    response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
  });
  const { reflector, told } = await reflect(api, stop.signal, { optional: true });
  await eventually(() => expect(told.errors.length).toBeGreaterThan(0));
  expect(told.errors[0]).toBe('widgets are served as example.com/v2 only, which is not known here');
  expect(reflector.synced).toBe(false);
});
