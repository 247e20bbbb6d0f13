import { spawnSync } from 'node:child_process';

/** All tests with every repetition in full: what takes a night, and what a tenth of stands in every run. */
const env = { ...process.env, QDRANT_ADMISSION_TEST_LONG: '1' };
for (const script of ['test', 'test:cluster']) {
  const { status } = spawnSync('npm', ['run', script], {
    stdio: 'inherit',
    env,
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exitCode = 1;
}
