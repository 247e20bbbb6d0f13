import type { Change } from '../../../network/changes.ts';
import type { UnreadablePart } from '../../../network/reach.ts';
import type { Program } from '../../shared/context.ts';
import type { Paint } from '../../shared/terminal.ts';

/** What a change does in one namespace. */
export interface NamespaceDiff {
  readonly namespace: string;
  readonly changes: readonly Change[];
  readonly unreadable: readonly (UnreadablePart & { readonly in: 'old' | 'new' })[];
}

/** A comparison with all that its outputs say of it. */
export interface DiffReport {
  /** Those in which something changes, or cannot be read; sorted. */
  readonly namespaces: readonly NamespaceDiff[];
  readonly exitCode: number;
  readonly program: Program;
  readonly paint: Paint;
}
