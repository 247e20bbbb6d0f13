import { describe, expect, it } from 'vitest';
import type { AttachedDocument, ImageEvidence, Sbom } from '../../src/images/evidence.ts';
import { judgeSbom } from '../../src/images/judge-sbom.ts';
import type { SbomLevel } from '../../src/images/settings.ts';
import { AMD64, ARM64, attestation, DIGEST, evidence } from './evidence-objects.ts';

const SBOM: Sbom = { kind: 'sbom', format: 'SPDX', packages: 3 };

function attached(platformDigest: string, parts: Partial<AttachedDocument> = {}): AttachedDocument {
  return { platformDigest, predicateType: 'https://spdx.dev/Document', level: 'bound', content: SBOM, ...parts };
}

function judged(shown: Partial<ImageEvidence>, level: SbomLevel = 'bound') {
  return judgeSbom(evidence(shown), { level, authorities: ['team'] });
}

const both = (parts: Partial<AttachedDocument>) => ({
  attached: [attached(AMD64.digest, parts), attached(ARM64.digest, parts)],
});

describe('an SBOM that the index lists', () => {
  it('has to be there for every platform', () => {
    expect(judged(both({}))).toBeUndefined();
    expect(judged({ attached: [attached(AMD64.digest)] })?.required).toContain('there is none for linux/arm64');
    // One of another image is none of this.
    expect(judged({ attached: [attached(AMD64.digest), attached(`sha256:${'c'.repeat(64)}`)] })).toBeDefined();
  });

  it('is enough where it is only named, if no more is asked for', () => {
    const named = both({ level: 'present', content: undefined });
    expect(judged(named, 'present')).toBeUndefined();
    expect(judged(named, 'bound')).toBeDefined();
    expect(judged(both({}), 'signed')?.required).toContain('signed by team');
  });

  it.each([
    ['CycloneDX', 'https://cyclonedx.org/bom', true],
    ['CycloneDX with a version', 'https://cyclonedx.org/bom/v1.4', true],
    ['provenance', 'https://slsa.dev/provenance/v1', false],
    ['what only begins like one', 'https://spdx.dev/Document.evil.example', false],
  ])('may be %s', (_, predicateType, counts) => {
    expect(judged(both({ predicateType }), 'present') === undefined).toBe(counts);
  });

  it('has to hold something', () => {
    expect(judged(both({ content: { ...SBOM, packages: 0 } }))).toBeDefined();
    expect(judged(both({ content: { kind: 'other' } }))).toBeDefined();
  });

  it('is looked for at the image itself where that is no index', () => {
    expect(judged({ platforms: [], attached: [attached(DIGEST)] })).toBeUndefined();
    expect(judged({ platforms: [] })?.required).not.toContain('there is none for');
  });
});

describe('an SBOM that is signed', () => {
  it.each(['present', 'bound', 'signed'] as const)('is as good at level %s', (level) => {
    expect(judged({ attestations: [attestation('team', SBOM)] }, level)).toBeUndefined();
  });

  it('counts only of an authority that the policy names, and only with packages', () => {
    expect(judged({ attestations: [attestation('qdrant', SBOM)] }, 'signed')).toBeDefined();
    expect(judged({ attestations: [attestation('team', { ...SBOM, packages: 0 })] }, 'signed')).toBeDefined();
    expect(judged({ attestations: [attestation('team', { kind: 'other' })] }, 'signed')).toBeDefined();
  });
});

it('what is not there cannot be told where a part of the evidence is missing', () => {
  expect(judged({ incomplete: 'x' })).toMatchObject({ unknown: 'x' });
  expect(judged({ incomplete: 'x' }, 'signed')).toMatchObject({ unknown: 'x' });
});
