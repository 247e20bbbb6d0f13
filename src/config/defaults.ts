import type { Profile } from '../engine/policy.ts';
import type { Mode } from '../engine/rule.ts';

/** What is there for whoever asks for more than the promises. */
const OFF = { hybrid: 'off', private: 'off' } as const;

/** Every rule that is not enforced where a configuration says nothing: what Qdrant promises is. */
const EXCEPTIONS: Readonly<Record<string, Readonly<Record<Profile, Mode>>>> = {
  'class-changes': OFF,
  'dedicated-nodes': OFF,
  'host-aliases': OFF,
  'user-and-group-ids': OFF,
};

/** The ids of the rules that are not enforced in every profile. */
export const EXCEPTED_RULES: readonly string[] = Object.keys(EXCEPTIONS);

/**
 * What a rule does in a profile where a configuration says nothing. A rule that the Pod Security level of a namespace
 * leaves out or another rule overrides does not run, whatever this says.
 */
export function defaultMode(rule: string, profile: Profile): Mode {
  return (Object.hasOwn(EXCEPTIONS, rule) ? EXCEPTIONS[rule]?.[profile] : undefined) ?? 'enforce';
}

/**
 * Rules that no configuration can weaken: what uses the network or a port of its node is past every NetworkPolicy, and
 * no profile would mean anything for it.
 */
export const FIRM_RULES: readonly string[] = ['host-namespaces', 'host-ports'];

/** The level of the Pod Security Standards where a namespace names none. */
export const DEFAULT_POD_SECURITY_LEVEL = 'restricted';

/** Pods are refused in any case; a workload that makes them is let in with warnings. */
export const DEFAULT_TEMPLATES = 'warn';
