import type { Formats } from '../shared/formats.ts';
import type { AuditReport } from './report.ts';

/** How `audit` says what it found. */
export const AUDIT_FORMATS = {
  text: { brief: 'for people', load: async () => (await import('./text.ts')).TEXT },
  json: {
    brief: 'for programs',
    schemaFile: 'docs/audit.schema.json',
    load: async () => (await import('./json.ts')).JSON_OUTPUT,
  },
} as const satisfies Formats<AuditReport>;
