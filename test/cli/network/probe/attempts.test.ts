import { expect, it } from 'vitest';
import { reachOf, readAttempts, steadyReach } from '../../../../src/cli/network/probe/attempts.ts';

const attempt = (number: number, ...said: string[]) => ({
  number,
  outcomes: said.map((each, index) => [`10.0.0.${index}`, each] as const),
});

it('reads the lines of the client, and leaves out what is none', () => {
  const lines = [attempt(1, 'open'), attempt(2, 'ECONNREFUSED', 'no answer')];
  const others = ['', 'oops', '7', '{}', '{"number":"1","outcomes":[["a","open"]]}', '{"number":1,"outcomes":[]}'];
  const pairs = [
    '{"number":1,"outcomes":[["a"]]}',
    '{"number":1,"outcomes":[["a",1]]}',
    '{"number":1,"outcomes":["ab"]}',
  ];
  const log = [...others, ...lines.map((line) => JSON.stringify(line)), ...pairs].join('\n');
  expect(readAttempts(log)).toEqual(lines);
});

it.each([
  [['open'], 'open'],
  [['open', 'open'], 'open'],
  [['ECONNREFUSED'], 'denied'],
  [['no answer', 'ECONNREFUSED'], 'denied'],
  [['open', 'ECONNREFUSED'], 'mixed'],
])('%j is %s', (said, reach) => {
  expect(reachOf(attempt(1, ...said))).toBe(reach);
});

it.each([
  ['none', [], undefined],
  ['too few', ['open', 'open', 'open', 'open'], undefined],
  ['enough', ['open', 'open', 'open', 'open', 'open'], 'open'],
  ['another among the last', ['open', 'open', 'no answer', 'open', 'open'], undefined],
  ['another before the last', ['open', 'no answer', 'a', 'b', 'c', 'd'], 'denied'],
])('%s: the last attempts agree', (_, said, reach) => {
  expect(steadyReach(said.map((each, index) => attempt(index, each)))).toBe(reach);
});
