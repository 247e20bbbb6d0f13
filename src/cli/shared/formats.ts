import { once } from 'node:events';
import type { z } from 'zod';

/** How a command says what it found. */
export interface Format<Report> {
  /** The report in pieces, in order; they are written as they come, so that no report has to fit into one string. */
  readonly write: (report: Report) => Iterable<string>;
  /** What describes the output to programs. */
  readonly schema?: z.ZodType;
}

/** A row of a command's table of formats. */
export interface FormatRow<Report> {
  /** For whom or what, in a few words. */
  readonly brief: string;
  /** The page that its schema is published on. */
  readonly schemaFile?: string;
  readonly load: () => Promise<Format<Report>>;
}

/** A command's formats by name; the first is what it writes unless told. Flag, help, schemas and writer follow from it. */
export type Formats<Report> = Readonly<Record<string, FormatRow<Report>>>;

/** The flag that chooses one of these. */
export function formatFlag<N extends string>(formats: Readonly<Record<N, FormatRow<never>>>) {
  const names = Object.keys(formats) as N[];
  const [first] = names;
  if (first === undefined) throw new Error('a table of formats is empty');
  const briefs = Object.entries<FormatRow<never>>(formats).map(([name, { brief, schemaFile }]) =>
    schemaFile === undefined ? `${name}: ${brief}` : `${name}: ${brief} (${schemaFile})`,
  );
  return { kind: 'enum', values: names, default: first, brief: briefs.join('; ') } as const;
}

/** Writes a report in one of its formats, no faster than it is read. */
export async function writeReport<Report>(
  { load }: FormatRow<Report>,
  report: Report,
  stream: NodeJS.WritableStream,
): Promise<void> {
  const { write } = await load();
  for (const piece of write(report)) {
    // What cannot be written any more is no matter of the report: whoever ends the program looks at the stream.
    if (!stream.writable) return;
    if (!stream.write(piece)) await drained(stream);
  }
}

async function drained(stream: NodeJS.WritableStream): Promise<void> {
  const done = new AbortController();
  const { signal } = done;
  const ends = ['drain', 'close'].map((event) => once(stream, event, { signal }));
  // It rejects where the stream fails, which is an end, too.
  await Promise.race(ends).catch(() => undefined);
  done.abort();
  await Promise.allSettled(ends);
}
