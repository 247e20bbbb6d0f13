import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HashAlgorithm } from '../../src/images/authorities.ts';
import type { Candidate, CandidateReport, Demand, TrustRoot } from '../../src/sigstore/tasks.ts';
import { TrustMaterials } from '../../src/sigstore/trust-material.ts';
import { verifyCandidate } from '../../src/sigstore/verify-candidate.ts';
import { pem, sha256, spki } from '../support/sigstore/certificates.ts';
import { ecKeys, GITHUB, type PrivateSigstore, RELEASE, startSigstore } from '../support/sigstore/private-sigstore.ts';
import {
  asCandidate,
  bundle,
  type Log,
  legacyAttestation,
  legacySignature,
  type SigningKey,
  simpleSigning,
  statement,
} from '../support/sigstore/signatures.ts';

/** Each form in which a signature is stored, by each kind of key, with and without the parties that testify to it. */
const DIGEST = `sha256:${'a1'.repeat(32)}`;
const PAYLOAD = Buffer.from(JSON.stringify(statement(DIGEST)));
let sigstore: PrivateSigstore;

beforeAll(async () => {
  sigstore = await startSigstore();
});

const keyless = (
  asked: { transparencyLogs?: number; certificateLog?: boolean; trustRoot?: TrustRoot } = {},
): Demand => ({
  kind: 'keyless',
  authority: 'qdrant',
  transparencyLogs: 1,
  certificateLog: true,
  trustRoot: sigstore.root,
  ...asked,
});

const ownKey = (key: SigningKey, hashAlgorithms: readonly HashAlgorithm[], transparencyLogs: number): Demand => ({
  kind: 'key',
  authority: 'own',
  publicKey: pem(spki(key.publicKey), 'PUBLIC KEY'),
  hashAlgorithms,
  transparencyLogs,
  ...(transparencyLogs > 0 ? { trustRoot: sigstore.root } : {}),
});

function verify(candidate: Candidate, ...demands: readonly Demand[]): CandidateReport {
  const report = verifyCandidate({ kind: 'candidate', candidate, digest: DIGEST, demands }, new TrustMaterials());
  return report.ok ? report.value : { proofs: [], shortfalls: [{ authority: '', reason: report.error }] };
}

type Format = 'bundle' | '.sig' | '.att' | '.att, intoto 0.0.2';

function make(
  format: Format,
  key: SigningKey,
  options: { log: Log; timestamp: boolean; hash?: HashAlgorithm },
): Promise<Candidate> {
  switch (format) {
    case 'bundle':
      return bundle(sigstore, key, PAYLOAD, options).then(asCandidate);
    case '.sig':
      return legacySignature(sigstore, key, simpleSigning(DIGEST), options);
    case '.att':
      return legacyAttestation(sigstore, key, PAYLOAD, options);
    case '.att, intoto 0.0.2':
      return legacyAttestation(sigstore, key, PAYLOAD, options, 'intoto');
  }
}

describe('a keyless signature', () => {
  it.each<[Format, Log, boolean, string[]]>([
    ['bundle', 'v1', false, ['https://rekor.test']],
    ['bundle', 'v1', true, ['https://rekor.test']],
    ['bundle', 'v2', true, ['https://v2.rekor.test']],
    ['.sig', 'v1', false, ['https://rekor.test']],
    ['.sig', 'v1', true, ['https://rekor.test']],
    ['.att', 'v1', false, ['https://rekor.test']],
    ['.att', 'v1', true, ['https://rekor.test']],
    ['.att, intoto 0.0.2', 'v1', false, ['https://rekor.test']],
  ])(
    'as %s, log %s, timestamp %s, says who signed, when, and which log holds it',
    async (format, log, timestamp, logs) => {
      const report = verify(await make(format, sigstore.certify(), { log, timestamp }), keyless());
      expect(report.shortfalls).toEqual([]);
      expect(report.proofs).toMatchObject([
        { authority: 'qdrant', certificate: { subject: RELEASE, issuer: GITHUB }, logs },
      ]);
      expect(report.proofs[0]?.signedAt).toBeInstanceOf(Date);
      expect(report.claim).toMatchObject({ annotations: {} });
    },
  );

  it.each<[Format, Log]>([
    ['bundle', 'none'],
    ['.sig', 'none'],
    ['.att', 'none'],
  ])('as %s with a timestamp and without a log is one where the authority asks for no log', async (format, log) => {
    const candidate = await make(format, sigstore.certify(), { log, timestamp: true });
    expect(verify(candidate, keyless({ transparencyLogs: 0 })).proofs).toHaveLength(1);
    expect(verify(candidate, keyless()).shortfalls[0]?.reason).toContain('no entry of a transparency log');
  });

  it.each<Format>(['bundle', '.sig', '.att'])(
    'as %s that nobody testifies the time of is none, whatever is asked',
    async (format) => {
      const candidate = await make(format, sigstore.certify(), { log: 'none', timestamp: false });
      const { proofs, shortfalls } = verify(candidate, keyless({ transparencyLogs: 0, certificateLog: false }));
      expect(proofs).toEqual([]);
      expect(shortfalls[0]?.reason).toContain('testifies when it was signed');
    },
  );

  it.each([
    ['P-384', 'sha384'],
    ['P-384', 'sha256'],
    ['P-521', 'sha512'],
  ] as const)('by a %s key with %s verifies', async (curve, hash) => {
    const key = sigstore.certify({ keys: ecKeys(curve) });
    expect(verify(await make('bundle', key, { log: 'v2', timestamp: true, hash }), keyless()).shortfalls).toEqual([]);
  });

  it('without SCT is one only where the authority asks for none', async () => {
    const candidate = await make('bundle', sigstore.certify({ ctLog: 'none' }), { log: 'v1', timestamp: false });
    expect(verify(candidate, keyless()).shortfalls[0]?.reason).toContain('no SCT');
    expect(verify(candidate, keyless({ certificateLog: false })).proofs).toHaveLength(1);
  });
});

