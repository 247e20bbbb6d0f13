import type {
  Attestation,
  ImageEvidence,
  Platform,
  Scan,
  Signature,
  StatementContent,
  VexStatement,
  Vulnerability,
} from '../../src/images/evidence.ts';
import { type ImageReference, parseImageReference } from '../../src/k8s/core/image-reference.ts';

export const NOW = new Date('2026-11-30T00:00:00Z');
export const DIGEST = `sha256:${'9'.repeat(64)}`;
export const IMAGE = `registry.example.com/team/loader@${DIGEST}`;
export const AMD64: Platform = { digest: `sha256:${'a'.repeat(64)}`, os: 'linux', architecture: 'amd64' };
export const ARM64: Platform = { digest: `sha256:${'b'.repeat(64)}`, os: 'linux', architecture: 'arm64' };

/** Evidence that shows nothing but what is told. */
export function evidence(parts: Partial<ImageEvidence> = {}): ImageEvidence {
  return {
    digest: DIGEST,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    platforms: [AMD64, ARM64],
    signatures: [],
    attestations: [],
    attached: [],
    rejections: [],
    ...parts,
  };
}

export function referenceOf(text: string = IMAGE): ImageReference {
  const reference = parseImageReference(text);
  if (!reference) throw new Error(`${text} is no reference`);
  return reference;
}

export function signature(authority: string, annotations: Readonly<Record<string, string>> = {}): Signature {
  return { signer: { authority, logs: [] }, storedAs: 'bundle', annotations };
}

export function attestation(authority: string, content: StatementContent): Attestation {
  return { signer: { authority, logs: [] }, storedAs: 'bundle', predicateType: 'https://example.com', content };
}

export function scan(
  finishedAt: string,
  vulnerabilities: readonly Vulnerability[] = [],
  scanner = 'trivy@0.60.0',
): Scan {
  return { kind: 'scan', scanner, finishedAt: new Date(finishedAt), vulnerabilities };
}

export function vulnerability(parts: Partial<Vulnerability> = {}): Vulnerability {
  return {
    id: 'CVE-2026-1',
    severity: 'CRITICAL',
    package: 'openssl',
    version: '3.0.1',
    purl: 'pkg:deb/debian/openssl@3.0.1?arch=amd64',
    ...parts,
  };
}

export function statement(parts: Partial<VexStatement> = {}): VexStatement {
  return {
    vulnerability: 'CVE-2026-1',
    status: 'not_affected',
    products: [IMAGE],
    subcomponents: ['pkg:deb/debian/openssl@3.0.1'],
    at: new Date('2026-11-29T00:00:00Z'),
    ...parts,
  };
}
