import { rm } from 'node:fs/promises';
import { build } from 'esbuild';

/**
 * What the image and the npm package carry: everything, in a few files. A command loads only its own: in one file the
 * client of the cluster would cost the webhook some 18 MB of memory before it is used.
 * The only argument is the folder to write, dist unless given.
 */
const outdir = process.argv[2] ?? 'dist';
await rm(outdir, { recursive: true, force: true });
await build({
  entryPoints: ['src/main.ts'],
  outdir,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'linked',
  sourcemap: false,
  // CommonJS dependencies (express, node-forge, prom-client) call require for Node's own modules.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  logLevel: 'warning',
});
