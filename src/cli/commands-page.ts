import { markdownTable } from '../docs/markdown-table.ts';
import { COMMANDS } from './commands.ts';
import { type Command, type CommandGroup, isGroup } from './shared/define-command.ts';

const EXIT_CODES = markdownTable([
  ['code', 'means'],
  ['0', 'nothing refused'],
  ['1', 'something would be refused'],
  ['2', 'something could not be told, which is no consent'],
  ['3', 'bad input or usage, or the output could not be written: a full disk never leaves a shortened report and a 0'],
  ['70', 'a fault of this program; `QDRANT_ADMISSION_DEBUG=1` in the environment makes it say where'],
]);

const INTRODUCTION = `# Commands

Every command and every group of commands answers \`--help\` and \`--version\`. What is wrong in what was typed is told
with what was expected, and with the nearest name where one was misspelt; the exit code is 3 then.

## Exit codes

${EXIT_CODES}

Whoever closes a pipe early (\`| head\`) gets what was read and the exit code of the verdict.

## Completion

bash, zsh and fish complete commands, flags, their values, and the ids of rules. The program has to be found by its name
(\`npm install --global qdrant-admission\`, or a link in a folder of the PATH):

\`\`\`
source <(qdrant-admission completion bash)       # in ~/.bashrc
source <(qdrant-admission completion zsh)        # in ~/.zshrc, after compinit
qdrant-admission completion fish | source        # in ~/.config/fish/config.fish
\`\`\`
`;

/**
 * docs/commands.md: what each command says of itself.
 * @param helpOf what the program prints for these words and `--help`
 */
export async function commandsPage(helpOf: (words: readonly string[]) => Promise<string>): Promise<string> {
  const sections: string[] = [];
  for (const words of [[], ...pathsIn(COMMANDS, [])]) {
    const title = ['qdrant-admission', ...words].join(' ');
    sections.push(`## ${title}\n\n\`\`\`\n${(await helpOf(words)).trimEnd()}\n\`\`\`\n`);
  }
  return [INTRODUCTION, ...sections].join('\n');
}

/** The words that lead to each command for people. */
function pathsIn(group: CommandGroup, above: readonly string[]): string[][] {
  return group.getAllEntries().flatMap(({ name, target, hidden }) => {
    const path = [...above, name.original];
    if (hidden) return [];
    return isGroup(target as Command | CommandGroup) ? pathsIn(target as CommandGroup, path) : [path];
  });
}
