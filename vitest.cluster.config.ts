import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/real-cluster/**/*.test.ts'],
    globalSetup: ['test/real-cluster/harness/global-setup.ts'],
    // All files share one API server, and what one registers there (a webhook) would judge the others' objects.
    fileParallelism: false,
    testTimeout: 120_000,
    // What a suite runs beside the cluster is built from its source where nobody has built it before.
    hookTimeout: 900_000,
    teardownTimeout: 60_000,
  },
});
