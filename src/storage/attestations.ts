import { createHash } from 'node:crypto';
import type { StorageClass } from '../k8s/storage/objects.ts';
import { annotationsRead } from './class-overrides.ts';
import type { ClassAttestation, HandleAttestation, StorageSettings } from './settings.ts';

/** Whether the cluster's owner states something, and if a statement does not hold, why. */
export type Attested<A> =
  | { readonly attested: true; readonly attestation: A }
  | { readonly attested: false; readonly mismatch?: AttestationMismatch };

/** A statement that is there and does not hold. */
export interface AttestationMismatch {
  /** Of the class. */
  readonly path: 'metadata.name' | 'metadata.annotations' | 'provisioner' | 'parameters';
  /** As the sentence goes on: `was attested only until 2026-11-30T00:00:00Z`. */
  readonly found: string;
}

/** SHA-256, in hex, of the parameters of a class in canonical JSON: keys sorted by code unit, no white space. */
export function parametersSha256(parameters: StorageClass['parameters']): string {
  return canonicalSha256(Object.entries(parameters ?? {}));
}

/** The same of the annotations that its driver reads; undefined where a class has none of them. */
export function annotationsSha256(storageClass: StorageClass): string | undefined {
  const annotations = annotationsRead(storageClass);
  return annotations.length === 0 ? undefined : canonicalSha256(annotations);
}

function canonicalSha256(map: readonly (readonly [key: string, value: string | null])[]): string {
  const entries = [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  // Not as an object: there, keys that look like numbers come first, and `__proto__` is none.
  const canonical = entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',');
  return createHash('sha256').update(`{${canonical}}`).digest('hex');
}

/**
 * What the cluster's owner states of a class: it counts for this name, this provisioner, these parameters and, of the
 * annotations, those that the driver reads.
 */
export function attestedClass(
  storageClass: StorageClass,
  { attestations }: StorageSettings,
  now: Date,
): Attested<ClassAttestation> {
  const name = storageClass.metadata?.name;
  const named = attestations.filter(
    (entry): entry is ClassAttestation => 'storageClass' in entry && entry.storageClass === name,
  );
  if (named.length === 0) return { attested: false };
  const same = named.filter(({ provisioner }) => provisioner === storageClass.provisioner);
  if (same.length === 0) {
    return {
      attested: false,
      mismatch: { path: 'provisioner', found: `is not the one that class ${name} was attested with` },
    };
  }
  const hash = parametersSha256(storageClass.parameters);
  const exact = same.filter(({ parametersSha256: attested }) => attested === hash);
  if (exact.length === 0) {
    return {
      attested: false,
      mismatch: { path: 'parameters', found: `are not those that class ${name} was attested with` },
    };
  }
  const annotations = annotationsSha256(storageClass);
  const whole = exact.filter(({ annotationsSha256: attested }) => attested === annotations);
  if (whole.length === 0) {
    const found = `that the driver reads are not those that class ${name} was attested with`;
    return { attested: false, mismatch: { path: 'metadata.annotations', found } };
  }
  return latest(whole, now);
}

/** What the cluster's owner states of one volume or one snapshot. */
export function attestedHandle(
  kind: HandleAttestation['of'],
  driver: string,
  handle: string,
  { attestations }: StorageSettings,
  now: Date,
): Attested<HandleAttestation> {
  const named = attestations.filter(
    (entry): entry is HandleAttestation =>
      'of' in entry && entry.of === kind && entry.driver === driver && entry.handle === handle,
  );
  return named.length === 0 ? { attested: false } : latest(named, now);
}

/** Of several statements on the same thing, the one that holds longest. */
function latest<A extends ClassAttestation | HandleAttestation>(attestations: readonly A[], now: Date): Attested<A> {
  const [first] = [...attestations].sort((a, b) => b.expires.getTime() - a.expires.getTime());
  if (first && first.expires.getTime() > now.getTime()) return { attested: true, attestation: first };
  const until = first?.expires.toISOString().replace('.000Z', 'Z');
  return { attested: false, mismatch: { path: 'metadata.name', found: `was attested only until ${until}` } };
}
