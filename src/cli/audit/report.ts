import type { NamespaceAudit } from '../../audit/audit.ts';
import type { Enforcement, Profile } from '../../engine/policy.ts';
import type { Program } from '../shared/context.ts';
import type { Paint } from '../shared/terminal.ts';

/** An audit with all that its outputs say of it. */
export interface AuditReport {
  readonly audits: readonly NamespaceAudit[];
  /** The address of the API server. */
  readonly cluster: string;
  readonly enforcement: Enforcement;
  /** Whether there is a configuration, and it names a namespace; undefined without one. */
  readonly isConfigured?: (namespace: string) => boolean;
  /** Whose defaults hold where it does not. */
  readonly profile: Profile;
  readonly exitCode: number;
  readonly program: Program;
  readonly paint: Paint;
}
