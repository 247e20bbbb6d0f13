import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { listFiles } from './generate/lists.ts';
import { manifestFile } from './generate/manifest.ts';

/**
 * Writes every file that follows from the program itself: the lists of rules and facts, the outputs beside the
 * fixtures, pages, schemas, roles, the chart's own files, and the manifest that Helm renders from them. With --check
 * it writes nothing and fails where one differs.
 */
const check = process.argv.includes('--check');
let stale = 0;

// The program imports its lists: they come first. What it then says of itself goes into the chart, and the manifest is
// rendered from that.
await bring(await listFiles());
const { OWNED, programFiles } = await import('./generate/files.ts');
const files = await programFiles();
await bring(files);
for (const { folder, ends } of OWNED) await removeOthers(folder, ends);
const manifest = await manifestFile(!check);
if ('problem' in manifest) report(manifest.problem);
else await bring(new Map([[manifest.file, manifest.text]]));

if (check) process.exitCode = stale > 0 ? 1 : 0;
else if (process.stderr.isTTY) console.error(`${files.size} files, ${stale} written`);

async function bring(wanted: ReadonlyMap<string, string>): Promise<void> {
  for (const [file, text] of wanted) {
    if ((await readFile(file, 'utf8').catch(() => undefined)) === text) continue;
    if (check) report(`${file} is out of date: run npm run generate`);
    else {
      stale++;
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  }
}

/** Pages of rules that are gone, and outputs of fixtures that are. */
async function removeOthers(folder: string, ends: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true }).catch(() => [])) {
    const file = join(folder, entry);
    if (!file.endsWith(ends) || files.has(file)) continue;
    if (check) report(`${file} belongs to nothing that is there: run npm run generate`);
    else {
      stale++;
      await rm(file);
    }
  }
}

function report(problem: string): void {
  stale++;
  console.error(problem);
  process.exitCode = 1;
}
