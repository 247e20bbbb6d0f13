import { run, type StricliProcess } from '@stricli/core';
import { createApplication, HELP, VERSION } from './application.ts';
import { findPlace, type Place, wordsAt } from './place.ts';
import { proposalsFor } from './proposals.ts';
import { type CommandContext, EXIT } from './shared/context.ts';
import { describeCrash } from './shared/crash.ts';
import { FORMATTING, isGroup } from './shared/define-command.ts';
import { Misuse, quote } from './shared/misuse.ts';

/**
 * Runs what was typed behind the program's name, and resolves with the exit code. What a command throws unexpectedly is
 * said on standard error, and its exit code says that nothing is known.
 */
export async function runCommandLine(args: readonly string[], context: CommandContext): Promise<number> {
  const place = findPlace(args[0] === 'help' ? [...args.slice(1), '--help'] : args);
  const prefix = [context.program.name, ...place.path].join(' ');
  const streams: StricliProcess = { stdout: context.stdout, stderr: context.stderr };
  let wasMisused = false;
  const misused = (message: string): string => {
    wasMisused = true;
    return `${prefix}: ${message}`;
  };
  const application = createApplication({ place, context, streams, misused });
  const invocation = {
    ...context,
    process: streams,
    finish(exitCode: number) {
      streams.exitCode = exitCode;
    },
    propose: (words: readonly string[]) => proposalsFor(words, application, invocation),
  };
  try {
    await run(application, inputsOf(place), invocation);
  } catch (error) {
    const said = error instanceof Misuse ? `${misused(error.message)}\n` : describeCrash(error, context);
    context.stderr.write(said);
    if (!wasMisused) return EXIT.crashed;
  }
  if (wasMisused) {
    const usage = place.target.formatUsageLine({ prefix: [prefix], config: FORMATTING, ansiColor: false });
    context.stderr.write(`usage: ${usage}\nMore: ${prefix} --help\n`);
    return EXIT.usage;
  }
  // The library's own codes are negative, and what is left of them by now are faults.
  const code = Number(streams.exitCode);
  return code >= 0 ? code : EXIT.crashed;
}

/** @throws Misuse where a flag stands where only a command can, or something begins as a flag and is none */
function inputsOf(place: Place): string[] {
  const { path, target, rest } = place;
  const [first = ''] = rest;
  const asksFirst = [...HELP, VERSION].includes(first);
  if (isGroup(target) && first.startsWith('-') && !asksFirst) {
    throw new Misuse(`${quote(first)} is not a flag here: expected a command, --help or --version`);
  }
  // Whoever asks for help gets it, whatever else is wrong.
  return rest.some((word) => HELP.includes(word)) ? [...path, ...rest] : wordsAt(place);
}
