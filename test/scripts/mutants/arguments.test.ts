import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseMutantsArguments } from '../../../scripts/mutants/arguments.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const parse = (...argv: readonly string[]) => parseMutantsArguments(argv, ROOT);

describe('the arguments of npm run mutants', () => {
  it('may all be left out', () => {
    expect(parse()).toMatchObject({ count: 60, paths: [], shares: [], survivors: 3, list: false });
  });

  it('name paths with src/ and without', () => {
    const typed = parse('--in', 'src/facts/', '--in', 'judge.ts', '--at-least', 'facts=15', '--seed', '0');
    expect(typed).toMatchObject({
      paths: ['src/facts', 'src/judge.ts'],
      shares: [{ path: 'src/facts', least: 15 }],
      seed: 0,
    });
  });

  it.each([
    [['--count', 'many'], '--count many: expected a whole number from 1'],
    [['--count', ''], '--count : expected a whole number from 1'],
    [['--seed', '1.5'], '--seed 1.5: expected a whole number from 0'],
    [['--in', 'test'], '--in test: expected a folder or a file below src/'],
    [['--at-least', 'facts'], '--at-least facts=: expected a whole number from 1'],
    [['--count', '10', '--at-least', 'facts=11'], '--at-least asks for 11 mutants, and --count draws 10'],
    [['--counts'], '--counts'],
  ])('%j are refused', (argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
  });
});
