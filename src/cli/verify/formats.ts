import type { Formats } from '../shared/formats.ts';
import type { VerifyReport } from './report.ts';

/** How `verify` says what it found. */
export const VERIFY_FORMATS = {
  text: { brief: 'for people', load: async () => (await import('./text.ts')).TEXT },
  json: {
    brief: 'for programs',
    schemaFile: 'docs/verify.schema.json',
    load: async () => (await import('./json.ts')).JSON_OUTPUT,
  },
} as const satisfies Formats<VerifyReport>;
