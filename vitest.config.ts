import { configDefaults, defineConfig } from 'vitest/config';

/** Everything that needs no cluster; `vitest.cluster.config.ts` runs the rest. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/real-cluster/**'],
    // A machine may be busy with something else; what hangs is still found.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // More would only make the tests that start real processes wait for one another.
    maxWorkers: 2,
  },
});
