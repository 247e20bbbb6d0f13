import type { InputError } from '../../../manifests/documents.ts';
import type { StorageSettings } from '../../../storage/settings.ts';
import type { Program } from '../../shared/context.ts';
import type { Paint } from '../../shared/terminal.ts';
import type { JudgedClass } from './judge-class.ts';

/** StorageClasses that were judged, with all that the outputs say of it. */
export interface ClassesReport {
  readonly classes: readonly JudgedClass[];
  readonly errors: readonly InputError[];
  readonly settings: StorageSettings;
  readonly exitCode: number;
  /** The address of the API server; undefined where files were read. */
  readonly cluster?: string | undefined;
  /** Whose demands on keys were judged by. */
  readonly namespace?: string | undefined;
  readonly program: Program;
  readonly paint: Paint;
}
