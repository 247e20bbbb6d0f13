import {
  type Application,
  type ApplicationText,
  buildApplication,
  type StricliIntegration,
  type StricliProcess,
  text_en,
} from '@stricli/core';
import { COMMANDS } from './commands.ts';
import type { Place } from './place.ts';
import { type CommandContext, EXIT, type Program } from './shared/context.ts';
import { describeCrash } from './shared/crash.ts';
import { FORMATTING, type Invocation, isGroup } from './shared/define-command.ts';
import { didYouMean, explainMisuse } from './shared/explain-misuse.ts';
import { Misuse, quote } from './shared/misuse.ts';

/** Looked for before anything else that was typed. */
export const HELP = ['--help', '-h'];
export const VERSION = '--version';

/** What the library's application is made for: one command line. */
export interface Surroundings {
  readonly place: Place;
  readonly context: CommandContext;
  /** Where the library writes, and leaves its exit code. */
  readonly streams: StricliProcess;
  /** Makes a line of a message about what was typed, and keeps in mind that there was one. */
  readonly misused: (message: string) => string;
}

/** The application of the library: all commands, with the words and the exit codes of this program. */
export function createApplication(surroundings: Surroundings): Application<Invocation> {
  const { program, stdout } = surroundings.context;
  const version: StricliIntegration<Invocation> = {
    flag: {
      brief: 'the versions of this program and of Node',
      global: true,
      complete: true,
      run: () => void stdout.write(describeVersion(program)),
    },
  };
  const configuration = {
    name: program.name,
    scanner: {
      caseStyle: 'original',
      allowArgumentEscapeSequence: true,
      // Two letters wrong, one too many, a few left out. With the library's own threshold everything resembles everything.
      distanceOptions: { threshold: 5, weights: { insertion: 1, deletion: 3, substitution: 2, transposition: 0 } },
    },
    documentation: { ...FORMATTING, disableAnsiColor: true },
    localization: { text: textOf(surroundings) },
    determineExitCode: (error: unknown) => (error instanceof Misuse ? EXIT.usage : EXIT.crashed),
  } as const;
  return buildApplication(COMMANDS, configuration, { help: helpOrUsage(surroundings), version });
}

/** Everything that the library says in words of its own. */
function textOf({ place, context, misused }: Surroundings): ApplicationText {
  const { target, rest } = place;
  const crashed = (error: unknown): string => describeCrash(error, context).trimEnd();
  return {
    ...text_en,
    briefs: { ...text_en.briefs, argumentEscapeSequence: 'what follows are no flags' },
    noCommandRegisteredForInput({ input, corrections }) {
      // The library marks them as code.
      return misused(
        `${quote(input)} is not a command${didYouMean(corrections.map((name) => name.replaceAll('`', '')))}`,
      );
    },
    exceptionWhileParsingArguments(error) {
      const said = isGroup(target) ? undefined : explainMisuse(error, target, rest);
      if (said === undefined) throw error;
      return misused(said);
    },
    exceptionWhileRunningCommand: (error) => (error instanceof Misuse ? misused(error.message) : crashed(error)),
    exceptionWhileLoadingCommandFunction: crashed,
    exceptionWhileLoadingCommandContext: crashed,
    exceptionWhileRunningIntegrationFlag: ({ exception }) => crashed(exception),
    exceptionWhileRunningIntegrationHook: ({ exception }) => crashed(exception),
    commandErrorResult: crashed,
  };
}

/** `--help`; and for the name of a group alone, to which something is missing, the same as an error. */
function helpOrUsage({ place, context, streams }: Surroundings): StricliIntegration<Invocation> {
  const asked = place.rest.some((word) => HELP.includes(word));
  return {
    flag: {
      brief: 'this page',
      aliases: ['h'],
      global: true,
      complete: true,
      defaultForRouteMap: true,
      run(_application, { result: { target, prefix }, text, additionalFlags }) {
        const takesArguments = !isGroup(target) && target.parameters.positional !== undefined;
        const page = target.formatHelp({
          prefix,
          text,
          additionalFlags,
          config: FORMATTING,
          includeArgumentEscapeSequenceFlag: takesArguments,
          includeHidden: false,
          ansiColor: false,
        });
        // Where a command alone is an example, the library leaves a space behind it.
        (asked ? context.stdout : context.stderr).write(page.replaceAll(/ +$/gm, ''));
        if (!asked) streams.exitCode = EXIT.usage;
      },
    },
  };
}

function describeVersion({ name, version, node }: Program): string {
  return `${name} ${version}\nnode ${node}\n`;
}
