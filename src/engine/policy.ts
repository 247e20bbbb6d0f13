import type { Exemption } from './exemptions.ts';
import type { ParsedReads } from './reads.ts';
import { MODES, type Mode, type PodSecurityLevel, type Rule } from './rule.ts';
import type { NamespaceSettings } from './settings.ts';

/** A rule as the configuration set it for a namespace. */
export interface ActiveRule {
  readonly rule: Rule;
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
export function isOverridden({ rule, mode }: ActiveRule, among: readonly ActiveRule[]): boolean {
  if (rule.overriddenBy === undefined) return false;
  const by = among.find((other) => other.rule.id === rule.overriddenBy);
  return by !== undefined && MODES.indexOf(by.mode) <= MODES.indexOf(mode);
}

/** What holds in one namespace: resolved once when the configuration is loaded, read-only after that. */
export interface Policy {
  readonly profile: Profile;
  readonly podSecurityLevel: PodSecurityLevel;
  readonly settings: NamespaceSettings;
  /** Whether a workload whose pods would be refused is let in with warnings at admission, or denied. */
  readonly templates: 'warn' | 'deny';
  /** Sorted by id. */
  readonly rules: readonly ActiveRule[];
  readonly exemptions: readonly Exemption[];
}

export const PROFILES = ['hybrid', 'private'] as const;
/** Hybrid Cloud (only telemetry and configuration leave) or Private Cloud (nothing does). */
export type Profile = (typeof PROFILES)[number];

/** The roll-out switch of a whole configuration: `audit` never denies. */
export type Enforcement = 'enforce' | 'audit';
