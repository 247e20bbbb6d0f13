import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Clock, REAL_CLOCK } from '../../src/runtime/clock.ts';
import { type ScriptedApi, sendStatus, startScriptedApi } from '../support/scripted-api.ts';
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

it('knows nothing before the first list is complete, then everything, in whole objects without managedFields', async () => {
  let finish = (): void => undefined;
  play(api, [
    (response, { url }) => {
      if (url.searchParams.get('continue') === null) return sendList(response, '7', [widget('a', '3')], 'more');
      finish = () => sendList(response, '7', [widget('b', '4', { spec: { size: 3 } })]);
    },
  ]);
  const { reflector } = await reflect(api, stop.signal);
  await eventually(() => expect(api.requests).toHaveLength(2));
  expect(reflector.synced).toBe(false);
  expect(names(reflector)).toBe('widgets have not been listed yet');

  finish();
  await reflector.whenSynced();
  expect(reflector.synced).toBe(true);
  expect(reflector.list('one')).toEqual({
    known: true,
    value: [
      {
        apiVersion: 'example.com/v1',
        kind: 'Widget',
        metadata: { name: 'a', namespace: 'one', resourceVersion: '3' },
      },
      {
        apiVersion: 'example.com/v1',
        kind: 'Widget',
        metadata: { name: 'b', namespace: 'one', resourceVersion: '4' },
        spec: { size: 3 },
      },
    ],
  });
  expect(reflector.list('another')).toEqual({ known: true, value: [] });
  await eventually(() => expect(watchesFrom(api)).toEqual(['7']));
  const [query] = api.requests.filter(isWatch);
  expect(query?.url.searchParams.get('allowWatchBookmarks')).toBe('true');
  expect(Number(query?.url.searchParams.get('timeoutSeconds'))).toBeGreaterThanOrEqual(30);
});

it('follows what is added, modified and deleted, and keeps of it what the projection keeps', async () => {
  let watch: ServerResponse | undefined;
  play(api, [(response) => sendList(response, '7', [widget('a', '3')])], [(response) => (watch = response)]);
  const { reflector } = await reflect(api, stop.signal, { project: ({ metadata, spec }) => ({ metadata, spec }) });
  await eventually(() => expect(watch).toBeDefined());
  if (!watch) return;
  sendEvent(watch, 'ADDED', widget('b', '8'));
  sendEvent(watch, 'MODIFIED', widget('a', '9', { spec: { size: 9 }, status: {} }));
  await eventually(() => expect(names(reflector)).toEqual(['a', 'b']));
  await eventually(() =>
    expect(reflector.list('one')).toMatchObject({ known: true, value: [{ spec: { size: 9 } }, {}] }),
  );
  expect(reflector.list('one')).not.toMatchObject({ value: [{ status: {} }, {}] });
  sendEvent(watch, 'DELETED', widget('a', '10'));
  await eventually(() => expect(names(reflector)).toEqual(['b']));
  sendEvent(watch, 'DELETED', widget('b', '11'));
  await eventually(() => expect(names(reflector)).toEqual([]));
});

it('resumes where it was after a watch that showed life, in whatever way it ended, without a new list', async () => {
  play(
    api,
    [(response) => sendList(response, '7', [widget('a', '3')])],
    [
      (response) => {
        sendEvent(response, 'ADDED', widget('b', '8'));
        response.end();
      },
      (response) => {
        sendEvent(response, 'BOOKMARK', { kind: 'Widget', metadata: { resourceVersion: '20' } });
        response.write('{"type":"ADDED","object":{"metadata":{"na', () => response.destroy());
      },
      (response) => {
        sendEvent(response, 'ADDED', widget('c', '21'));
        response.write('no JSON at all\n');
      },
      (response) => {
        sendEvent(response, 'ADDED', widget('d', '22'));
        response.end('{"type":"ADDED"');
      },
    ],
  );
  const { reflector, told } = await reflect(api, stop.signal);
  await eventually(() => expect(watchesFrom(api)).toEqual(['7', '8', '20', '21', '22']));
  expect(names(reflector)).toEqual(['a', 'b', 'c', 'd']);
  expect(told.lists).toEqual([1]);
  expect(told.errors).toHaveLength(4);
  expect(told.errors[0]).toBe('the watch was ended early');
  expect(told.errors[1]).toMatch(/aborted|ECONNRESET/);
  expect(told.errors[2]).toBe('the API server sent something that is not JSON');
  expect(told.errors[3]).toBe('the watch was cut in the middle of an event');
});

