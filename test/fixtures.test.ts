import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../src/cli/shared/context.ts';
import { judge } from '../src/judge.ts';
import { FIXTURES, fixtureFiles, NAMESPACE, readFixture } from './support/fixtures.ts';
import { review } from './support/review-run.ts';

const OUTCOMES = { allow: ['pass', 'exempt'], deny: ['fail'], unknown: ['unknown'] } as const;
const EXIT_CODES = { allow: EXIT.accepted, deny: EXIT.refused, unknown: EXIT.unknown };

describe.each(fixtureFiles())('$path', (file) => {
  const { subject, policy, ports } = readFixture(file);

  it(`says ${OUTCOMES[file.prefix][0]} by its own rule, and by no other`, async () => {
    const { verdicts } = await judge(subject, policy, ports, new AbortController().signal);
    const own = verdicts.find(({ rule }) => rule.id === file.rule);
    // What one rule cannot know, others cannot either.
    const fine = file.prefix === 'unknown' ? ['pass', 'unknown'] : ['pass'];
    const others = verdicts.filter(({ rule, outcome }) => rule.id !== file.rule && !fine.includes(outcome));
    expect(others).toEqual([]);
    const why = own?.outcome === 'unknown' ? `: ${own.reason}` : '';
    expect(OUTCOMES[file.prefix], `${file.path} is judged ${own?.outcome}${why}`).toContain(own?.outcome);
    if (own?.outcome !== 'fail') return;
    for (const { path, required } of own.findings) {
      expect(path).toMatch(/^(spec|metadata|status|template|provisioner|subsets|endpoints|addressType)\b/);
      expect(required).not.toBe('');
    }
  });

  it('plays in the namespace of all fixtures', () => {
    expect(subject.namespace).toBe(NAMESPACE);
  });

  it('prints what stands beside it', async () => {
    const path = join(FIXTURES, file.path);
    const { code, stdout, stderr } = await review(['--fixtures', '--profile', 'private', path]);
    expect(stderr).toBe('');
    expect(code).toBe(EXIT_CODES[file.prefix]);
    // The folder differs from one checkout to the next.
    await expect(stdout.replaceAll(`${dirname(path)}/`, '')).toMatchFileSnapshot(path.replace(/\.yaml$/, '.out'));
  });
});
