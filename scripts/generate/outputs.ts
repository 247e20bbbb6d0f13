import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runProgram } from '../../test/support/command-line.ts';

const FIXTURES = 'test/rules';
/** The moment that a fixture plays at where it names none. */
const NOW = new Date('2026-11-01T00:00:00Z');

/** What `review --fixtures` prints for every fixture, by the path of the file that lies beside it. */
export async function fixtureOutputs(): Promise<Map<string, string>> {
  const outputs = new Map<string, string>();
  for (const entry of (await readdir(FIXTURES, { recursive: true })).sort()) {
    if (!entry.endsWith('.yaml')) continue;
    const path = join(FIXTURES, entry);
    outputs.set(path.replace(/\.yaml$/, '.out'), await outputOf(path));
  }
  return outputs;
}

async function outputOf(path: string): Promise<string> {
  const { stdout, stderr } = await runProgram(['review', '--fixtures', '--profile', 'private', path], { now: NOW });
  if (stderr !== '') throw new Error(`${path} is no fixture that can be reviewed:\n${stderr}`);
  return stdout.replaceAll(`${dirname(path)}/`, '');
}
