import { createMemoryPool, type MemoryPool } from '../runtime/memory-pool.ts';
import { SMALL_BODY_BYTES } from './body.ts';
import { MOST_TIMES } from './parse.ts';

/** What the process may take, as the kernel and V8 enforce it, in bytes. */
export interface MemoryLimits {
  /** Of everything. Undefined where nothing limits it. */
  readonly process: number | undefined;
  /** Of the heap, with its young generation. */
  readonly heap: number;
}

/** What a webhook may take for those who call it. */
export interface MemoryBudget {
  /** From what everything else follows: the limit, or what is assumed where there is none. */
  readonly limit: number;
  /** For bodies until they are parsed, and for answers until they are read: memory outside the heap. */
  readonly bodies: number;
  /** For texts and parsed objects until they are answered: memory in the heap. */
  readonly objects: number;
  /** How many connections may be open. */
  readonly connections: number;
  /** Whether all this together may exceed the limit, because the heap may grow too far. */
  readonly tooLarge: boolean;
}

const MIB = 1024 * 1024;

/** Where nobody says how much there is: what a webhook needs that answers several updates of two large objects at a time. */
const ASSUMED_LIMIT = 1024 * MIB;

/** The program at rest, besides its heap. */
const PROGRAM = 28 * MIB;
/** Of the heap: the program at rest with what its watches saw (32), and garbage of the young generation (48). */
const HEAP_AT_REST = 80 * MIB;
const LEAST_OBJECTS = 16 * MIB;
const OBJECTS_PART = 0.28;

/** Enough for a body of the largest size beside what is kept for small ones. */
const LEAST_BODIES = 12 * MIB;
const BODIES_PART = 0.1;

/** What an open connection takes: most of it is OpenSSL's. */
const CONNECTION = 32 * 1024;
const CONNECTIONS_PART = 1 / 16;
/**
 * API servers keep 25 connections open each, and open more during a burst. With more memory there could be more, but that many
 * handshakes at once are already half a second of work.
 */
const LEAST_CONNECTIONS = 256;
const MOST_CONNECTIONS = 512;

/** Divides up what there is. docs/adr/0018 has the figures. */
export function memoryBudget({ process, heap }: MemoryLimits): MemoryBudget {
  const limit = process ?? ASSUMED_LIMIT;
  const bodies = Math.max(LEAST_BODIES, Math.floor(limit * BODIES_PART));
  const objects = Math.max(LEAST_OBJECTS, Math.floor(Math.min(heap - HEAP_AT_REST, limit * OBJECTS_PART)));
  const affordable = Math.floor((limit * CONNECTIONS_PART) / CONNECTION);
  const connections = Math.min(MOST_CONNECTIONS, Math.max(LEAST_CONNECTIONS, affordable));
  const most = PROGRAM + heap + bodies + connections * CONNECTION;
  return { limit, bodies, objects, connections, tooLarge: process !== undefined && most > process };
}

/** The budget as it is used up: one account for the memory outside the heap, one for that in it. */
export interface ServingMemory {
  readonly bodies: MemoryPool;
  readonly objects: MemoryPool;
}

/** Parts of each account that only small reviews get. */
const BODIES_KEPT = 1 / 4;
const OBJECTS_KEPT = 1 / 8;
/** What waits for an account has up to 80 KiB in the buffers of its connection, or its body in the other account. */
const MOST_WAITING = { bodies: 64, objects: 1024 } as const;
/** A body that has not arrived after this time, in milliseconds, gives way to those that wait. */
const SLOW_MS = 1000;

export function openAccounts({ bodies, objects }: MemoryBudget): ServingMemory {
  return {
    bodies: createMemoryPool({
      bytes: bodies,
      small: SMALL_BODY_BYTES,
      keptForSmall: Math.floor(bodies * BODIES_KEPT),
      mostWaiting: MOST_WAITING.bodies,
      slowMs: SLOW_MS,
    }),
    objects: createMemoryPool({
      bytes: objects,
      small: SMALL_BODY_BYTES * MOST_TIMES,
      keptForSmall: Math.floor(objects * OBJECTS_KEPT),
      mostWaiting: MOST_WAITING.objects,
      slowMs: SLOW_MS,
    }),
  };
}
