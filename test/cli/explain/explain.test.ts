import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { RULES } from '../../../src/rules/index.ts';
import { runProgram } from '../../support/command-line.ts';

it('prints the page of a rule as it stands in docs/rules', async () => {
  const { code, stdout, stderr } = await runProgram(['explain', 'privileged']);
  expect([code, stderr]).toEqual([0, '']);
  const page = await readFile(new URL('../../../docs/rules/containers/privileged.md', import.meta.url), 'utf8');
  const [title = ''] = page.split('\n');
  expect(stdout.split('\n')[0]).toBe(title);
});

it('lists all rules where none is named', async () => {
  const { code, stdout } = await runProgram(['explain']);
  expect(code).toBe(0);
  expect(stdout.split('\n').map((line) => line.split(' ')[0])).toEqual([...RULES.map(({ id }) => id), '']);
});

it.each(['nope', 'constructor', '__proto__', ''])('knows no rule called %j', async (id) => {
  const { code, stdout, stderr } = await runProgram(['explain', id]);
  expect([code, stdout]).toEqual([3, '']);
  expect(stderr).toContain(
    id === '' ? 'RULE is empty: expected the id of a rule' : `"${id}" is not a rule: expected one of`,
  );
  expect(stderr).toContain('\nMore: qdrant-admission explain --help\n');
});
