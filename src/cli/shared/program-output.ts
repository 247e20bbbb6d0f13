import { z } from 'zod';
import type { Program } from './context.ts';

/** Which program wrote a report, in every output for programs. */
export const programSchema = z
  .strictObject({ name: z.string(), version: z.string().describe('By Semantic Versioning.') })
  .describe('Which program wrote this.');

/** The same as data. */
export function programOutput({ name, version }: Program): z.infer<typeof programSchema> {
  return { name, version };
}
