import { createHash, generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { COSIGN_SIGNATURE } from '../../src/images/statements.ts';
import type { Candidate, Demand } from '../../src/sigstore/tasks.ts';
import { TrustMaterials } from '../../src/sigstore/trust-material.ts';
import { verifyCandidate } from '../../src/sigstore/verify-candidate.ts';
import {
  basicConstraints,
  caUsage,
  issue,
  pem,
  purpose,
  spki,
  subjectNames,
} from '../support/sigstore/certificates.ts';
import {
  ecKeys,
  githubExtensions,
  type PrivateSigstore,
  RELEASE,
  startSigstore,
  trustRoot,
} from '../support/sigstore/private-sigstore.ts';
import {
  asCandidate,
  type BundleJson,
  bundle,
  legacyAttestation,
  legacySignature,
  logV1,
  type SigningKey,
  signBytes,
  simpleSigning,
  statement,
  verifierOf,
} from '../support/sigstore/signatures.ts';

/** What is published about verifiers that were fooled, and what hostile bytes can be made to look like. */
const DIGEST = `sha256:${'a1'.repeat(32)}`;
const OTHER = `sha256:${'b2'.repeat(32)}`;
const PAYLOAD = payloadOf(statement(DIGEST));
let sigstore: PrivateSigstore;
let stranger: PrivateSigstore;

beforeAll(async () => {
  sigstore = await startSigstore();
  stranger = await startSigstore({ rekorHost: 'elsewhere.test' });
});

function payloadOf(json: object): Buffer {
  return Buffer.from(JSON.stringify(json));
}

function keyless(changes: Partial<Demand & { kind: 'keyless' }> = {}): Demand {
  const common = { kind: 'keyless', authority: 'qdrant', transparencyLogs: 1, certificateLog: true } as const;
  return { ...common, trustRoot: sigstore.root, ...changes };
}

function ownKey(key: SigningKey, changes: Partial<Demand & { kind: 'key' }> = {}): Demand {
  const publicKey = pem(spki(key.publicKey), 'PUBLIC KEY');
  return { kind: 'key', authority: 'own', publicKey, hashAlgorithms: ['sha256'], transparencyLogs: 0, ...changes };
}

/** Why a candidate proves nothing; "verified" where it does. */
function refusal(candidate: Candidate, demand: Demand = keyless(), digest = DIGEST): string {
  const report = verifyCandidate({ kind: 'candidate', candidate, digest, demands: [demand] }, new TrustMaterials());
  if (!report.ok) return report.error;
  return report.value.shortfalls[0]?.reason ?? 'verified';
}

async function broken(change: (json: BundleJson) => void, log: 'v1' | 'v2' = 'v1'): Promise<Candidate> {
  const json = await bundle(sigstore, sigstore.certify(), PAYLOAD, { log });
  change(json);
  return asCandidate(json);
}

describe('transparency logs', () => {
  it('CVE-2026-22703: an entry of another signature is not one of this', async () => {
    const signer = sigstore.certify();
    const [one, other] = [
      await bundle(sigstore, signer, PAYLOAD, { log: 'v1' }),
      await bundle(sigstore, signer, payloadOf(statement(OTHER)), { log: 'v1' }),
    ];
    one.verificationMaterial.tlogEntries = other.verificationMaterial.tlogEntries;
    expect(refusal(asCandidate(one))).toContain('about another signature');
  });

  it('CVE-2026-22703: an entry that names another certificate for the same signature does not count', async () => {
    const [signer, thief] = [sigstore.certify(), sigstore.certify()];
    const json = await bundle(sigstore, signer, PAYLOAD, { log: 'v1' });
    const entry = json.verificationMaterial.tlogEntries[0] ?? {};
    const body = JSON.parse(Buffer.from(String(entry['canonicalizedBody']), 'base64').toString());
    body.spec.signatures[0].verifier = verifierOf(thief);
    json.verificationMaterial.tlogEntries = [await logV1(sigstore, body)];
    expect(refusal(asCandidate(json))).toContain('names another key');
    body.spec.signatures[0].verifier = verifierOf(signer);
    json.verificationMaterial.tlogEntries = [await logV1(sigstore, body)];
    expect(refusal(asCandidate(json))).toBe('verified');
  });

  it('an entry that names the bare key of a certificate does not count', async () => {
    const signer = sigstore.certify();
    const { certificate: _, ...bare } = signer;
    const json = await bundle(sigstore, signer, PAYLOAD, { log: 'v1' });
    json.verificationMaterial.tlogEntries = (
      await bundle(sigstore, bare, PAYLOAD, { log: 'v1' })
    ).verificationMaterial.tlogEntries;
    expect(refusal(asCandidate(json))).toContain('names another key');
  });

  it('CVE-2022-36056: an entry that does not verify is no "no entry needed"', async () => {
    const candidate = await broken(({ verificationMaterial: { tlogEntries } }) => {
      tlogEntries[0] = {
        ...tlogEntries[0],
        inclusionPromise: { signedEntryTimestamp: Buffer.from('no').toString('base64') },
      };
    });
    expect(refusal(candidate, keyless({ transparencyLogs: 0 }))).toContain('(SET) is not signed by that log');
  });

  it('CVE-2022-23649: the promise of one entry does not cover another body', async () => {
    const key = ecKeys();
    const [mine, other] = [
      await legacySignature(sigstore, key, simpleSigning(DIGEST)),
      await legacySignature(sigstore, key, simpleSigning(OTHER)),
    ];
    const annotation = 'dev.sigstore.cosign/bundle';
    const [entry, foreign] = [
      JSON.parse(mine.annotations[annotation] ?? ''),
      JSON.parse(other.annotations[annotation] ?? ''),
    ];
    const swapped = { ...entry, SignedEntryTimestamp: foreign.SignedEntryTimestamp };
    const candidate = { ...mine, annotations: { ...mine.annotations, [annotation]: JSON.stringify(swapped) } };
    const demand = ownKey(key, { transparencyLogs: 1, trustRoot: sigstore.root });
    expect(refusal(mine, demand)).toBe('verified');
    expect(refusal(candidate, demand)).toContain('(SET)');
  });

  it('CVE-2026-49834: two entries of one log are not two logs', async () => {
    const signer = sigstore.certify();
    const json = await bundle(sigstore, signer, PAYLOAD, { log: 'v1' });
    const again = JSON.parse(
      Buffer.from(String(json.verificationMaterial.tlogEntries[0]?.['canonicalizedBody']), 'base64').toString(),
    );
    json.verificationMaterial.tlogEntries.push(
      await logV1(sigstore, { ...again, spec: { ...again.spec, more: true } }),
    );
    expect(refusal(asCandidate(json), keyless({ transparencyLogs: 2 }))).toContain('1 of the trust root');
  });

  it('two logs that both hold it are two logs', async () => {
    const signer = sigstore.certify();
    const json = await bundle(sigstore, signer, PAYLOAD, { log: 'v1' });
    const signature = Buffer.from(json.dsseEnvelope.signatures[0]?.sig ?? '', 'base64');
    const message = Buffer.from(
      `DSSEv1 ${json.dsseEnvelope.payloadType.length} ${json.dsseEnvelope.payloadType} ${PAYLOAD.length} ${PAYLOAD}`,
    );
    const digest = createHash('sha256').update(message).digest();
    json.verificationMaterial.tlogEntries.push({
      ...sigstore.logV2({ digest, algorithm: 'SHA2_256', signature, signer }),
    });
    expect(refusal(asCandidate(json), keyless({ transparencyLogs: 2 }))).toBe('verified');
  });

  it('an entry of a log that nobody knows does not count, and spoils nothing', async () => {
    const signer = sigstore.certify();
    const json = await bundle(sigstore, signer, PAYLOAD, { log: 'v1' });
    const foreign = await bundle(stranger, signer, PAYLOAD, { log: 'v1' });
    json.verificationMaterial.tlogEntries.push(...foreign.verificationMaterial.tlogEntries);
    expect(refusal(asCandidate(json))).toBe('verified');
    json.verificationMaterial.tlogEntries = foreign.verificationMaterial.tlogEntries;
    expect(refusal(asCandidate(json))).toContain('no entry of a transparency log that the trust root knows');
  });

  it('an entry of an unknown log that claims the id of a known one is refused', async () => {
    const candidate = await broken(({ verificationMaterial: { tlogEntries } }) => {
      tlogEntries[0] = { ...tlogEntries[0], logId: { keyId: sigstoreV2Id() } };
    });
    expect(refusal(candidate)).not.toBe('verified');
  });

  it('the time of an entry cannot be moved', async () => {
    const candidate = await broken(({ verificationMaterial: { tlogEntries } }) => {
      tlogEntries[0] = { ...tlogEntries[0], integratedTime: String(Number(tlogEntries[0]?.['integratedTime']) - 10) };
    });
    expect(refusal(candidate)).toContain('(SET)');
  });

  it('an unsigned time in an entry without promise is no time', async () => {
    const candidate = await broken(({ verificationMaterial }) => {
      verificationMaterial.tlogEntries[0] = {
        ...verificationMaterial.tlogEntries[0],
        integratedTime: String(Math.floor(Date.now() / 1000)),
      };
      verificationMaterial['timestampVerificationData'] = { rfc3161Timestamps: [] };
    }, 'v2');
    expect(refusal(candidate)).toContain('testifies when it was signed');
  });

  it.each(['v1', 'v2'] as const)('a log (%s) whose key was not valid then does not count', async (log) => {
    const candidate = asCandidate(await bundle(sigstore, sigstore.certify(), PAYLOAD, { log }));
    const tlogs = structuredClone(sigstore.rootJson['tlogs'] ?? []) as { publicKey: { validFor: object } }[];
    for (const { publicKey } of tlogs)
      publicKey.validFor = { start: '2020-01-01T00:00:00Z', end: '2021-01-01T00:00:00Z' };
    const root = trustRoot({ ...sigstore.rootJson, tlogs });
    expect(refusal(candidate, keyless({ trustRoot: root }))).toMatch(
      /not at a time at which its key was valid|not in use/,
    );
  });

  it('a proof of inclusion in another tree is none', async () => {
    const candidate = await broken(({ verificationMaterial: { tlogEntries } }) => {
      const proof = {
        ...(tlogEntries[0]?.['inclusionProof'] as object),
        hashes: [Buffer.alloc(32).toString('base64')],
        treeSize: '2',
      };
      tlogEntries[0] = { ...tlogEntries[0], inclusionProof: proof };
    }, 'v2');
    expect(refusal(candidate)).toContain('proof that its transparency log holds it');
  });
});

function sigstoreV2Id(): string {
  const [, second] = sigstore.rootJson['tlogs'] as { logId: { keyId: string } }[];
  return second?.logId.keyId ?? '';
}

describe('certificates', () => {
  it('CVE-2026-24122: an intermediate that had expired when it was signed', async () => {
    const keys = ecKeys();
    const rootKeys = ecKeys();
    const root = { name: 'root', ...rootKeys };
    const long = { notBefore: new Date(Date.now() - 1e8), notAfter: new Date(Date.now() + 1e8) };
    const authority = [basicConstraints(true), caUsage];
    const chain = (notAfter: Date) => [
      issue({ subject: 'intermediate', publicKey: keys.publicKey, ...long, notAfter, extensions: authority }, root),
      issue({ subject: 'root', publicKey: rootKeys.publicKey, ...long, extensions: authority }, root),
    ];
    const certificate = sigstore.certify({ issuer: { name: 'intermediate', ...keys } });
    const candidate = asCandidate(await bundle(sigstore, certificate, PAYLOAD, { log: 'v1' }));
    const withChain = (notAfter: Date) => {
      const certificates = chain(notAfter).map((it) => ({ rawBytes: it.toString('base64') }));
      const certificateAuthorities = [
        { uri: '', certChain: { certificates }, validFor: { start: '2020-01-01T00:00:00Z' } },
      ];
      return keyless({ trustRoot: trustRoot({ ...sigstore.rootJson, certificateAuthorities }) });
    };
    expect(refusal(candidate, withChain(long.notAfter))).toBe('verified');
    expect(refusal(candidate, withChain(new Date(Date.now() - 30_000)))).toContain(
      'no certificate authority of the trust root',
    );
  });

  it.each([
    ['of a CA that the trust root does not know', () => stranger.certify(), 'no certificate authority'],
    [
      'that had expired when the log saw it',
      () => sigstore.certify({ notBefore: new Date(Date.now() - 2e6), notAfter: new Date(Date.now() - 1e6) }),
      'was not valid when it signed',
    ],
    [
      'that was not yet valid',
      () => sigstore.certify({ notBefore: new Date(Date.now() + 1e6), notAfter: new Date(Date.now() + 2e6) }),
      'was not valid when it signed',
    ],
    [
      'whose SCT is of a log that nobody knows',
      () => sigstore.certify({ ctLog: ecKeys() }),
      'the SCT in its certificate',
    ],
    ['without SCT', () => sigstore.certify({ ctLog: 'none' }), 'no SCT'],
    [
      'that is one of a CA',
      () => sigstore.certify({ extensions: [...githubExtensions().slice(1), basicConstraints(true), caUsage] }),
      'one of a CA',
    ],
    [
      'for another purpose than signing code',
      () =>
        sigstore.certify({
          extensions: githubExtensions().map((it) => (it.oid === '2.5.29.37' ? purpose('1.3.6.1.5.5.7.3.1') : it)),
        }),
      'code signing',
    ],
    [
      'without a purpose',
      () => sigstore.certify({ extensions: githubExtensions().filter((it) => it.oid !== '2.5.29.37') }),
      'code signing',
    ],
    [
      'with a critical extension that is not understood',
      () =>
        sigstore.certify({
          extensions: [...githubExtensions(), { oid: '2.5.29.30', critical: true, value: Buffer.from([0x30, 0]) }],
        }),
      'critical extension 2.5.29.30',
    ],
    [
      'with two subjects',
      () =>
        sigstore.certify({
          extensions: githubExtensions().map((it) =>
            it.oid === '2.5.29.17' ? subjectNames([0x86, RELEASE], [0x86, 'https://github.com/evil/x']) : it,
          ),
        }),
      'exactly one',
    ],
    [
      'with the subjects in two extensions',
      () =>
        sigstore.certify({ extensions: [...githubExtensions(), subjectNames([0x86, 'https://github.com/evil/x'])] }),
      'one extension twice',
    ],
    [
      'with two issuers that disagree',
      () => sigstore.certify({ extensions: githubExtensions({ 1: 'https://gitlab.com' }) }),
      'two different issuers',
    ],
    [
      'with a newline in its subject',
      () => sigstore.certify({ subject: `${RELEASE}\n` }),
      'characters that a name cannot have',
    ],
    [
      'with a NUL in its subject',
      () => sigstore.certify({ subject: `${RELEASE}\0.evil` }),
      'characters that a name cannot have',
    ],
    [
      'with letters beyond ASCII in its subject',
      () => sigstore.certify({ subject: RELEASE.replace('qdrant', 'qdränt') }),
      'characters that a name cannot have',
    ],
    [
      'with bytes whose high bit a careless reader drops',
      () =>
        sigstore.certify({
          extensions: githubExtensions().map((it) =>
            it.oid === '2.5.29.17' ? subjectNames([0x86, Buffer.from(RELEASE).map((byte) => byte | 0x80)]) : it,
          ),
        }),
      'characters that a name cannot have',
    ],
  ] as const)('one %s', async (_name, signer, reason) => {
    expect(refusal(asCandidate(await bundle(sigstore, signer(), PAYLOAD, { log: 'v1' })))).toContain(reason);
  });

  it('a certificate of another key than the one that signed', async () => {
    const [signer, other] = [sigstore.certify(), sigstore.certify()];
    const mixed = { ...signer, certificate: other.certificate };
    expect(refusal(asCandidate(await bundle(sigstore, mixed, PAYLOAD, { log: 'v1' })))).toContain(
      'not one of this key',
    );
  });

  it('a timestamp over another signature', async () => {
    const signer = sigstore.certify();
    const [one, other] = [
      await bundle(sigstore, signer, PAYLOAD, { log: 'v2' }),
      await bundle(sigstore, signer, PAYLOAD, { log: 'v2' }),
    ];
    one.verificationMaterial['timestampVerificationData'] = other.verificationMaterial['timestampVerificationData'];
    expect(refusal(asCandidate(one))).toContain('its timestamp is not one over this signature');
  });

  it('a timestamp of an authority that nobody knows is no time', async () => {
    const signer = sigstore.certify();
    const json = await bundle(sigstore, signer, PAYLOAD, { log: 'v2' });
    const root = trustRoot({ ...sigstore.rootJson, timestampAuthorities: [] });
    expect(refusal(asCandidate(json), keyless({ trustRoot: root }))).toContain('testifies when it was signed');
  });
});

describe('keys', () => {
  it('the hint of a bundle chooses no key: it is text of whoever wrote it', async () => {
    const [mine, evil] = [ecKeys(), ecKeys()];
    const json = await bundle(sigstore, evil, PAYLOAD, { log: 'none' });
    json.verificationMaterial['publicKey'] = { hint: 'own' };
    expect(refusal(asCandidate(json), ownKey(mine))).toContain('not one of this key');
  });

  it('an RSA key of 1024 bits', async () => {
    const key = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const candidate = asCandidate(await bundle(sigstore, key, PAYLOAD, { log: 'none' }));
    expect(refusal(candidate, ownKey(key))).toContain('1024 bits is too short');
  });

  it('a curve that nobody should use', async () => {
    const key = ecKeys('secp224r1');
    const candidate = asCandidate(await bundle(sigstore, key, PAYLOAD, { log: 'none' }));
    expect(refusal(candidate, ownKey(key))).toContain('curve');
  });

  it('a signature with a certificate is none with a key, and the other way round', async () => {
    const signer = sigstore.certify();
    const { certificate: _, ...bare } = signer;
    expect(refusal(asCandidate(await bundle(sigstore, signer, PAYLOAD, { log: 'v1' })), ownKey(bare))).toContain(
      'no authority that is asked for is keyless',
    );
    expect(refusal(asCandidate(await bundle(sigstore, bare, PAYLOAD, { log: 'v1' })))).toContain(
      'no authority that is asked for is a key',
    );
  });

  it('a log that the authority asks for and the signature lacks', async () => {
    const key = ecKeys();
    const candidate = asCandidate(await bundle(sigstore, key, PAYLOAD, { log: 'none' }));
    expect(refusal(candidate, ownKey(key, { transparencyLogs: 1, trustRoot: sigstore.root }))).toContain(
      'no entry of a transparency log',
    );
  });
});

describe('envelopes and statements', () => {
  const key = ecKeys();
  const signed = async (json: object | Buffer, payloadType?: string) =>
    asCandidate(
      await bundle(sigstore, key, Buffer.isBuffer(json) ? json : payloadOf(json), { log: 'none' }, payloadType),
    );

  it.each([
    ['about another image, copied here', statement(OTHER), `about ${OTHER}`],
    [
      'that names the image by name only',
      statement(DIGEST, { subject: [{ name: `qdrant@${DIGEST}` }] }),
      'does not name by a sha256 digest',
    ],
    [
      'that names the image by sha512 only',
      statement(DIGEST, { subject: [{ digest: { sha512: 'a1'.repeat(32) } }] }),
      'does not name by a sha256 digest',
    ],
    ['about nothing', statement(DIGEST, { subject: [] }), 'about nothing'],
    ['of an unknown type', statement(DIGEST, { _type: 'https://in-toto.io/Statement/v2' }), 'not an in-toto statement'],
    ['without predicateType', statement(DIGEST, { predicateType: '' }), 'no predicateType'],
    [
      'CVE-2024-45395: with thousands of subjects',
      statement(DIGEST, { subject: Array(1025).fill({ digest: { sha256: 'a1'.repeat(32) } }) }),
      'more than 1024 subjects',
    ],
    [
      'CVE-2024-45395: with hundreds of digests',
      statement(DIGEST, {
        subject: [{ digest: Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`a${index}`, ''])) }],
      }),
      'more than 32 digests',
    ],
    [
      'whose subject is inherited from __proto__',
      JSON.parse(
        `{"_type":"https://in-toto.io/Statement/v1","predicateType":"${COSIGN_SIGNATURE}","__proto__":{"subject":[{"digest":{"sha256":"${'a1'.repeat(32)}"}}]}}`,
      ),
      'about nothing',
    ],
  ])('a statement %s', async (_name, json, reason) => {
    expect(refusal(await signed(json), ownKey(key))).toContain(reason);
  });

  it('CVE-2026-39395: a payload that cannot be parsed', async () => {
    for (const bytes of ['not JSON', '"text"', '[]', '\u00ff{}']) {
      expect(refusal(await signed(Buffer.from(bytes, 'latin1')), ownKey(key)), bytes).toContain('payload is not JSON');
    }
  });

  it('a subject given twice: one reader, and the last one counts', async () => {
    const twice = JSON.stringify(statement(DIGEST)).replace(
      '"predicateType"',
      `"subject":[{"digest":{"sha256":"${OTHER.slice(7)}"}}],"predicateType"`,
    );
    const candidate = await signed(Buffer.from(twice));
    expect(refusal(candidate, ownKey(key))).toContain(`about ${OTHER}`);
    expect(refusal(candidate, ownKey(key), OTHER)).toBe('verified');
  });

  it('a payload that was signed as something else than a statement', async () => {
    expect(refusal(await signed(statement(DIGEST), 'application/json'), ownKey(key))).toContain('payloadType');
    const json = await bundle(sigstore, key, PAYLOAD, { log: 'none' }, 'application/json');
    json.dsseEnvelope.payloadType = 'application/vnd.in-toto+json';
    expect(refusal(asCandidate(json), ownKey(key))).toContain('not one of this key');
  });

  it('a payload that was changed after it was signed', async () => {
    const json = await bundle(sigstore, key, PAYLOAD, { log: 'none' });
    json.dsseEnvelope.payload = payloadOf(statement(OTHER)).toString('base64');
    expect(refusal(asCandidate(json), ownKey(key), OTHER)).toContain('not one of this key');
  });

  it('an envelope with two signatures, or none', async () => {
    for (const change of [(it: object[]) => [...it, ...it], () => []]) {
      const json = await bundle(sigstore, key, PAYLOAD, { log: 'none' });
      json.dsseEnvelope.signatures = change(json.dsseEnvelope.signatures) as typeof json.dsseEnvelope.signatures;
      expect(refusal(asCandidate(json), ownKey(key))).not.toBe('verified');
    }
  });

  it('a bundle that signs bytes, and not a statement', async () => {
    const { dsseEnvelope: _, ...json } = await bundle(sigstore, key, PAYLOAD, { log: 'none' });
    const messageSignature = {
      messageDigest: { algorithm: 'SHA2_256', digest: Buffer.from(DIGEST.slice(7), 'hex').toString('base64') },
      signature: signBytes(PAYLOAD, key).toString('base64'),
    };
    expect(refusal(asCandidate({ ...json, messageSignature }), ownKey(key))).toContain('signs bytes');
  });

  it.each([
    'application/vnd.dev.sigstore.bundle.v9.9+jsonXYZ',
    'application/vnd.dev.sigstore.bundle.v0.3+json; charset=utf-8',
    'application/vnd.dev.sigstore.bundle.v0.4+json',
    '',
  ])('a bundle of mediaType "%s"', async (mediaType) => {
    const json = await bundle(sigstore, key, PAYLOAD, { log: 'none' });
    expect(refusal(asCandidate({ ...json, mediaType }), ownKey(key))).toContain('mediaType');
  });

  it('a bundle of version 0.3 with a chain of certificates, which could bring an intermediate', async () => {
    const signer = sigstore.certify();
    const json = await bundle(sigstore, signer, PAYLOAD, { log: 'v1' });
    const { certificate: _, ...material } = json.verificationMaterial;
    const verificationMaterial = {
      ...material,
      x509CertificateChain: { certificates: [{ rawBytes: signer.certificate.toString('base64') }] },
    };
    expect(refusal(asCandidate({ ...json, verificationMaterial }))).not.toBe('verified');
    const mediaType = 'application/vnd.dev.sigstore.bundle+json;version=0.2';
    expect(refusal(asCandidate({ ...json, mediaType, verificationMaterial }))).toBe('verified');
  });

  it.each([
    ['entries of logs', 'tlogEntries', () => ({ tlogEntries: Array(33).fill({}) })],
    ['timestamps', 'timestamps', () => ({ timestampVerificationData: { rfc3161Timestamps: Array(33).fill({}) } })],
    ['certificates', 'certificates', () => ({ x509CertificateChain: { certificates: Array(11).fill({}) } })],
  ])('CVE-2024-45395: a bundle with more %s than anyone needs', async (_name, _field, change) => {
    const json = await bundle(sigstore, key, PAYLOAD, { log: 'none' });
    const verificationMaterial = { ...json.verificationMaterial, ...change() };
    expect(refusal(asCandidate({ ...json, verificationMaterial }), ownKey(key))).toContain('it has more than');
  });

  it('bytes that are no bundle, whatever the libraries throw', async () => {
    const good = await bundle(sigstore, sigstore.certify(), PAYLOAD, { log: 'v1' });
    const hostile: unknown[] = [
      null,
      1,
      [],
      {},
      { ...good, dsseEnvelope: null },
      { ...good, verificationMaterial: null },
    ];
    for (const rawBytes of ['', 'AA==', 'MIIB', Buffer.alloc(300, 0x30).toString('base64')]) {
      hostile.push({ ...good, verificationMaterial: { ...good.verificationMaterial, certificate: { rawBytes } } });
    }
    for (const signedTimestamp of ['', 'MAA=', Buffer.alloc(200, 0x30).toString('base64')]) {
      hostile.push({
        ...good,
        verificationMaterial: {
          ...good.verificationMaterial,
          timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp }] },
        },
      });
    }
    for (const canonicalizedBody of ['', 'AA==', 'e30=', 'bnVsbA==']) {
      hostile.push({
        ...good,
        verificationMaterial: {
          ...good.verificationMaterial,
          tlogEntries: [{ ...good.verificationMaterial.tlogEntries[0], canonicalizedBody }],
        },
      });
    }
    expect(refusal(asCandidate(good))).toBe('verified');
    for (const json of hostile) expect(refusal(asCandidate(json)), JSON.stringify(json)).not.toBe('verified');
  });
});

