import type { Formats } from '../../shared/formats.ts';
import type { ClassesReport } from './report.ts';

/** How `storage classes` says what it found. */
export const CLASSES_FORMATS = {
  text: { brief: 'for people', load: async () => (await import('./text.ts')).TEXT },
  json: {
    brief: 'for programs',
    schemaFile: 'docs/storage-classes.schema.json',
    load: async () => (await import('./json.ts')).JSON_OUTPUT,
  },
} as const satisfies Formats<ClassesReport>;
