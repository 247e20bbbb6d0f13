import type { Exemption } from '../engine/exemptions.ts';
import type { AcceptedVulnerability } from '../images/settings.ts';
import type { Attestation } from '../storage/settings.ts';
import type { Config } from './resolve.ts';

/** What the configuration accepts for a time, at one moment: what no longer holds is reported, not forgotten. */
export interface Standing<T> {
  readonly active: readonly T[];
  readonly expired: readonly T[];
}

/** The exemptions of all namespaces. */
export function exemptionsAt({ namespaces }: Config, now: Date): Standing<Exemption> {
  return standingOf(
    [...namespaces.values()].flatMap(({ exemptions }) => exemptions),
    now,
  );
}

/** The attestations, which hold in all namespaces. */
export function attestationsAt({ attestations }: Config, now: Date): Standing<Attestation> {
  return standingOf(attestations, now);
}

function standingOf<T extends { readonly expires: Date }>(all: readonly T[], now: Date): Standing<T> {
  return { active: all.filter(({ expires }) => now < expires), expired: all.filter(({ expires }) => expires <= now) };
}

/** Everything that has expired, each in one line. */
export function expiredAt(config: Config, now: Date): string[] {
  return [
    ...exemptionsAt(config, now).expired.map(describeExemption),
    ...attestationsAt(config, now).expired.map(describeAttestation),
    ...standingOf(config.acceptedVulnerabilities, now).expired.map(describeAccepted),
  ];
}

function describeExemption({ rule, namespace, path, expires, responsible }: Exemption): string {
  return `the exemption of ${rule} in ${namespace} at ${path}, until ${expires.toISOString()} (${responsible})`;
}

function describeAttestation(attestation: Attestation): string {
  const what =
    'of' in attestation
      ? `${attestation.of} ${attestation.driver} ${attestation.handle}`
      : `StorageClass ${attestation.storageClass}`;
  return `the attestation of ${what}, until ${attestation.expires.toISOString()} (${attestation.responsible})`;
}

function describeAccepted({ id, package: name, expires, responsible }: AcceptedVulnerability): string {
  const where = name === undefined ? '' : ` in ${name}`;
  return `the acceptance of ${id}${where}, until ${expires.toISOString()} (${responsible})`;
}