describe('the older formats', () => {
  it('a signature of another image, copied to the tag of this one', async () => {
    const candidate = await legacySignature(sigstore, sigstore.certify(), simpleSigning(OTHER));
    expect(refusal(candidate)).toContain(`it signs ${OTHER}`);
  });

  it('a payload of another type', async () => {
    const key = ecKeys();
    const payload = Buffer.from(simpleSigning(DIGEST).toString().replace('cosign container', 'atomic container'));
    expect(refusal(await legacySignature(sigstore, key, payload, { log: 'none' }), ownKey(key))).toContain(
      'the type in its payload',
    );
  });

  it('a payload that was changed', async () => {
    const candidate = await legacySignature(sigstore, sigstore.certify(), simpleSigning(OTHER));
    expect(refusal({ ...candidate, bytes: simpleSigning(DIGEST) })).toMatch(
      /another signature or another content|not one of this key/,
    );
  });

  it.each([
    ['without signature', 'dev.cosignproject.cosign/signature', undefined],
    ['with a bundle that is no JSON', 'dev.sigstore.cosign/bundle', '{'],
    ['with an empty bundle', 'dev.sigstore.cosign/bundle', '{}'],
    ['with null for a bundle', 'dev.sigstore.cosign/bundle', 'null'],
    ['without bundle', 'dev.sigstore.cosign/bundle', undefined],
    ['with a certificate that is none', 'dev.sigstore.cosign/certificate', 'none'],
    ['with a timestamp that is none', 'dev.sigstore.cosign/rfc3161timestamp', '{}'],
  ])('a layer %s', async (_name, annotation, value) => {
    const good = await legacySignature(sigstore, sigstore.certify(), simpleSigning(DIGEST));
    expect(refusal(good)).toBe('verified');
    const { [annotation]: _, ...others } = good.annotations;
    expect(
      refusal({ ...good, annotations: value === undefined ? others : { ...others, [annotation]: value } }),
    ).not.toBe('verified');
  });

  it('an attestation whose timestamp is over another envelope', async () => {
    const signer = sigstore.certify();
    const [one, other] = await Promise.all(
      [DIGEST, OTHER].map((it) =>
        legacyAttestation(sigstore, signer, payloadOf(statement(it)), { log: 'none', timestamp: true }),
      ),
    );
    const demand = keyless({ transparencyLogs: 0 });
    if (!one || !other) throw new Error('both were made');
    expect(refusal(one, demand)).toBe('verified');
    expect(refusal({ ...one, annotations: { ...one.annotations, ...other.annotations } }, demand)).toContain(
      'timestamp',
    );
  });
});
