import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';

/** Everything that needs no cluster; `vitest.cluster.config.ts` runs the rest. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/bundle-setup.ts'],
    exclude: [...configDefaults.exclude, 'test/real-cluster/**'],
    // A machine may be busy with something else, for minutes; what hangs is still found. A long run repeats much more.
    testTimeout: process.env['QDRANT_ADMISSION_TEST_LONG'] === '1' ? 3 * 3_600_000 : 300_000,
    hookTimeout: 300_000,
    // No module keeps anything that one test file could leave to the next, and none replaces a module: a worker reads
    // each once, and not once a file.
    isolate: false,
    // Processes that tests start read the same source again and again.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/node') },
    // More would only make the tests that start real processes wait for one another.
    maxWorkers: 2,
  },
});
