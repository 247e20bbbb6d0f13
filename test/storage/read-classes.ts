import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StorageClass } from '../../src/k8s/storage/objects.ts';
import { readManifests } from '../../src/manifests/objects.ts';
import { CATALOG } from '../../src/storage/catalog.ts';
import type { StorageSettings } from '../../src/storage/settings.ts';

const ROOT = join(import.meta.dirname, 'classes');
export const FOLDERS = readdirSync(ROOT).sort();

/** A class from a file, whose name and leading comment say what is expected of it. */
export interface ClassFile {
  /** Of the row, with an underscore for a slash; `unknown` for those that no row is for. */
  readonly folder: string;
  /** `encrypted-…`, `not-encrypted-…` or `malformed-…`. */
  readonly name: string;
  readonly storageClass: StorageClass;
  /** The lines of the leading comment. */
  readonly expected: readonly string[];
}

export const CLASS_FILES: readonly ClassFile[] = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .sort()
    .map((name) => readClass(folder, name)),
);

/** Folders of the catalog's rows, as there should be. */
export const ROW_FOLDERS = CATALOG.map(({ name }) => name.replaceAll('/', '_')).sort();

export const NOW = new Date('2026-11-01T00:00:00Z');
export const NOTHING_STATED: StorageSettings = { attestations: [], requireCustomerKey: true, customerKeys: [] };

function readClass(folder: string, name: string): ClassFile {
  const text = readFileSync(join(ROOT, folder, name), 'utf8');
  const { manifests, errors } = readManifests(text, name);
  const [manifest] = manifests;
  if (!manifest || manifests.length > 1 || errors.length > 0) {
    throw new Error(`${folder}/${name}: expected one StorageClass and no error, there is ${JSON.stringify(errors)}`);
  }
  const expected = text
    .split('\n')
    .filter((line) => line.startsWith('# '))
    .map((line) => line.slice(2));
  return { folder, name, storageClass: manifest.object as StorageClass, expected };
}
