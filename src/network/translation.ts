import type { LabelSelector } from '../k8s/selectors.ts';
import type { Direction } from './default-deny.ts';
import type { Opening } from './openings.ts';
import type { PortSet } from './ports.ts';

/** A way out to whatever a DNS name resolves to. */
export interface NameOpening {
  readonly direction: 'Egress';
  readonly path: string;
  /** As it is written, perhaps with wildcards. */
  readonly domain: string;
  readonly ports: PortSet;
}

/** A way out to the API server, wherever it listens. */
export interface ApiServerOpening {
  readonly direction: 'Egress';
  readonly path: string;
  readonly to: 'the API server';
  readonly ports: PortSet;
}

/** A part of a policy of which nobody can say what it opens. */
export interface Unjudged {
  readonly direction: Direction;
  readonly path: string;
  /** What stands there. */
  readonly value: unknown;
  /** Why it cannot be told, to be read behind "cannot be judged:". */
  readonly why: string;
}

export type OpenedPart = Opening | NameOpening | ApiServerOpening | Unjudged;

/** What a policy of a network plugin opens to the pods of one namespace that one selector of it selects. */
export interface Translation {
  /** The labels of these pods; at least those: where a selector cannot be read, it is taken to require less. */
  readonly pods: LabelSelector;
  /** In the order in which they stand. */
  readonly parts: readonly OpenedPart[];
}
