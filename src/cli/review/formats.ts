import type { Formats } from '../shared/formats.ts';
import type { ReviewReport } from './report.ts';

/** How `review` says what it found: another format is a file, and a row here. */
export const REVIEW_FORMATS = {
  text: { brief: 'for people', load: async () => (await import('./text.ts')).TEXT },
  json: {
    brief: 'for programs',
    schemaFile: 'docs/review.schema.json',
    load: async () => (await import('./json.ts')).JSON_OUTPUT,
  },
} as const satisfies Formats<ReviewReport>;
