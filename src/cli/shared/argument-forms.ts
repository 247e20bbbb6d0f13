import type { Command } from './define-command.ts';
import { Misuse, quote } from './misuse.ts';

/** `--name`, `--name=value`; the value may be empty or of several lines. */
const NAMED = /^--([a-z][\w.-]+)(?:=(.*))?$/is;
/** `-n`, `-nvalue`, `-n=value`. */
const SHORT = /^-([a-z])=?(.*)$/is;

/** A part of a command line: a flag with its value, or anything else. */
interface Part {
  readonly flag?: string;
  readonly words: readonly string[];
}

/**
 * The words behind a command's name, in the forms that the library reads as everybody else does: `--name=` has an
 * empty value (it would be an argument), `-nvalue` is `-n value` (it would be six flags), and of a flag that takes one
 * value the last one counts, so that an alias or a wrapper can be overruled (it would be refused).
 * @throws Misuse where something begins as a flag does and can be none
 */
export function inLibraryForm(words: readonly string[], { parameters }: Command): string[] {
  const flags = parameters.flags ?? {};
  const aliases: Readonly<Record<string, string>> = parameters.aliases ?? {};
  const isSwitch = (name: string): boolean => flags[name]?.kind === 'boolean';
  const isKept = ({ flag }: Part, index: number): boolean => {
    const known = flag === undefined ? undefined : flags[flag];
    if (!known || ('variadic' in known && known.variadic)) return true;
    return !parts.slice(index + 1).some((later) => later.flag === flag);
  };

  const end = words.includes('--') ? words.indexOf('--') : words.length;
  const parts: Part[] = [];
  for (let i = 0; i < end; i++) {
    const part = partOf(words[i] ?? '', aliases, isSwitch);
    const next = words[i + 1];
    const wantsValue = part.flag !== undefined && flags[part.flag] && !isSwitch(part.flag) && part.words.length === 1;
    if (wantsValue && !part.words[0]?.includes('=') && i + 1 < end && next !== undefined && !looksLikeFlag(next)) {
      parts.push({ ...part, words: [...part.words, next] });
      i++;
    } else parts.push(part);
  }
  return [...parts.filter(isKept).flatMap((part) => part.words), ...words.slice(end)];
}

function partOf(word: string, aliases: Readonly<Record<string, string>>, isSwitch: (name: string) => boolean): Part {
  if (!word.startsWith('-') || word === '-') return { words: [word] };
  const [, name, value] = NAMED.exec(word) ?? [];
  if (name !== undefined) {
    if (value === undefined) return { flag: name, words: [word] };
    if (isSwitch(name) && value === '') {
      throw new Misuse(`${word} has no value: expected true, false, or only --${name}`);
    }
    return { flag: name, words: withValue(name, value) };
  }
  const [, letter = '', rest = ''] = SHORT.exec(word) ?? [];
  const long = Object.hasOwn(aliases, letter) ? aliases[letter] : undefined;
  if (long !== undefined && !isSwitch(long)) {
    return { flag: long, words: /^-.$/.test(word) ? [`--${long}`] : withValue(long, rest) };
  }
  if (letter === '') throw new Misuse(`${quote(word)} is not a flag: to name a file so, write ./${word}`);
  return { words: [word] };
}

/** The library wants what stands behind `=` to be neither empty nor of several lines. */
function withValue(name: string, value: string): readonly string[] {
  return value === '' || /[\n\r\u2028\u2029]/.test(value) ? [`--${name}`, value] : [`--${name}=${value}`];
}

function looksLikeFlag(word: string): boolean {
  return /^--?[a-z]/i.test(word);
}
