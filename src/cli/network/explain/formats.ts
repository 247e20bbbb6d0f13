import type { Formats } from '../../shared/formats.ts';
import type { ExplainReport } from './report.ts';

/** How `network explain` says what it found. */
export const EXPLAIN_FORMATS = {
  text: { brief: 'for people', load: async () => (await import('./text.ts')).TEXT },
  json: {
    brief: 'for programs',
    schemaFile: 'docs/network-explain.schema.json',
    load: async () => (await import('./json.ts')).JSON_OUTPUT,
  },
  mermaid: {
    brief: 'a graph, which Markdown shows as a picture',
    load: async () => (await import('./mermaid.ts')).MERMAID,
  },
} as const satisfies Formats<ExplainReport>;
