import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { mergeConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import base from '../../vitest.config.ts';

/** How many milliseconds each test file took, by its path from the root; there once all tests have run. */
const DURATIONS = join(import.meta.dirname, 'durations.json');
const durations: Readonly<Record<string, number>> = existsSync(DURATIONS)
  ? JSON.parse(readFileSync(DURATIONS, 'utf8'))
  : {};

/** The shortest file first: most mutants are noticed by tests that take no time. */
class ShortestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const timeOf = ({ moduleId, project }: TestSpecification) =>
      durations[relative(project.config.root, moduleId)] ?? 0;
    return files.toSorted((a, b) => timeOf(a) - timeOf(b));
  }
}

export default mergeConfig(base, { test: { sequence: { sequencer: ShortestFirst } } });
