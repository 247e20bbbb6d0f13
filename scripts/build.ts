import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';

/**
 * What the image and the npm package carry: everything, in a few files. A command loads only its own: in one file the
 * client of the cluster would cost the webhook some 18 MB of memory before it is used.
 * The only argument is the folder to write, dist unless given.
 */
const outdir = process.argv[2] ?? 'dist';
const MANIFEST = join(import.meta.dirname, '..', 'package.json');

/** Of the package's own manifest the program needs to know who it is, and nothing of how it was made. */
const ownName: Plugin = {
  name: 'own-name',
  setup({ onLoad }) {
    onLoad({ filter: /package\.json$/ }, async ({ path }) => {
      if (path !== MANIFEST) return undefined;
      const { name, version } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ name, version }), loader: 'json' };
    });
  },
};

await rm(outdir, { recursive: true, force: true });
await build({
  // Workers are started by the path of their program.
  entryPoints: ['src/main.ts', 'src/sigstore/worker.ts'],
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
  plugins: [ownName],
  logLevel: 'warning',
});
