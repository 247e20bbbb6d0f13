import { COMMANDS } from './commands.ts';
import { inLibraryForm } from './shared/argument-forms.ts';
import { type Command, type CommandGroup, isGroup } from './shared/define-command.ts';

/** Where in the tree of commands words lead, and what they say beyond that. */
export interface Place {
  readonly path: readonly string[];
  readonly target: Command | CommandGroup;
  readonly rest: readonly string[];
}

/** Follows the names of commands as far as there are such. */
export function findPlace(words: readonly string[]): Place {
  let target: Command | CommandGroup = COMMANDS;
  let depth = 0;
  for (const word of words) {
    const next: Command | CommandGroup | undefined = isGroup(target)
      ? target.getRoutingTargetForInput(word)
      : undefined;
    if (!next) break;
    target = next;
    depth++;
  }
  return { path: words.slice(0, depth), target, rest: words.slice(depth) };
}

/** The words again, in the forms that the library reads. @throws Misuse where something begins as a flag and is none */
export function wordsAt({ path, target, rest }: Place): string[] {
  return [...path, ...(isGroup(target) ? rest : inLibraryForm(rest, target))];
}
