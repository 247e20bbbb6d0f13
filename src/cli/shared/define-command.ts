import {
  type BaseArgs,
  type BaseFlags,
  buildCommand,
  buildRouteMap,
  type Command as LibraryCommand,
  type CommandContext as LibraryContext,
  type RouteMap,
  type TypedCommandParameters,
} from '@stricli/core';
import type { CommandContext } from './context.ts';

/** One way to go on with a command line. */
export interface Proposal {
  readonly word: string;
  /** What it stands for, in one line. */
  readonly brief: string;
}

/** What a command gets when it is run: its surroundings, and what the command line as a whole knows. */
export interface Invocation extends CommandContext, LibraryContext {
  /** Takes the exit code. */
  finish(exitCode: number): void;
  /** How words can go on, of which the last may be incomplete or empty. */
  propose(words: readonly string[]): Promise<readonly Proposal[]>;
}

export type Command = LibraryCommand<Invocation>;
export type CommandGroup = RouteMap<Invocation>;

/** What a command does: resolves with its exit code, throws `Misuse` where what was typed makes no sense together. */
export type Run<F extends BaseFlags, A extends BaseArgs> = (flags: F, args: A, context: Invocation) => Promise<number>;

/** All that is said of a command before it is loaded. */
export interface CommandDefinition<F extends BaseFlags, A extends BaseArgs> {
  /** One line without a full stop, for the list of commands. */
  readonly brief: string;
  /** What `--help` says below the usage; its exit codes, too. */
  readonly description: string;
  /** Instead of the usage that follows from the parameters: the library's leaves out what is optional. */
  readonly usage?: string;
  /** What is typed behind the command's name, and what that does. */
  readonly examples: readonly (readonly [typed: string, does: string])[];
  readonly parameters: TypedCommandParameters<F, A, Invocation>;
  /** Nothing of a command is loaded before it is run: the webhook starts sooner and holds less without the others. */
  readonly load: () => Promise<Run<F, A>>;
}

/** How the library writes usage and help. */
export const FORMATTING = {
  useAliasInUsageLine: false,
  onlyRequiredInUsageLine: true,
  caseStyle: 'original',
} as const;

/** A command of the library from its definition. */
export function defineCommand<const F extends BaseFlags, const A extends BaseArgs>(
  definition: CommandDefinition<F, A>,
): Command {
  const { brief, description, examples, load } = definition;
  const parameters = withOwnNamesOnly(definition.parameters);
  const loader = async () => {
    const run = await load();
    return async function (this: Invocation, flags: F, ...args: A): Promise<void> {
      this.finish(await run(flags, args, this));
    };
  };
  const docs = { brief, fullDescription: description };
  const plain = buildCommand<F, A, Invocation>({ loader, parameters, docs });
  const usage = [
    ...(hasOptionalFlags(plain) ? ['[FLAG]...'] : []),
    definition.usage ?? plain.formatUsageLine({ prefix: [], config: FORMATTING, ansiColor: false }),
  ]
    .join(' ')
    .trim();
  const customUsage = [usage, ...examples.map(([input, does]) => ({ input, brief: does }))];
  const command = buildCommand<F, A, Invocation>({ loader, parameters, docs: { ...docs, customUsage } });
  const formatUsageLine: Command['formatUsageLine'] = ({ prefix }) => [...prefix, usage].join(' ').trim();
  return { ...command, brief, fullDescription: description, formatUsageLine };
}

/** Several commands under one name. */
export function defineGroup(definition: {
  readonly brief: string;
  readonly description?: string;
  readonly commands: Readonly<Record<string, Command | CommandGroup>>;
  /** Not for people. */
  readonly hidden?: readonly string[];
}): CommandGroup {
  const { brief, description, commands, hidden = [] } = definition;
  return buildRouteMap({
    routes: withoutPrototype(commands),
    docs: {
      brief,
      ...(description !== undefined && { fullDescription: description }),
      hideRoute: Object.fromEntries(hidden.map((name) => [name, true])),
    },
  });
}

/** Whether this is a group; else a command. */
export function isGroup(target: Command | CommandGroup): target is CommandGroup {
  return 'getAllEntries' in target;
}

function hasOptionalFlags({ parameters }: Command): boolean {
  return Object.values(parameters.flags ?? {}).some(
    (flag) => flag.optional === true || ('default' in flag && flag.default !== undefined),
  );
}

/** The library looks names up as they were typed: without this, `--constructor` would be a flag of every command. */
function withOwnNamesOnly<P extends object>(parameters: P): P {
  return { ...parameters, flags: withoutPrototype('flags' in parameters ? (parameters.flags ?? {}) : {}) };
}

function withoutPrototype<T extends object>(table: T): T {
  return Object.assign(Object.create(null), table) as T;
}
