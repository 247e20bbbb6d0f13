/** What a person has to change before a cluster can start: an argument, or a program that is missing. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

/** Receives one line of progress, without its line break. */
export type Log = (line: string) => void;
