import { type Application, proposeCompletions } from '@stricli/core';
import { findPlace, type Place, wordsAt } from './place.ts';
import { type Invocation, isGroup, type Proposal } from './shared/define-command.ts';
import { Misuse } from './shared/misuse.ts';

/** A flag and its value in one word: the library proposes values for a word of their own. */
const WITH_VALUE = /^(--[a-z][\w.-]+)=(.*)$/is;

/** How words go on, of which the last is incomplete or empty. Flags are proposed once one begins, or nothing else can follow. */
export async function proposalsFor(
  words: readonly string[],
  application: Application<Invocation>,
  invocation: Invocation,
): Promise<readonly Proposal[]> {
  const last = words.at(-1) ?? '';
  const place = findPlace(words.slice(0, -1));
  const [, flag, value = ''] = WITH_VALUE.exec(last) ?? [];
  const typed = wordsOrNone(place);
  const inputs = flag === undefined ? [...typed, last] : [...typed, flag, value];
  const found = await proposeCompletions(application, inputs, invocation);
  const flagsToo = !awaitsValue(place.target, inputs.at(-2)) && (last.startsWith('-') || takesFlagsOnly(place.target));
  return found
    .filter(({ kind, completion }) => completion !== '--' && (flagsToo || kind !== 'argument:flag'))
    .map(({ completion, brief }) => ({ word: flag === undefined ? completion : `${flag}=${completion}`, brief }));
}

function awaitsValue(target: Place['target'], word = ''): boolean {
  if (isGroup(target) || !word.startsWith('--')) return false;
  const flag = target.parameters.flags?.[word.slice(2)];
  return flag !== undefined && flag.kind !== 'boolean';
}

function takesFlagsOnly(target: Place['target']): boolean {
  return !isGroup(target) && target.parameters.positional === undefined;
}

/** What is wrong already is for the command to say. */
function wordsOrNone(place: Place): string[] {
  try {
    return wordsAt(place);
  } catch (error) {
    if (error instanceof Misuse) return [...place.path];
    throw error;
  }
}
