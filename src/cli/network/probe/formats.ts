import type { Formats } from '../../shared/formats.ts';
import type { ProbeReport } from './report.ts';

/** How `network probe` says what it found. */
export const PROBE_FORMATS = {
  text: { brief: 'for people', load: async () => (await import('./text.ts')).TEXT },
  json: {
    brief: 'for programs',
    schemaFile: 'docs/network-probe.schema.json',
    load: async () => (await import('./json.ts')).JSON_OUTPUT,
  },
} as const satisfies Formats<ProbeReport>;
