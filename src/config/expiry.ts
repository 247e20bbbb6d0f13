import type { Exemption } from '../engine/exemptions.ts';
import type { Config } from './resolve.ts';

/** The exemptions that hold at a moment, and those that no longer do: they are reported, not forgotten. */
export function exemptionsAt(
  config: Config,
  now: Date,
): { readonly active: Exemption[]; readonly expired: Exemption[] } {
  const all = [...config.namespaces.values()].flatMap(({ exemptions }) => exemptions);
  return {
    active: all.filter(({ expires }) => now < expires),
    expired: all.filter(({ expires }) => expires <= now),
  };
}

/** One exemption in one line. */
export function describeExemption({ rule, namespace, path, expires, responsible }: Exemption): string {
  return `${rule} in ${namespace} at ${path}, until ${expires.toISOString()} (${responsible})`;
}
