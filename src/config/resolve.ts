import { RE2JS } from 're2js';
import type { Exemption } from '../engine/exemptions.ts';
import { ROLES, type RoleMatches } from '../engine/pod-roles.ts';
import type { Enforcement, Profile } from '../engine/policy.ts';
import { isOverridden } from '../engine/policy.ts';
import { parseReads } from '../engine/reads.ts';
import type { Mode, PodSecurityLevel } from '../engine/rule.ts';
import type { AcceptedVulnerability } from '../images/settings.ts';
import type { ActiveRule, Policy, Rule } from '../rules/define.ts';
import { registriesAllowedBy } from '../rules/images/image-registry.ts';
import { RULES } from '../rules/index.ts';
import {
  NAMESPACE_SCHEMAS,
  type NamespaceSettings,
  resolvePromises,
  SHARED_SCHEMAS,
  type SharedEntries,
} from '../settings.ts';
import type { Attestation } from '../storage/settings.ts';
import { DEFAULT_POD_SECURITY_LEVEL, DEFAULT_TEMPLATES, defaultMode } from './defaults.ts';
import type { ConfigFile, NamespacesEntry } from './schema.ts';

/** A configuration in force: resolved once, read-only after that. */
export interface Config {
  readonly enforcement: Enforcement;
  /** By the name of the protected namespace. */
  readonly namespaces: ReadonlyMap<string, Policy>;
  /** What the owner of the cluster states of its storage; each policy has them, too. */
  readonly attestations: readonly Attestation[];
  /** The vulnerabilities of images that the owner accepts; each policy has them, too. */
  readonly acceptedVulnerabilities: readonly AcceptedVulnerability[];
}

type RuleSettings = NamespacesEntry['rules'];
type ResolvedRule = ActiveRule & { readonly rule: Rule };

/** Resolves a configuration that the schema has accepted. */
export function resolveConfig(file: ConfigFile): Config {
  const exemptions = file.exemptions.map(
    (exemption): Exemption => ({ ...exemption, expires: new Date(exemption.expires) }),
  );
  const namespaces = new Map<string, Policy>();
  for (const entry of file.namespaces) {
    for (const name of entry.names) {
      const own = exemptions.filter(({ namespace }) => namespace === name);
      namespaces.set(name, resolvePolicy(entry, own, file));
    }
  }
  const [first] = namespaces.values();
  return {
    enforcement: file.enforcement,
    namespaces,
    attestations: first?.settings.storage.attestations ?? [],
    acceptedVulnerabilities: first?.settings.images.acceptedVulnerabilities ?? [],
  };
}

/**
 * What holds where no configuration says otherwise.
 * @param verify whether images are verified: by Qdrant's signatures
 */
export function defaultPolicy(profile: Profile, { verify }: { readonly verify?: boolean } = {}): Policy {
  return resolvePolicy(
    {
      profile,
      podSecurityLevel: DEFAULT_POD_SECURITY_LEVEL,
      templates: DEFAULT_TEMPLATES,
      roles: {},
      network: NAMESPACE_SCHEMAS.network.parse({}),
      storage: NAMESPACE_SCHEMAS.storage.parse({}),
      rules: {},
    },
    [],
    {
      images: SHARED_SCHEMAS.images.parse(verify === undefined ? {} : { verify }),
      network: SHARED_SCHEMAS.network.parse({}),
      storage: SHARED_SCHEMAS.storage.parse({}),
    },
  );
}

function resolvePolicy(
  entry: Omit<NamespacesEntry, 'names'>,
  exemptions: readonly Exemption[],
  shared: SharedEntries,
): Policy {
  const { profile, podSecurityLevel, templates, enforcedSince } = entry;
  const roles = resolveRoles(entry.roles);
  const rules = activeRules(profile, podSecurityLevel, entry.rules);
  const allowedRegistries = registriesAllowedBy(rules);
  const settings: NamespaceSettings = {
    roles,
    ...(enforcedSince !== undefined && { enforcedSince: new Date(enforcedSince) }),
    ...resolvePromises(shared, entry, { profile, roles, allowedRegistries }),
  };
  return {
    profile,
    podSecurityLevel,
    templates,
    settings,
    rules: rules.filter(({ rule }) => rule.concerns?.(settings) ?? true),
    exemptions,
  };
}

function activeRules(profile: Profile, level: PodSecurityLevel, settings: RuleSettings): ResolvedRule[] {
  const active = RULES.flatMap((rule): ResolvedRule[] => {
    const mode = modeOf(rule, profile, level, settings);
    if (mode === 'off') return [];
    const options = rule.options.parse(settings[rule.id]?.options ?? {});
    return [{ rule, mode, options, reads: parseReads(rule.reads) }];
  });
  // A rule for some roles overrides only where it has a say, which shows when there is a subject.
  const always = active.filter(({ rule }) => rule.roles === undefined);
  return active.filter((rule) => !isOverridden(rule, always));
}

function modeOf(rule: Rule, profile: Profile, level: PodSecurityLevel, settings: RuleSettings): Mode {
  if (rule.podSecurity?.level === 'restricted' && level === 'baseline') return 'off';
  return settings[rule.id]?.mode ?? defaultMode(rule.id, profile);
}

function resolveRoles(roles: NamespacesEntry['roles']): RoleMatches {
  return Object.fromEntries(
    ROLES.flatMap((role) => {
      const match = roles[role];
      return match
        ? [[role, { selector: match.selector, images: match.images.map((text) => RE2JS.compile(text)) }]]
        : [];
    }),
  );
}
