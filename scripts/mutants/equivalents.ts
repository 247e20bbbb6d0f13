import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Mutant } from './sites.ts';

/** A mutant that no test can tell from the program, and why. */
const equivalentSchema = z.strictObject({
  file: z.string(),
  /** The line that it stands on, without the white space around it. */
  code: z.string(),
  before: z.string(),
  after: z.string(),
  reason: z.string().min(1),
});

export type Equivalent = z.infer<typeof equivalentSchema>;

/**
 * Reads the list of mutants that change nothing.
 * @throws Error where the file is not such a list
 */
export function readEquivalents(path: string): Equivalent[] {
  const parsed = z.array(equivalentSchema).safeParse(parse(readFileSync(path, 'utf8')) ?? []);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${path}: ${issue?.path.join('.')}: ${issue?.message}`);
}

/** The entry that names this mutant. */
export function equivalentOf(mutant: Mutant, equivalents: readonly Equivalent[]): Equivalent | undefined {
  return equivalents.find((each) => KEYS.every((key) => each[key] === mutant[key]));
}

/** Entries that no mutant of the program is any more. */
export function staleEquivalents(mutants: readonly Mutant[], equivalents: readonly Equivalent[]): Equivalent[] {
  return equivalents.filter((each) => !mutants.some((mutant) => equivalentOf(mutant, [each])));
}

const KEYS = ['file', 'code', 'before', 'after'] as const;
