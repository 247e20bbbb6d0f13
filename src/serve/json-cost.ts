import { randomInt } from 'node:crypto';

/** Far deeper than any Kubernetes object, and shallow enough for every recursive function here. */
const MOST_NESTING = 256;

/**
 * How long `JSON.parse` may take, in nanoseconds, as estimated below. An update of two objects of 1.5 MB that are full of
 * environment variables is still accepted. The event loop never stalls for as long as 100 ms.
 */
const MOST_COST = 70_000_000;

/** The time in nanoseconds that each part of a text takes, for the most hostile text, with V8 on a core of 2.x GHz. */
const COST = {
  container: 140,
  string: 60,
  newString: 270,
  key: 20,
  wideKey: 1500,
  indexKey: 500,
  protoKey: 400,
  comma: 25,
} as const;

/** The bytes of memory that each part of a text takes in the value, at most, with what the parser itself keeps for it. */
const BYTES = {
  container: 80,
  string: 32,
  key: 8,
  wideKey: 80,
  indexKey: 200,
  comma: 16,
} as const;

/**
 * V8 looks up every string of up to ten characters in a global table. Written as `\u1234`, they take this many bytes,
 * with the opening quote.
 */
const SHORT = 61;

/** An object with more keys than this becomes a hash table, or needs a hidden class for each key. */
const WIDE = 32;

/**
 * How many differently keyed objects a text may have, where each prefix of the keys of an object counts, too: each needs a
 * hidden class, which V8 keeps. A Kubernetes object has a few hundred.
 */
const MOST_SHAPES = 2000;

const QUOTE = 0x22;
const COMMA = 0x2c;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Random, so that nobody can construct strings with the same hash. */
const SEED = randomInt(2 ** 31);
const TABLE_BITS = 18;

/** The hash of the one key for which V8 has a slow path. */
const PROTO = hash(Buffer.from('"__proto__'), 0, 10);

/** What a text takes to parse: the bytes of memory that its value takes at most, or why it must not be parsed at all. */
export type Weight = number | 'too-deep' | 'too-costly';

/**
 * Weighs a text in UTF-8 before it is given to `JSON.parse`. Nothing else can run during `JSON.parse`, and hostile texts make
 * it slow: 8 MiB of nested lists take almost a second and 260 MB of memory, and recursive functions would overflow the
 * stack on the result. This takes time linear in the size, and does not check whether the text is JSON. docs/adr/0014 has
 * the figures.
 */
export function weigh(text: Uint8Array): Weight {
  const strings = new Int32Array(1 << TABLE_BITS);
  const shapes = new Set<number>();
  /** For each depth: how many keys the current object has so far, and a hash of them in their order. */
  const counts = new Int32Array(MOST_NESTING + 1);
  const hashes = new Int32Array(MOST_NESTING + 1);
  let depth = 0;
  let string = 0;
  let isIndex = false;
  let cost = 0;
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text[i]) {
      case QUOTE: {
        const start = i;
        i = endOfString(text, i);
        string = hash(text, start, i);
        isIndex = isDigit(text[start + 1]);
        const isShort = i - start <= SHORT;
        cost += isShort && isNew(strings, string) ? COST.newString : COST.string;
        bytes += BYTES.string + i - start;
        break;
      }
      case COLON: {
        cost += isIndex ? COST.indexKey : string === PROTO ? COST.protoKey : COST.key;
        bytes += isIndex ? BYTES.indexKey : BYTES.key;
        const count = (counts[depth] ?? 0) + 1;
        counts[depth] = count;
        if (count > WIDE) {
          cost += COST.wideKey;
          bytes += BYTES.wideKey;
          break;
        }
        const shape = Math.imul((hashes[depth] ?? 0) ^ string, 0x9e3779b1);
        hashes[depth] = shape;
        shapes.add(shape);
        if (shapes.size > MOST_SHAPES) return 'too-costly';
        break;
      }
      case OPEN_LIST:
      case OPEN_OBJECT:
        if (++depth > MOST_NESTING) return 'too-deep';
        counts[depth] = 0;
        hashes[depth] = SEED;
        cost += COST.container;
        bytes += BYTES.container;
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        depth--;
        break;
      case COMMA:
        cost += COST.comma;
        bytes += BYTES.comma;
        break;
    }
    if (cost > MOST_COST) return 'too-costly';
  }
  return bytes;
}

/** Whether a text nests too deep. In most texts there are not enough brackets for that, which is fast to see. */
export function nestsTooDeep(text: string, bytes: Uint8Array): boolean {
  return hasManyBrackets(text) && isDeep(bytes);
}

/** Whether there are enough brackets to nest too deep. In most texts there are not, and this is fast to check. */
function hasManyBrackets(text: string): boolean {
  let left = MOST_NESTING;
  for (const bracket of '[{') {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      if (left-- === 0) return true;
    }
  }
  return false;
}

function isDeep(text: Uint8Array): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const byte = text[i];
    if (byte === QUOTE) {
      i = endOfString(text, i);
    } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      if (++depth > MOST_NESTING) return true;
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      depth--;
    }
  }
  return false;
}

function endOfString(text: Uint8Array, start: number): number {
  let i = start + 1;
  while (i < text.length && text[i] !== QUOTE) i += text[i] === BACKSLASH ? 2 : 1;
  return i;
}

function hash(text: Uint8Array, from: number, to: number): number {
  let value = SEED;
  for (let i = from; i < to; i++) value = Math.imul(value ^ (text[i] ?? 0), 0x01000193);
  return value;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= DIGIT_0 && byte <= DIGIT_9;
}

/** Whether a hash is new. Entries of the table overwrite each other, so a known hash may count as new. */
function isNew(seen: Int32Array, value: number): boolean {
  const slot = (value ^ (value >>> TABLE_BITS)) & ((1 << TABLE_BITS) - 1);
  if (seen[slot] === value) return false;
  seen[slot] = value;
  return true;
}
