import type { StorageSettings } from '../storage/settings.ts';
import type { RoleMatches } from './pod-roles.ts';

/** What the configuration says of a namespace beyond the rules' own options: several rules ask for it. */
export interface NamespaceSettings {
  /** What the pods of the namespace are for. */
  readonly roles: RoleMatches;
  /** What was there before this moment goes on, and is reported. */
  readonly enforcedSince?: Date;
  readonly storage: StorageSettings;
}