describe('a signature with a key', () => {
  const KEYS: readonly [string, () => SigningKey, HashAlgorithm][] = [
    ['P-256', () => ecKeys(), 'sha256'],
    ['P-384 with SHA-384', () => ecKeys('P-384'), 'sha384'],
    ['P-521 with SHA-512', () => ecKeys('P-521'), 'sha512'],
    ['Ed25519', () => generateKeyPairSync('ed25519'), 'sha256'],
    ['RSA-2048', () => generateKeyPairSync('rsa', { modulusLength: 2048 }), 'sha256'],
    ['RSA-4096 with SHA-512', () => generateKeyPairSync('rsa', { modulusLength: 4096 }), 'sha512'],
  ];
  const FORMATS: readonly Format[] = ['bundle', '.sig', '.att'];
  const CASES = KEYS.flatMap(([name, keys, hash]) => FORMATS.map((format) => [name, format, keys, hash] as const));

  it.each(CASES)('%s as %s verifies without a log', async (_name, format, keys, hash) => {
    const key = keys();
    // An attestation of the older format is always signed with SHA-256.
    const used = format === '.att' ? 'sha256' : hash;
    const candidate = await make(format, key, { log: 'none', timestamp: false, hash: used });
    const { proofs, shortfalls } = verify(candidate, ownKey(key, [used], 0));
    expect(shortfalls).toEqual([]);
    expect(proofs).toEqual([
      { authority: 'own', keyFingerprint: sha256(spki(key.publicKey)).toString('hex'), signedAt: undefined, logs: [] },
    ]);
  });

  it.each<[Format, Log, boolean]>([
    ['bundle', 'v1', false],
    ['bundle', 'v2', true],
    ['bundle', 'v2', false],
    ['.sig', 'v1', false],
    ['.sig', 'v1', true],
    ['.att', 'v1', false],
    ['.att', 'v1', true],
  ])('as %s, log %s, timestamp %s, is held by the log that the authority asks for', async (format, log, timestamp) => {
    const key = ecKeys();
    const candidate = await make(format, key, { log, timestamp });
    const { proofs, shortfalls } = verify(candidate, ownKey(key, ['sha256'], 1));
    expect(shortfalls).toEqual([]);
    expect(proofs[0]?.logs).toHaveLength(1);
    // The same with an authority that does not ask for one.
    expect(verify(candidate, ownKey(key, ['sha256'], 0)).proofs[0]?.logs).toEqual([]);
  });

  it('is none with a hash that the authority does not allow', async () => {
    const key = ecKeys('P-384');
    const candidate = await make('bundle', key, { log: 'none', timestamp: false, hash: 'sha384' });
    expect(verify(candidate, ownKey(key, ['sha256'], 0)).proofs).toEqual([]);
    expect(verify(candidate, ownKey(key, ['sha256', 'sha384'], 0)).proofs).toHaveLength(1);
  });

  it('is looked at with every authority', async () => {
    const key = ecKeys();
    const candidate = await make('bundle', key, { log: 'none', timestamp: false });
    const { proofs, shortfalls } = verify(
      candidate,
      ownKey(ecKeys(), ['sha256'], 0),
      ownKey(key, ['sha256'], 0),
      keyless(),
    );
    expect(proofs).toHaveLength(1);
    expect(shortfalls).toHaveLength(1);
  });
});
