import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestFile } from '../../src/sigstore/file-bytes.ts';
import type { Demand, SignedFile } from '../../src/sigstore/tasks.ts';
import { TrustMaterials } from '../../src/sigstore/trust-material.ts';
import { verifyCandidate } from '../../src/sigstore/verify-candidate.ts';
import { pem, purpose, sha256, spki } from '../support/sigstore/certificates.ts';
import { ecKeys, githubExtensions, type PrivateSigstore, startSigstore } from '../support/sigstore/private-sigstore.ts';
import {
  asCandidate,
  bundle,
  type FileBundleJson,
  fileBundle,
  legacySignature,
  type SigningKey,
  simpleSigning,
  statement,
} from '../support/sigstore/signatures.ts';

/** More than one piece of what is read at a time. */
const CONTENT = Buffer.alloc((1 << 20) + 4321, 'chart');
const ANOTHER = Buffer.from('another file');
let sigstore: PrivateSigstore;
let folder: string;
let file: SignedFile;

beforeAll(async () => {
  sigstore = await startSigstore();
  folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-files-'));
  file = await written('app.tgz', CONTENT);
});
afterAll(() => rm(folder, { recursive: true }));

async function written(name: string, content: Buffer): Promise<SignedFile> {
  const path = join(folder, name);
  await writeFile(path, content);
  return digestFile(path, new AbortController().signal);
}

function keyless(changes: Partial<Demand & { kind: 'keyless' }> = {}): Demand {
  const common = { kind: 'keyless', authority: 'qdrant', transparencyLogs: 1, certificateLog: true } as const;
  return { ...common, trustRoot: sigstore.root, ...changes };
}

function ownKey(key: SigningKey, changes: Partial<Demand & { kind: 'key' }> = {}): Demand {
  const publicKey = pem(spki(key.publicKey), 'PUBLIC KEY');
  return { kind: 'key', authority: 'own', publicKey, hashAlgorithms: ['sha256'], transparencyLogs: 0, ...changes };
}

/** Why a bundle proves nothing of a file; "verified" where it does. */
function refusal(json: unknown, demand: Demand = keyless(), of: SignedFile = file): string {
  const digest = `sha256:${of.digests.sha256}`;
  const task = { kind: 'candidate', candidate: asCandidate(json), digest, file: of, demands: [demand] } as const;
  const report = verifyCandidate(task, new TrustMaterials());
  if (!report.ok) return report.error;
  return report.value.shortfalls[0]?.reason ?? 'verified';
}

async function broken(change: (json: FileBundleJson) => void, log: 'v1' | 'v2' = 'v1'): Promise<FileBundleJson> {
  const json = await fileBundle(sigstore, sigstore.certify(), CONTENT, { log });
  change(json);
  return json;
}

