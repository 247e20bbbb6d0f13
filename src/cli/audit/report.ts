import type { NamespaceAudit } from '../../audit/audit.ts';
import type { PluginReport } from '../../audit/network-plugins.ts';
import type { Enforcement, Profile } from '../../engine/policy.ts';
import type { Acknowledgement } from '../../network/settings.ts';
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
  /** The network plugins that were found, and what they do. */
  readonly plugins: PluginReport;
  /** Who answers for it that NetworkPolicies are enforced. */
  readonly acknowledgement?: Acknowledgement;
  readonly exitCode: number;
  readonly program: Program;
  readonly paint: Paint;
}
