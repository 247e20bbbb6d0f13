import { expect, it } from 'vitest';
import { createMetrics } from '../../src/telemetry/metrics.ts';

it('tells which version of the program runs, and in which Node', async () => {
  const { text } = await createMetrics({ version: '1.2.3', node: 'v26.10.0' }).expose();
  expect(text).toContain('\nqdrant_admission_build_info{version="1.2.3",node="v26.10.0"} 1\n');
});
