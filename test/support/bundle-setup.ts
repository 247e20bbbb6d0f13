import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The main file of the program as it is shipped, built of what stands in `src/`. */
    bundle: string;
  }
}

const ROOT = resolve(import.meta.dirname, '../..');

/** Builds the program once for all tests that start it: as a bundle it starts in half the time. */
export function setup(project: TestProject): void {
  const outdir = join(ROOT, 'node_modules/.cache/qdrant-admission/dist');
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.ts'), outdir], { stdio: ['ignore', 'ignore', 'inherit'] });
  project.provide('bundle', join(outdir, 'main.js'));
}
