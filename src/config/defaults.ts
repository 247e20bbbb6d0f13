import type { Profile } from '../engine/policy.ts';
import type { Mode } from '../engine/rule.ts';

/** What a rule does where a configuration says nothing, by profile. */
type Defaults = Readonly<Record<string, Readonly<Record<Profile, Mode>>>>;

const ENFORCED = { hybrid: 'enforce', private: 'enforce' } as const;
/** What is there for whoever asks for more than the promises. */
const OFF = { hybrid: 'off', private: 'off' } as const;

/**
 * One row a rule. What Qdrant promises is enforced; a rule that the Pod Security level of a namespace leaves out or
 * another rule overrides does not run, whatever stands here.
 */
export const DEFAULTS: Defaults = {
  'allow-privilege-escalation': ENFORCED,
  'app-armor-profile': ENFORCED,
  'binding-metadata': ENFORCED,
  'bound-volume': ENFORCED,
  'capabilities-baseline': ENFORCED,
  'capabilities-restricted': ENFORCED,
  'claim-annotations': ENFORCED,
  'class-changes': OFF,
  'customer-key': ENFORCED,
  'data-source': ENFORCED,
  'database-paths': ENFORCED,
  'dedicated-nodes': OFF,
  'empty-dir-volumes': ENFORCED,
  'encrypted-class': ENFORCED,
  guaranteed: ENFORCED,
  'host-aliases': OFF,
  'host-namespaces': ENFORCED,
  'host-path-volumes': ENFORCED,
  'host-ports': ENFORCED,
  'host-probes-and-host-lifecycle': ENFORCED,
  'image-digest': ENFORCED,
  'image-registry': ENFORCED,
  'inline-csi-volumes': ENFORCED,
  'linux-only': ENFORCED,
  'node-name': ENFORCED,
  privileged: ENFORCED,
  'proc-mount': ENFORCED,
  'proc-mount-restricted': ENFORCED,
  'read-only-root-filesystem': ENFORCED,
  'requests-and-limits': ENFORCED,
  'restricted-volumes': ENFORCED,
  'root-groups': ENFORCED,
  'run-as-non-root': ENFORCED,
  'run-as-user': ENFORCED,
  'se-linux-options': ENFORCED,
  'seccomp-profile-baseline': ENFORCED,
  'seccomp-profile-restricted': ENFORCED,
  'service-account-token': ENFORCED,
  'shared-process-namespace': ENFORCED,
  'snapshot-content': ENFORCED,
  sysctls: ENFORCED,
  'system-priority-class': ENFORCED,
  'used-claims': ENFORCED,
  'user-and-group-ids': OFF,
  'volume-attributes-class': ENFORCED,
  'volume-claim-ref': ENFORCED,
  'windows-host-process': ENFORCED,
};

/** The level of the Pod Security Standards where a namespace names none. */
export const DEFAULT_POD_SECURITY_LEVEL = 'restricted';

/** Pods are refused in any case; a workload that makes them is let in with warnings. */
export const DEFAULT_TEMPLATES = 'warn';
