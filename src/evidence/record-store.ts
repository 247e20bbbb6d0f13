import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type ContentRecord, decodeRecord, encodeRecord } from './content-record.ts';
import type { KeptRecord, KeptRecords } from './image-source.ts';

/** One of the objects in which records lie. Whoever writes names the version that he read. */
export interface RecordShelf {
  /** What lies there, by key; undefined where the object is not there. */
  read(): Promise<Shelved | undefined>;
  /** Puts entries there and takes those away that are null. False where somebody else wrote first. */
  write(version: string, entries: Readonly<Record<string, Uint8Array | null>>): Promise<boolean>;
}

export interface Shelved {
  readonly version: string;
  readonly entries: Readonly<Record<string, Uint8Array>>;
}

export interface RecordStoreOptions {
  readonly shelves: readonly RecordShelf[];
  readonly now: () => Date;
  readonly onProblem: (problem: string) => void;
}

/** An object in etcd has a megabyte at most, and base64 takes a third more. */
const SHELF_BYTES = 640 * 1024;
const LARGEST_BYTES = 300 * 1024;
const MOST_TAGS = 200;
/** Under which key each shelf says what it holds, in which order it came, and what tags stood for. */
const INDEX = 'index.json';

const indexSchema = z.object({
  images: z.record(z.string(), z.object({ image: z.string(), at: z.iso.datetime() })),
  tags: z.record(z.string(), z.string()),
});
type Index = z.infer<typeof indexSchema>;

/**
 * Records of images that were verified, spread over a few objects of the cluster: of each the oldest give way. What is read
 * was not necessarily written by this program; it is evidence and no verdict, and is verified again.
 */
export class RecordStore implements KeptRecords {
  readonly #options: RecordStoreOptions;
  readonly #records = new Map<string, { readonly bytes: Uint8Array; readonly at: number }>();
  readonly #tags = new Map<string, string>();
  readonly #changed = new Set<string>();
  readonly #retagged = new Set<string>();
  /** Records that are being compressed. */
  readonly #encoding = new Set<Promise<void>>();

  constructor(options: RecordStoreOptions) {
    this.#options = options;
  }

  find(image: string): KeptRecord | undefined {
    const kept = this.#records.get(image);
    const record = kept && decodeRecord(kept.bytes);
    return record && kept && { record, age: this.#options.now().getTime() - kept.at };
  }

  keep(image: string, record: ContentRecord): void {
    const encoding = this.#guarded(() => this.#take(image, record));
    this.#encoding.add(encoding);
    void encoding.then(() => this.#encoding.delete(encoding));
  }

  async #take(image: string, record: ContentRecord): Promise<void> {
    const bytes = await encodeRecord(record);
    if (bytes.length > LARGEST_BYTES) {
      this.#options.onProblem(`${image}: what was read of it has ${bytes.length} bytes, too many to be kept`);
      return;
    }
    this.#records.set(image, { bytes, at: this.#options.now().getTime() });
    this.#changed.add(image);
  }

  digestOf(name: string): string | undefined {
    return this.#tags.get(name);
  }

  resolved(name: string, digest: string): void {
    if (this.#tags.get(name) === digest) return;
    this.#tags.set(name, digest);
    this.#retagged.add(name);
  }

  /** Reads what was kept. What cannot be read is not there. Never rejects. */
  async load(): Promise<void> {
    await Promise.all(
      this.#options.shelves.map((shelf) =>
        this.#guarded(async () => {
          const shelved = await shelf.read();
          const { images, tags } = indexOf(shelved);
          for (const [key, { image, at }] of Object.entries(images)) {
            const bytes = shelved?.entries[key];
            if (bytes && key === keyOf(image) && !this.#records.has(image)) {
              this.#records.set(image, { bytes, at: Date.parse(at) });
            }
          }
          for (const [name, digest] of Object.entries(tags)) if (!this.#tags.has(name)) this.#tags.set(name, digest);
        }),
      ),
    );
  }

  /** Writes what came since the last time. What could not be written is tried again the next time. Never rejects. */
  async save(): Promise<void> {
    await Promise.all(this.#encoding);
    const { shelves } = this.#options;
    for (const [number, shelf] of shelves.entries()) {
      const mine = (name: string) => shelfOf(name, shelves.length) === number;
      const images = [...this.#changed].filter(mine);
      const names = [...this.#retagged].filter(mine);
      if (images.length + names.length > 0) await this.#guarded(() => this.#saveTo(shelf, images, names));
    }
  }

  async #saveTo(shelf: RecordShelf, images: readonly string[], names: readonly string[]): Promise<void> {
    const shelved = await shelf.read();
    if (!shelved) return;
    const before = indexOf(shelved);
    const added = images.flatMap((image) => {
      const kept = this.#records.get(image);
      return kept ? [{ key: keyOf(image), image, bytes: kept.bytes, at: new Date(kept.at).toISOString() }] : [];
    });
    const fresh = new Set(added.map(({ key }) => key));
    const others = Object.entries(before.images).flatMap(([key, { image, at }]) => {
      const bytes = shelved.entries[key];
      return bytes && !fresh.has(key) ? [{ key, image, bytes, at }] : [];
    });
    const held = newest([...added, ...others]);
    const kept = new Set(held.map(({ key }) => key));
    const gone = Object.keys(shelved.entries).filter((key) => key !== INDEX && !kept.has(key));
    const tags = Object.entries({
      ...before.tags,
      ...Object.fromEntries(names.map((name) => [name, this.#tags.get(name) ?? ''])),
    });
    const index: Index = {
      images: Object.fromEntries(held.map(({ key, image, at }) => [key, { image, at }])),
      tags: Object.fromEntries(tags.slice(-MOST_TAGS)),
    };
    const written = await shelf.write(shelved.version, {
      ...Object.fromEntries(gone.map((key) => [key, null])),
      ...Object.fromEntries(added.filter(({ key }) => kept.has(key)).map(({ key, bytes }) => [key, bytes])),
      [INDEX]: Buffer.from(JSON.stringify(index)),
    });
    if (!written) return;
    for (const image of images) this.#changed.delete(image);
    for (const name of names) this.#retagged.delete(name);
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.onProblem(error instanceof Error ? error.message : String(error));
    }
  }
}

/** The newest entries that a shelf has room for. */
function newest<T extends { readonly bytes: Uint8Array; readonly at: string }>(entries: readonly T[]): T[] {
  let bytes = 0;
  return entries
    .toSorted((one, other) => (one.at < other.at ? 1 : -1))
    .filter((entry) => {
      bytes += entry.bytes.length;
      return bytes <= SHELF_BYTES;
    });
}

function indexOf(shelved: Shelved | undefined): Index {
  const bytes = shelved?.entries[INDEX];
  if (!bytes) return { images: {}, tags: {} };
  try {
    return indexSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    return { images: {}, tags: {} };
  }
}

/** A key of a ConfigMap knows no slash and no colon. */
function keyOf(image: string): string {
  return createHash('sha256').update(image).digest('hex');
}

function shelfOf(name: string, shelves: number): number {
  return (createHash('sha256').update(name).digest()[0] ?? 0) % shelves;
}
