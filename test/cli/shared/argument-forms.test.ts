import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditCommand } from '../../../src/cli/audit/command.ts';
import { reviewCommand } from '../../../src/cli/review/command.ts';
import { inLibraryForm } from '../../../src/cli/shared/argument-forms.ts';
import { badPod, files, goodPod, review, reviewJson } from '../../support/review-run.ts';

describe('the forms in which flags are written', () => {
  it.each([
    [
      ['f', '--quiet'],
      ['f', '--quiet'],
    ],
    [
      ['--namespace', 'a', 'f'],
      ['--namespace', 'a', 'f'],
    ],
    [
      ['--namespace=a', 'f'],
      ['--namespace=a', 'f'],
    ],
    [
      ['--namespace=', 'f'],
      ['--namespace', '', 'f'],
    ],
    [
      ['-n', 'a', 'f'],
      ['--namespace', 'a', 'f'],
    ],
    [
      ['-na', 'f'],
      ['--namespace=a', 'f'],
    ],
    [
      ['-n=a', 'f'],
      ['--namespace=a', 'f'],
    ],
    [
      ['-n=', 'f'],
      ['--namespace', '', 'f'],
    ],
    [
      ['--namespace=a\nb', 'f'],
      ['--namespace', 'a\nb', 'f'],
    ],
    [
      ['--namespace', '-', 'f'],
      ['--namespace', '-', 'f'],
    ],
    [
      ['--format=json', '--format', 'text', 'f'],
      ['--format', 'text', 'f'],
    ],
    [
      ['-n', 'a', '-nb', 'f', '--namespace=c'],
      ['f', '--namespace=c'],
    ],
    [
      ['--quiet', 'f', '--quiet=false'],
      ['f', '--quiet=false'],
    ],
    [
      ['f', '--', '-n', '--format=', '--1'],
      ['f', '--', '-n', '--format=', '--1'],
    ],
    [['-'], ['-']],
  ])('%j are %j for the library', (typed, words) => {
    expect(inLibraryForm(typed, reviewCommand)).toEqual(words);
  });

  it('keep all values of a flag that takes several', () => {
    expect(inLibraryForm(['-n', 'a', '-nb', '--namespace=c'], auditCommand)).toEqual([
      ...['--namespace', 'a'],
      '--namespace=b',
      '--namespace=c',
    ]);
  });

  it.each([['--1'], ['-1'], ['--'.concat('ä')], ['-é=x']])('do not include %j, which is no file either', (word) => {
    expect(() => inLibraryForm([word], reviewCommand)).toThrow(`${JSON.stringify(word)} is not a flag`);
  });
});

describe('on a command line', () => {
  it('the last of several values counts, and flags may stand behind files', async () => {
    const { code, json } = await reviewJson(['-', '--format=text', '--format', 'json', '-nqdrant'], {
      stdin: badPod('a').replace('  namespace: qdrant\n', ''),
    });
    expect(code).toBe(1);
    expect(json.objects[0]?.namespace).toBe('qdrant');
  });

  it('what stands behind -- are names of files, whatever they look like', async () => {
    const root = await files({ '--quiet': badPod('a'), 'f.yaml': goodPod('b') });
    const { code, stderr } = await review(['--', '--quiet']);
    expect([code, stderr]).toEqual([3, '--quiet: does not exist\n']);
    expect((await review(['--quiet', '--', join(root, '--quiet')])).code).toBe(1);
  });

  it('a switch takes true and false', async () => {
    const stdin = goodPod('a');
    expect((await review(['--quiet=true', '-'], { stdin })).stdout).toBe('');
    expect((await review(['--quiet=false', '-'], { stdin })).stdout).toContain('accepted');
  });
});
