import type { Exemption } from './exemptions.ts';
import type { RoleMatches } from './pod-roles.ts';
import type { ParsedReads } from './reads.ts';
import { MODES, type Mode, type PodSecurityLevel, type Rule } from './rule.ts';

/** A rule as the configuration set it for a namespace. */
export interface ActiveRule<Facts, Settings> {
  readonly rule: Rule<Facts, Settings>;
  readonly mode: Exclude<Mode, 'off'>;
  /** Parsed by the rule's own schema, defaults filled in. */
  readonly options: object;
  /** The rule's `reads`, parsed. */
  readonly reads: ParsedReads;
}

/**
 * Whether another of these rules says it all, so that nothing is said twice; but only where that one acts as strictly:
 * a namespace that turns `capabilities-restricted` off is not thereby without `capabilities-baseline`.
 */
export function isOverridden<Facts, Settings>(
  { rule, mode }: ActiveRule<Facts, Settings>,
  among: readonly ActiveRule<Facts, Settings>[],
): boolean {
  if (rule.overriddenBy === undefined) return false;
  const by = among.find((other) => other.rule.id === rule.overriddenBy);
  return by !== undefined && MODES.indexOf(by.mode) <= MODES.indexOf(mode);
}

/** What the engine itself reads of what a namespace is told. */
export interface EngineSettings {
  /** What the pods of the namespace are for. */
  readonly roles: RoleMatches;
}

/** What holds in one namespace: resolved once when the configuration is loaded, read-only after that. */
export interface Policy<Facts, Settings extends EngineSettings> {
  readonly profile: Profile;
  readonly podSecurityLevel: PodSecurityLevel;
  readonly settings: Settings;
  /** Whether a workload whose pods would be refused is let in with warnings at admission, or denied. */
  readonly templates: 'warn' | 'deny';
  /** Sorted by id. */
  readonly rules: readonly ActiveRule<Facts, Settings>[];
  readonly exemptions: readonly Exemption[];
}

export const PROFILES = ['hybrid', 'private'] as const;
/** Hybrid Cloud (only telemetry and configuration leave) or Private Cloud (nothing does). */
export type Profile = (typeof PROFILES)[number];

/** The roll-out switch of a whole configuration: `audit` never denies. */
export type Enforcement = 'enforce' | 'audit';