describe('a signature over the bytes of a file', () => {
  it.each(['v1', 'v2'] as const)('verifies with a certificate and a log of %s', async (log) => {
    expect(refusal(await fileBundle(sigstore, sigstore.certify(), CONTENT, { log }))).toBe('verified');
  });

  it.each([
    ['P-256', ecKeys(), 'sha256'],
    ['P-384', ecKeys('P-384'), 'sha384'],
    ['P-521', ecKeys('P-521'), 'sha512'],
    ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 }), 'sha256'],
    ['Ed25519', generateKeyPairSync('ed25519'), 'sha256'],
  ] as const)('verifies with a key of kind %s, by the hashes that its authority lists', async (kind, key, hash) => {
    const json = await fileBundle(sigstore, key, CONTENT, { log: 'none', hash });
    expect(refusal(json, ownKey(key, { hashAlgorithms: [hash] }))).toBe('verified');
    if (kind !== 'Ed25519') {
      const other = hash === 'sha256' ? 'sha512' : 'sha256';
      expect(refusal(json, ownKey(key, { hashAlgorithms: [other] }))).toContain('not one of this key');
    }
    expect(refusal(json, ownKey(ecKeys()))).toContain('not one of this key');
  });

  it('is not one of another file', async () => {
    const json = await fileBundle(sigstore, sigstore.certify(), ANOTHER);
    expect(refusal(json)).toBe(
      `it signs sha256:${sha256(ANOTHER).toString('hex')}, and not sha256:${file.digests.sha256}: it is of another file, or the file was changed`,
    );
    // What the bundle says of itself is not signed.
    json.messageSignature.messageDigest.digest = Buffer.from(file.digests.sha256, 'hex').toString('base64');
    expect(refusal(json)).not.toBe('verified');
    const key = ecKeys();
    const bare = await fileBundle(sigstore, key, ANOTHER, { log: 'none' });
    bare.messageSignature.messageDigest.digest = json.messageSignature.messageDigest.digest;
    expect(refusal(bare, ownKey(key))).toContain('the signature is not one of this key over this content');
  });

  it('is none where one byte was changed', async () => {
    const json = await fileBundle(sigstore, sigstore.certify(), CONTENT);
    const changed = await written('changed.tgz', Buffer.concat([CONTENT.subarray(1), Buffer.from('x')]));
    expect(refusal(json, keyless(), changed)).toContain('it is of another file, or the file was changed');
  });

  it('is none where the file is exchanged between its digest and its signature', async () => {
    const key = ecKeys();
    const exchanged = await written('exchanged.tgz', ANOTHER);
    await writeFile(exchanged.path, CONTENT);
    const json = await fileBundle(sigstore, key, CONTENT, { log: 'none' });
    json.messageSignature.messageDigest.digest = Buffer.from(exchanged.digests.sha256, 'hex').toString('base64');
    expect(refusal(json, ownKey(key), exchanged)).toContain('the file changed while it was read');
    const whole = generateKeyPairSync('ed25519');
    const signed = await fileBundle(sigstore, whole, CONTENT, { log: 'none' });
    signed.messageSignature.messageDigest = json.messageSignature.messageDigest;
    expect(refusal(signed, ownKey(whole), exchanged)).toContain('the file changed while it was read');
  });

  it('needs the entry of a log that is about this signature and this key', async () => {
    const other = await fileBundle(sigstore, sigstore.certify(), CONTENT, { log: 'v1' });
    const swapped = await broken((json) => {
      json.verificationMaterial.tlogEntries = other.verificationMaterial.tlogEntries;
    });
    expect(refusal(swapped)).toContain('names another key');
    const signer = sigstore.certify();
    const [mine, foreign] = [
      await fileBundle(sigstore, signer, CONTENT, { log: 'v1' }),
      await fileBundle(sigstore, signer, ANOTHER, { log: 'v1' }),
    ];
    mine.verificationMaterial.tlogEntries = foreign.verificationMaterial.tlogEntries;
    expect(refusal(mine)).toContain('about another signature or another content');
    const none = await broken((json) => {
      json.verificationMaterial.tlogEntries = [];
    }, 'v2');
    expect(refusal(none)).toContain('no entry of a transparency log');
    expect(refusal(await broken(() => undefined), keyless({ transparencyLogs: 2 }))).toContain('and 2 have to');
  });

  it('needs a certificate for code signing, of a CA of the trust root', async () => {
    const [, , ...rest] = githubExtensions();
    const server = sigstore.certify({ extensions: [purpose('1.3.6.1.5.5.7.3.1'), ...rest] });
    expect(refusal(await fileBundle(sigstore, server, CONTENT))).toContain('not one for code signing');
    const stranger = await startSigstore({ rekorHost: 'elsewhere.test' });
    const json = await fileBundle(sigstore, stranger.certify(), CONTENT);
    expect(refusal(json)).toContain('no certificate authority of the trust root issued');
  });

  it('keeps to the limits', async () => {
    const crowded = await broken(({ verificationMaterial: { tlogEntries } }) => {
      for (let more = 0; more < 32; more++) tlogEntries.push({ ...tlogEntries[0] });
    });
    expect(refusal(crowded)).toBe('it has more than 32 entries of transparency logs');
    const strange = await broken((json) => {
      json.messageSignature.messageDigest.algorithm = 'SHA3_256';
    });
    expect(refusal(strange)).toBe('the digest in it is not one of SHA-256, SHA-384 and SHA-512');
  });

  it('is nothing to an image, even one whose digest is that of the file', async () => {
    const json = await fileBundle(sigstore, sigstore.certify(), CONTENT);
    const digest = `sha256:${file.digests.sha256}`;
    const task = { kind: 'candidate', candidate: asCandidate(json), digest, demands: [keyless()] } as const;
    expect(verifyCandidate(task, new TrustMaterials())).toEqual({
      ok: false,
      error: 'it signs bytes, and not a statement about an image',
    });
  });
});

describe('a statement about a file', () => {
  it('verifies where its subject is the digest of the file', async () => {
    const payload = (digest: string) => Buffer.from(JSON.stringify(statement(digest)));
    const json = await bundle(sigstore, sigstore.certify(), payload(`sha256:${file.digests.sha256}`));
    expect(refusal(json)).toBe('verified');
    const image = await bundle(sigstore, sigstore.certify(), payload(`sha256:${'a1'.repeat(32)}`));
    expect(refusal(image)).toBe(
      `its statement is about sha256:${'a1'.repeat(32)}, and not about sha256:${file.digests.sha256}`,
    );
  });

  it('is none in the formats that only images have', async () => {
    const key = ecKeys();
    const candidate = await legacySignature(sigstore, key, simpleSigning(`sha256:${'a1'.repeat(32)}`), { log: 'none' });
    const digest = `sha256:${file.digests.sha256}`;
    const task = { kind: 'candidate', candidate, digest, file, demands: [ownKey(key)] } as const;
    expect(verifyCandidate(task, new TrustMaterials())).toMatchObject({ ok: false });
  });
});
