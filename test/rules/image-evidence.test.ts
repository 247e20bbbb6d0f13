import { describe, expect, it } from 'vitest';
import { makeSubject } from '../../src/engine/subject.ts';
import { describeFinding } from '../../src/engine/wording.ts';
import type { ImageFact } from '../../src/facts/image-evidence.ts';
import { imagePolicy } from '../../src/rules/images/image-policy.ts';
import { imageScan } from '../../src/rules/images/image-scan.ts';
import { imageSignature } from '../../src/rules/images/image-signature.ts';
import { DIGEST, evidence, NOW, signature } from '../images/evidence-objects.ts';
import { askRule } from '../support/ask-rule.ts';
import { pod } from '../support/pods.ts';
import { policyWithAllRules } from '../support/policies.ts';

const IMAGE = `docker.io/qdrant/qdrant@${DIGEST}`;
const PUBLIC_KEY = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEXCveYMjv9ICEEfcKKvwwmhR6vRd7
gh5ItaGwkJ61cKDCNLzy1PC7WPDHqKgB/eclcewoVrApuowekKt7rljkhw==
-----END PUBLIC KEY-----`;
const subject = makeSubject({ object: pod({ containers: [{ name: 'a', image: IMAGE }] }), now: NOW });
const SIGNED: ImageFact = { state: 'found', evidence: evidence({ signatures: [signature('qdrant')] }) };
const UNSIGNED: ImageFact = { state: 'found', evidence: evidence() };

function settingsWith(images: object) {
  return policyWithAllRules({}, [], { images }).settings;
}

function signatureFindings(fact: ImageFact | undefined, images: object = { verify: true }) {
  const imageEvidence = new Map(fact ? [[IMAGE, fact]] : []);
  return askRule(imageSignature, subject, { facts: { imageEvidence }, settings: settingsWith(images) });
}

describe('an image', () => {
  it('passes by evidence alone', () => {
    expect(signatureFindings(SIGNED)).toEqual([]);
    expect(signatureFindings(UNSIGNED)).toMatchObject([{ path: 'spec.containers[0].image', value: IMAGE, name: 'a' }]);
  });

  it.each([
    ['of which nothing was learnt', undefined],
    [
      'of another digest than the evidence',
      { state: 'found', evidence: { ...evidence(), digest: `sha256:${'8'.repeat(64)}` } },
    ],
    ['whose registry does not answer', { state: 'unreachable', reason: 'timed out' }],
  ] as const)('%s is unknown', (_, fact) => {
    expect(signatureFindings(fact)).toMatchObject([{ unknown: expect.any(String), required: 'try again' }]);
  });

  it.each(['absent', 'invalid', 'not-asked'] as const)('that is %s is refused', (state) => {
    const [finding, ...others] = signatureFindings({ state, reason: 'bad\u001b' });
    expect(others).toEqual([]);
    expect(finding?.unknown).toBeUndefined();
    expect(finding?.tolerated).toBeUndefined();
    expect(finding?.required).toContain('bad\\u{1b}');
  });

  it('has to meet every policy that holds for it, and what several say is said once', () => {
    const policy = { images: ['docker.io/qdrant'], authorities: ['qdrant'] };
    const authorities = { team: { key: { publicKey: PUBLIC_KEY } } };
    const both = { authorities, policies: [policy, { ...policy, authorities: ['team'] }] };
    expect(signatureFindings(SIGNED, both)).toMatchObject([{ required: expect.stringContaining('signed by team') }]);
    expect(signatureFindings(UNSIGNED, both)).toHaveLength(2);
    expect(signatureFindings(UNSIGNED, { policies: [policy, policy] })).toHaveLength(1);
    expect(signatureFindings({ state: 'absent', reason: 'r' }, both)).toHaveLength(1);
  });

  it('that no policy holds for is the matter of image-policy alone', () => {
    const elsewhere = { policies: [{ images: ['a.example'], authorities: ['qdrant'] }] };
    expect(signatureFindings(undefined, elsewhere)).toEqual([]);
    const findings = askRule(imagePolicy, subject, { settings: settingsWith(elsewhere) });
    expect(findings.map(describeFinding)).toEqual([
      `spec.containers[0] "a" .image is ${IMAGE}: add to images.policies who signs it: - {repositories: [docker.io/qdrant/qdrant], authorities: […]}`,
    ]);
  });

  it('of which somebody has said where reports come from needs no warning that nobody has', () => {
    const policy = { images: ['docker.io/qdrant'], authorities: ['qdrant'] };
    const scan = { authorities: ['qdrant'] };
    const facts = { imageEvidence: new Map([[IMAGE, SIGNED]]) };
    const found = (policies: readonly object[]) =>
      askRule(imageScan, subject, { facts, settings: settingsWith({ policies }) });
    expect(found([policy])).toMatchObject([{ tolerated: expect.stringContaining('nobody has said') }]);
    const [finding, ...others] = found([policy, { ...policy, scan }]);
    expect(others).toEqual([]);
    expect(finding?.tolerated).toBeUndefined();
    expect(finding?.required).toContain('have it scanned');
  });
});

describe('the rules of evidence', () => {
  const idsWith = (images: object) =>
    policyWithAllRules({}, [], { images })
      .rules.map(({ rule }) => rule.id)
      .filter((id) => /^image-(policy|signature|sbom|scan|provenance)$/.test(id));

  it('run where images are verified, as far as policies demand something', () => {
    expect(idsWith({})).toEqual([]);
    expect(idsWith({ verify: false })).toEqual([]);
    expect(idsWith({ verify: true })).toEqual(['image-policy', 'image-sbom', 'image-scan', 'image-signature']);
    const bare = { images: ['a.example'], signature: 'off', sbom: { level: 'off' } };
    expect(idsWith({ policies: [bare] })).toEqual(['image-policy', 'image-scan']);
    const provenance = { authorities: ['qdrant'], builders: ['b'] };
    expect(idsWith({ policies: [{ ...bare, provenance }] })).toEqual([
      'image-policy',
      'image-provenance',
      'image-scan',
    ]);
  });
});