it('counts as unknown when nothing was heard for too long, and is known again when something is', async () => {
  let now = 1000;
  const clock: Clock = { ...REAL_CLOCK, now: () => now };
  let watch: ServerResponse | undefined;
  play(api, [(response) => sendList(response, '7', [widget('a', '3')])], [(response) => (watch = response)]);
  const { reflector } = await reflect(api, stop.signal, { clock, timing: { ...FAST, staleMs: 60_000 } });
  await eventually(() => expect(watch).toBeDefined());
  now += 60_000;
  expect(reflector.contactAgeMs()).toBe(60_000);
  expect(names(reflector)).toEqual(['a']);
  now += 1;
  expect(names(reflector)).toBe('nothing was heard of widgets for 60 s');
  expect(reflector.synced).toBe(true);

  // A bookmark that stands still comes from memory, one that moves on comes from the storage.
  if (watch) sendEvent(watch, 'BOOKMARK', { metadata: { resourceVersion: '7' } });
  if (watch) sendEvent(watch, 'BOOKMARK', { metadata: { resourceVersion: '10' } });
  await eventually(() => expect(names(reflector)).toEqual(['a']));
  now += 60_001;
  if (watch) sendEvent(watch, 'BOOKMARK', { metadata: { resourceVersion: '10' } });
  if (watch) sendEvent(watch, 'BOOKMARK', { metadata: { resourceVersion: '9' } });
  if (watch) sendEvent(watch, 'ADDED', { metadata: { resourceVersion: '11' } });
  await eventually(() => expect(watchesFrom(api)).toEqual(['7', '10']));
  expect(names(reflector)).toMatch(
    /^nothing was heard of widgets for 60 s \(the API server sent an object without a name\)$/,
  );
});

it('stays stale on bookmarks that do not move on', async () => {
  let now = 1000;
  const clock: Clock = { ...REAL_CLOCK, now: () => now };
  let lists = 0;
  api.play((request, response) => {
    if (!isWatch(request)) {
      if (lists++ === 0) return sendList(response, '7', [widget('a', '3')]);
      return sendStatus(response, 504, 'Timeout', 'the storage does not answer');
    }
    response.writeHead(200);
    sendEvent(response, 'BOOKMARK', { metadata: { resourceVersion: '7' } });
    now += 40_000;
    response.end();
  });
  const { reflector, told } = await reflect(api, stop.signal, {
    clock,
    // By the clock, no watch ends early.
    timing: { ...FAST, watchSeconds: 30, staleMs: 30_000 },
  });
  await eventually(() => expect(told.errors.length).toBeGreaterThan(0));
  expect(names(reflector)).toBe('nothing was heard of widgets for 40 s (HTTP 504: the storage does not answer)');
});

it('ends when it is told to, in the middle of a list and of a watch', async () => {
  api.play(() => undefined);
  const first = await reflect(api, stop.signal);
  await eventually(() => expect(api.requests).toHaveLength(1));
  stop.abort();
  await first.running;
  expect(first.told.errors).toEqual([]);

  stop = new AbortController();
  play(api, [(response) => sendList(response, '7', [])]);
  const second = await reflect(api, stop.signal);
  await eventually(() => expect(watchesFrom(api)).toHaveLength(1));
  stop.abort();
  await second.running;
  expect(second.told.errors).toEqual([]);
});
