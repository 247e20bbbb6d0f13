import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { type Command, type CommandGroup, isGroup } from '../../src/cli/shared/define-command.ts';
import { PROGRAM, runProgram } from '../support/command-line.ts';

/** The words that lead to every group and command, hidden ones, too. */
const PLACES = [[], ...placesIn(COMMANDS, [])];
const LEAVES = PLACES.filter((words) => !isGroup(targetOf(words)));

function placesIn(group: CommandGroup, above: readonly string[]): string[][] {
  return group.getAllEntries().flatMap(({ name, target }) => {
    const path = [...above, name.original];
    const found = target as Command | CommandGroup;
    return isGroup(found) ? [path, ...placesIn(found, path)] : [path];
  });
}

function targetOf(words: readonly string[]): Command | CommandGroup {
  let target: Command | CommandGroup = COMMANDS;
  for (const word of words) {
    if (isGroup(target)) target = target.getRoutingTargetForInput(word) as Command | CommandGroup;
  }
  return target;
}

it('knows all its commands', () => {
  expect(LEAVES.map((words) => words.join(' '))).toEqual([
    'audit',
    'completion bash',
    'completion fish',
    'completion zsh',
    'completion propose',
    'config show',
    'config validate',
    'explain',
    'network diff',
    'network explain',
    'network plan',
    'network probe',
    'review',
    'selftest',
    'serve',
    'storage attest',
    'storage classes',
    'uninstall',
    'verify',
  ]);
});

describe.each(PLACES.map((words) => [words]))('%j', (words) => {
  const name = ['qdrant-admission', ...words].join(' ');

  it.each([
    [[...words, '--help']],
    [[...words, '-h']],
    [['help', ...words]],
    [[...words, '--help', '--nope', '--1', 'much', 'more']],
  ])('says on request what it does: %j', async (args) => {
    const { code, stdout, stderr } = await runProgram(args);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^USAGE\n/);
    expect(stdout).toContain(`\n  ${name}`);
    expect(stdout).toMatch(/^ {2}-h {1,2}--help /m);
    expect(stdout).toMatch(/^ {5,6}--version /m);
  });

  it('says on request which version it is, whatever it needs otherwise', async () => {
    expect(await runProgram([...words, '--version'])).toEqual({
      code: 0,
      stdout: `qdrant-admission ${PROGRAM.version}\nnode ${process.version}\n`,
      stderr: '',
    });
  });

  it('refuses a flag that it does not have, and says where to read more', async () => {
    for (const flag of ['--nope', '--nope=', '--nope=x', '-y', '--1', '--constructor', '--__proto__', '--toString=x']) {
      const { code, stdout, stderr } = await runProgram([...words, flag]);
      expect([flag, code, stdout]).toEqual([flag, 3, '']);
      expect(stderr).toMatch(/^qdrant-admission[a-z -]*: .*is not a flag/);
      expect(stderr).toContain(`\nusage: ${name}`);
      expect(stderr).toMatch(/\nMore: qdrant-admission[a-z ]* --help\n$/);
    }
  });
});

it.each([
  [['reveiw', 'f'], 'qdrant-admission: "reveiw" is not a command: did you mean review?'],
  [['confg', 'show'], 'qdrant-admission: "confg" is not a command: did you mean config?'],
  [['storage', 'clases'], 'qdrant-admission storage: "clases" is not a command: did you mean classes?'],
  [['config', 'list'], 'qdrant-admission config: "list" is not a command\n'],
  [['constructor'], 'qdrant-admission: "constructor" is not a command\n'],
  [['__proto__'], 'qdrant-admission: "__proto__" is not a command\n'],
  [['\u001b[2J'], 'qdrant-admission: "\\u001b[2J" is not a command\n'],
])('%j is answered with 3 and the command that was meant, if one is near', async (args, said) => {
  const { code, stdout, stderr } = await runProgram(args);
  expect([code, stdout]).toEqual([3, '']);
  expect(stderr.startsWith(said)).toBe(true);
});

it.each([
  [['audit', '-n', 'a', '--kube-config', 'f'], 'did you mean --kubeconfig?'],
  [['review', '--fixture', 'f'], 'did you mean --fixtures?'],
  [['serve', '--tls-cert', 'f', '--config', 'f'], 'did you mean --tls-cert-file?'],
  [['uninstall', '--webhook-config', 'x'], 'is not a flag'],
])('%j is answered with the flag that was meant', async (args, said) => {
  const { code, stderr } = await runProgram(args);
  expect(code).toBe(3);
  expect(stderr).toContain(said);
});

it.each([[[]], [['config']], [['storage']], [['completion']]])(
  '%j alone lacks something: the page goes to standard error, with 3',
  async (args) => {
    const { code, stdout, stderr } = await runProgram(args);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(/^USAGE\n/);
    expect(stderr).toContain('COMMANDS\n');
  },
);

it('shows in its help only what can be typed', async () => {
  for (const words of LEAVES) {
    const { stdout } = await runProgram([...words, '--help']);
    const usage = stdout.slice(0, stdout.indexOf('\n\n')).split('\n');
    const examples = usage
      .filter((_, i) => usage[i + 1]?.startsWith('    '))
      .map((line) => line.trim().split(/ +/).slice(1));
    for (const example of examples) {
      // Neither file nor cluster is there; what is typed is right nevertheless.
      const { stderr } = await runProgram(example, { signal: AbortSignal.abort() });
      expect([example, stderr]).toEqual([example, expect.not.stringContaining('More: ')]);
    }
  }
});
