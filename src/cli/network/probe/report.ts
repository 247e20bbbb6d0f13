import type { Program } from '../../shared/context.ts';
import type { Paint } from '../../shared/terminal.ts';
import type { Direction } from './objects.ts';

/** What a default deny did to connections. */
export type DirectionResult = { readonly direction: Direction } & (
  | { readonly outcome: 'denied'; readonly afterMs: number; readonly said: string }
  | { readonly outcome: 'open'; readonly said: string }
  | { readonly outcome: 'unknown'; readonly reason: string }
);

/** Where one of the pods ran. */
export interface PodPlace {
  readonly node: string;
  readonly addresses: readonly string[];
}

/** What came of a probe. */
export interface ProbeFindings {
  readonly namespace: string;
  readonly image: string;
  readonly server?: PodPlace;
  readonly client?: PodPlace;
  readonly directions: readonly DirectionResult[];
}

/** A probe with all that its outputs say of it. */
export interface ProbeReport extends ProbeFindings {
  /** The address of the API server. */
  readonly cluster: string;
  readonly timeoutSeconds: number;
  readonly exitCode: number;
  readonly program: Program;
  readonly paint: Paint;
}
