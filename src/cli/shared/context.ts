/** What a command may touch of the process it runs in; `main.ts` makes the real one, tests their own. */
export interface CommandContext {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly stdin: NodeJS.ReadableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** Aborted on the first SIGTERM or SIGINT. */
  readonly signal: AbortSignal;
}

/** Exit codes of every command that judges. */
export const EXIT = { accepted: 0, refused: 1, unknown: 2, usage: 3 } as const;
