import {
  AliasNotFoundError,
  ArgumentParseError,
  EnumValidationError,
  FlagNotFoundError,
  UnexpectedPositionalError,
  UnsatisfiedFlagError,
  UnsatisfiedPositionalError,
} from '@stricli/core';
import type { Command } from './define-command.ts';
import { Misuse, oneOf, quote } from './misuse.ts';

/**
 * What is wrong with the arguments of a command, as a sentence that names the flag, what was typed, and what was
 * expected; undefined where it is not the arguments that are wrong.
 * @param typed the words behind the command's name
 */
export function explainMisuse(error: unknown, { parameters }: Command, typed: readonly string[]): string | undefined {
  const flagCalled = (name: string) => parameters.flags?.[name];
  if (error instanceof Misuse) return error.message;
  if (error instanceof EnumValidationError) {
    return `${value(`--${error.externalFlagName}`, error.input)}: expected ${oneOf(error.values)}`;
  }
  if (error instanceof ArgumentParseError) {
    const { externalFlagNameOrPlaceholder: name, input, exception } = error;
    const flag = flagCalled(name);
    const about = value(flag ? `--${name}` : name, input);
    if (flag?.kind === 'boolean') return `${about}: expected true, false, or only --${name}`;
    if (input === '' && exception instanceof Misuse)
      return `${about}: expected ${flag?.brief ?? briefOf(name, parameters)}`;
    return exception instanceof Misuse ? `${about}: ${exception.message}` : undefined;
  }
  if (error instanceof FlagNotFoundError) return `--${error.input} is not a flag${didYouMean(error.corrections, '--')}`;
  if (error instanceof AliasNotFoundError) return `-${error.input} is not a flag`;
  if (error instanceof UnsatisfiedFlagError) {
    const name = error.externalFlagName;
    const what = typed.includes(`--${name}`) ? 'has no value' : 'is missing';
    const flag = flagCalled(name);
    const expected = flag?.kind === 'enum' ? oneOf(flag.values) : flag?.brief;
    return `--${name} ${what}: expected ${expected ?? 'a value'}`;
  }
  if (error instanceof UnsatisfiedPositionalError) {
    return `${error.placeholder} is missing: expected ${briefOf(error.placeholder, parameters)}`;
  }
  if (error instanceof UnexpectedPositionalError) {
    const { expectedCount, input } = error;
    const expected = { 0: 'no argument', 1: 'only one argument' }[expectedCount] ?? `only ${expectedCount} arguments`;
    return `${quote(input)} is one too many: expected ${expected}`;
  }
  return undefined;
}

/** `: did you mean --strict?`, or nothing. */
export function didYouMean(corrections: readonly string[], prefix = ''): string {
  return corrections.length === 0 ? '' : `: did you mean ${oneOf(corrections.map((name) => prefix + name))}?`;
}

function value(name: string, typed: string): string {
  return typed === '' ? `${name} is empty` : `${name} is ${quote(typed)}`;
}

function briefOf(placeholder: string, { positional }: Command['parameters']): string {
  if (!positional) return placeholder;
  const all = positional.kind === 'array' ? [positional.parameter] : positional.parameters;
  return all.find((one) => one.placeholder === placeholder)?.brief ?? placeholder;
}
