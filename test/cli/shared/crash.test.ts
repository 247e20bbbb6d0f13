import { expect, it } from 'vitest';
import { describeCrash } from '../../../src/cli/shared/crash.ts';
import { PROGRAM } from '../../support/command-line.ts';

const SECRET = 'hunter2';

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

it('names the program, the error and how to learn where', () => {
  const [what, meaning, how, ...rest] = describeCrash(new TypeError('x is not a function'), {
    program: PROGRAM,
    env: {},
  }).split('\n');
  expect(what).toBe(
    `qdrant-admission ${PROGRAM.version} (node ${process.version}) failed: TypeError: x is not a function`,
  );
  expect(meaning).toContain('a fault of this program and no verdict');
  expect(how).toContain('QDRANT_ADMISSION_DEBUG=1');
  expect(rest).toEqual(['']);
});

it('says where, and what lies behind it, when it is asked to', () => {
  const error = new Error('outer', { cause: new RangeError('inner') });
  const said = describeCrash(error, { program: PROGRAM, env: { QDRANT_ADMISSION_DEBUG: '1' } });
  expect(said).toMatch(/^ {4}at .*crash\.test\.ts:\d+:\d+/m);
  expect(said).toMatch(/^caused by RangeError: inner$/m);
  expect(said.match(/outer/g)).toHaveLength(1);
});

it.each([
  ['the parser of JSON', thrownBy(() => JSON.parse(`{"password":"${SECRET}" x}`))],
  ['a promise that was rejected with it', Object.assign(new Error(SECRET), { code: 'ERR_UNHANDLED_REJECTION' })],
  ['somebody who throws no error', SECRET],
])('does not repeat what %s quotes', (_, error) => {
  for (const env of [{}, { QDRANT_ADMISSION_DEBUG: '1' }]) {
    expect(describeCrash(error, { program: PROGRAM, env })).not.toContain(SECRET);
  }
});

it('writes nothing that a terminal could obey', () => {
  const said = describeCrash(new Error('a\u001b[2J\nb'), { program: PROGRAM, env: {} });
  expect(said).toContain('failed: Error: a\\u{1b}[2J\\u{a}b\n');
});
