import { z } from 'zod';

const MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A length of time as configuration files write it. */
export const duration = z
  .string()
  .regex(/^[1-9][0-9]{0,4}[smhd]$/, 'expected a number and a unit, s, m, h or d: 30s, 5m, 24h, 7d')
  .describe('A length of time: 30s, 5m, 24h, 7d.');

/** The same in milliseconds, of text that the schema has accepted. */
export function millisecondsOf(text: string): number {
  return Number.parseInt(text, 10) * (MS[text.slice(-1) as keyof typeof MS] ?? 0);
}
