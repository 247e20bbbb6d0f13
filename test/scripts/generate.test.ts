import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { programFiles } from '../../scripts/generate/files.ts';
import { listFiles } from '../../scripts/generate/lists.ts';

const ROOT = resolve(import.meta.dirname, '../..');
// Outputs of fixtures are held against what `review` prints by test/fixtures.test.ts.
const FILES = [...(await listFiles()), ...(await programFiles())].filter(([file]) => !file.endsWith('.out'));

it.each(FILES)('%s is as npm run generate writes it', (file, text) => {
  expect(readFileSync(join(ROOT, file), 'utf8')).toBe(text);
});
