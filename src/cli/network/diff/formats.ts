import type { Formats } from '../../shared/formats.ts';
import type { DiffReport } from './report.ts';

/** How `network diff` says what it found. */
export const DIFF_FORMATS = {
  text: { brief: 'for people', load: async () => (await import('./text.ts')).TEXT },
  json: {
    brief: 'for programs',
    schemaFile: 'docs/network-diff.schema.json',
    load: async () => (await import('./json.ts')).JSON_OUTPUT,
  },
} as const satisfies Formats<DiffReport>;
