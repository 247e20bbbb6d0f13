import { execFile, execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { RULES } from '../../../src/rules/index.ts';
import { runProgram } from '../../support/command-line.ts';

const MAIN = inject('bundle');
const run = promisify(execFile);

async function proposed(...words: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await runProgram(['completion', 'propose', '--', ...words]);
  expect([code, stderr]).toEqual([0, '']);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.replace(/\t.+$/, ''));
}

describe('what is proposed', () => {
  it.each([
    [
      [''],
      [
        'audit',
        'completion',
        'config',
        'explain',
        'network',
        'review',
        'selftest',
        'serve',
        'storage',
        'uninstall',
        'verify',
      ],
    ],
    [['re'], ['review']],
    [
      ['storage', ''],
      ['attest', 'classes'],
    ],
    [['config', 'v'], ['validate']],
    [
      ['completion', ''],
      ['bash', 'fish', 'zsh'],
    ],
    [
      ['review', '--f'],
      ['--format', '--fixtures'],
    ],
    [
      ['review', '--format', ''],
      ['text', 'json'],
    ],
    [['review', '--format=j'], ['--format=json']],
    [['review', '--format', 'json', '--fo'], []],
    [['review', 'f', '--namespace=', '--col'], ['--color']],
    [
      ['review', '-nqdrant', '--color', 'a'],
      ['auto', 'always'],
    ],
    [['audit', '-n', 'a', '--names'], ['--namespace']],
    [['storage', 'classes', '--vers'], ['--version']],
    [
      ['explain', 'run-as'],
      ['run-as-non-root', 'run-as-user'],
    ],
    [['review', ''], []],
    [['review', '--config', ''], []],
    [['audit', '--config', ''], []],
    [['audit', '--config='], []],
    [
      ['audit', '--color', ''],
      ['auto', 'always', 'never'],
    ],
    [['reveiw', ''], []],
    [
      ['review', '--1', '--f'],
      ['--format', '--fixtures'],
    ],
    [['--help', ''], []],
  ])('after %j: %j', async (words, proposals) => {
    expect(await proposed(...words)).toEqual(proposals);
  });

  it('are the flags at once where nothing else can follow', async () => {
    expect(await proposed('selftest', '')).toEqual([
      '--namespace',
      '--enforcement',
      '--kubeconfig',
      '--help',
      '--version',
    ]);
  });

  it('are all rules', async () => {
    expect(await proposed('explain', '')).toEqual(RULES.map(({ id }) => id));
  });

  it('comes with what it is', async () => {
    const { stdout } = await runProgram(['completion', 'propose', '--', 'revie']);
    expect(stdout).toBe('review\tjudge manifests without a cluster\n');
  });
});

/** A folder whose `bin` holds the program under its name. */
let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-completion-'));
  const program = join(folder, 'bin', 'qdrant-admission');
  await mkdir(join(folder, 'bin'));
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
  await chmod(program, 0o755);
  await writeFile(join(folder, 'deploy.yaml'), '');
  const cache = process.env['NODE_COMPILE_CACHE'] ?? '';
  env = { PATH: [join(folder, 'bin'), process.env['PATH']].join(delimiter), HOME: folder, NODE_COMPILE_CACHE: cache };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('in bash', () => {
  /** What bash offers where its words, as it breaks them, end so. */
  async function completed(...words: string[]): Promise<string[]> {
    const script = `source <(qdrant-admission completion bash)
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_qdrant_admission
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = await run('bash', ['--norc', '-c', script, 'bash', ...words], { env, cwd: folder });
    expect(stderr).toBe('');
    return stdout.split('\n').filter((line) => line !== '');
  }

  it('belongs to the program', async () => {
    const script = 'source <(qdrant-admission completion bash); complete -p qdrant-admission';
    const { stdout } = await run('bash', ['--norc', '-c', script], { env });
    expect(stdout).toContain('-F _qdrant_admission qdrant-admission');
  });

  it.each([
    [['qdrant-admission', 'rev'], ['review']],
    [
      ['qdrant-admission', 'storage', ''],
      ['attest', 'classes'],
    ],
    [['qdrant-admission', 'review', '--fo'], ['--format']],
    [['qdrant-admission', 'review', '--format', 'j'], ['json']],
    // Bash breaks --format=j in three, and replaces the last.
    [['qdrant-admission', 'review', '--format', '=', 'j'], ['json']],
    [
      ['qdrant-admission', 'review', '--format', '='],
      ['text', 'json'],
    ],
    [['qdrant-admission', 'review', '--config', '=', 'a.yaml', '--stri'], ['--strict']],
    // A time has colons, at which it breaks, too.
    [[...'qdrant-admission storage attest x --expires 2027-06-30T00 : 00 : 00Z --mech'.split(' ')], ['--mechanism']],
    [['qdrant-admission', 'review', 'de'], []],
  ])('%j is completed to %j', async (words, replies) => {
    expect(await completed(...words)).toEqual(replies);
  });

  it('asks the program that was named', async () => {
    expect(await completed('~/bin/qdrant-admission', 'explai')).toEqual(['explain']);
    expect(await completed('absent', 'explai')).toEqual([]);
  });
});

function isInstalled(shell: string): boolean {
  try {
    execFileSync(shell, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!isInstalled('fish'))('in fish', () => {
  it.each([
    ['qdrant-admission rev', ['review\tjudge manifests without a cluster']],
    ['qdrant-admission review --format ', ['json', 'text']],
    ['qdrant-admission review --format=j', ['--format=json']],
    ['qdrant-admission review dep', ['deploy.yaml']],
  ])('%j is completed to %j', async (line, replies) => {
    const script = `qdrant-admission completion fish | source; complete --do-complete '${line}'`;
    const { stdout } = await run('fish', ['--no-config', '--command', script], { env, cwd: folder });
    expect(stdout.split('\n').filter((each) => each !== '')).toEqual(
      replies.map((each) => expect.stringContaining(each)),
    );
  });
});

describe.skipIf(!isInstalled('zsh'))('in zsh', () => {
  it.each([
    [['rev'], ['review:judge manifests without a cluster']],
    [
      ['storage', ''],
      ['attest:', 'classes:'],
    ],
    [['review', '--format=j'], ['--format=json:']],
    [['review', 'dep'], ['files']],
  ])('%j is completed to %j', async (words, replies) => {
    // The functions of its completion system work only while somebody types: these stand for them.
    const script = `compdef() { :; }; _files() { print files; }; _describe() { print -l -- "\${(P@)@[-1]}"; }
source <(qdrant-admission completion zsh)
words=(qdrant-admission "$@"); CURRENT=$#words
_qdrant_admission`;
    const { stdout } = await run('zsh', ['-f', '-c', script, 'zsh', ...words], { env, cwd: folder });
    expect(stdout.split('\n').slice(0, -1)).toEqual(replies.map((each) => expect.stringContaining(each)));
  });
});
