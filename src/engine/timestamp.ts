import { z } from 'zod';

/** A moment as configuration files write it. */
export const timestamp = z.iso
  .datetime({ offset: true, error: 'expected a moment in RFC 3339, such as 2026-11-30T00:00:00Z' })
  .describe('A moment in RFC 3339.');
