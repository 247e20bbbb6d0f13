import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { initializeTLog } from '@sigstore/mock/dist/rekor/tlog.js';
import { initializeTSA } from '@sigstore/mock/dist/timestamp/tsa.js';
import type { TrustRoot } from '../../../src/sigstore/tasks.ts';
import { readTrustRoot } from '../../../src/sigstore/trust-material.ts';
import {
  basicConstraints,
  caUsage,
  type Extension,
  fulcio,
  type Issuer,
  issue,
  purpose,
  sha256,
  signerUsage,
  spki,
  subjectNames,
} from './certificates.ts';

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export const GITHUB = 'https://token.actions.githubusercontent.com';
export const RELEASE = 'https://github.com/qdrant/qdrant/.github/workflows/docker-image.yml@refs/tags/v1.2.3';

/** An instance of Sigstore with keys of its own: certificates, two kinds of logs, a timestamp authority. */
export interface PrivateSigstore {
  readonly root: TrustRoot;
  readonly rootJson: Record<string, unknown[]>;
  readonly ca: Issuer;
  readonly ctLog: KeyPair;
  /** A key and the certificate that the CA gives it. */
  certify(options?: CertifyOptions): Certified;
  rekor: Awaited<ReturnType<typeof initializeTLog>>;
  logV2(entry: V2Entry): object;
  timestamp(bytes: Uint8Array): Promise<Buffer>;
}

export interface CertifyOptions {
  readonly keys?: KeyPair;
  readonly subject?: string;
  readonly extensions?: readonly Extension[];
  readonly issuer?: Issuer;
  readonly ctLog?: KeyPair | 'none';
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

export interface Certified {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly certificate: Buffer;
}

export interface V2Entry {
  readonly digest: Buffer;
  readonly algorithm: 'SHA2_256' | 'SHA2_384' | 'SHA2_512';
  readonly signature: Buffer;
  readonly signer: { readonly certificate?: Buffer; readonly publicKey: KeyObject };
}

const HOUR = 3_600_000;
export const ecKeys = (namedCurve = 'P-256') => generateKeyPairSync('ec', { namedCurve });

/** The extensions that GitHub's issuer makes Fulcio write for a release of qdrant/qdrant. */
export function githubExtensions(
  changes: Readonly<Record<number, string | undefined>> = {},
  subject = RELEASE,
): Extension[] {
  const fields: Record<number, string | undefined> = {
    1: GITHUB,
    8: GITHUB,
    9: subject,
    11: 'github-hosted',
    12: 'https://github.com/qdrant/qdrant',
    14: 'refs/tags/v1.2.3',
    16: 'https://github.com/qdrant',
    20: 'push',
    ...changes,
  };
  const texts = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return [
    signerUsage,
    purpose(),
    subjectNames([0x86, subject]),
    ...texts.map(([id, text]) => fulcio(Number(id), text)),
  ];
}

export async function startSigstore({ rekorHost = 'rekor.test' } = {}): Promise<PrivateSigstore> {
  const now = Date.now();
  const [started, ends] = [new Date(now - HOUR), new Date(now + 24 * HOUR)];
  const [rootKeys, caKeys, ctLog, rekorKeys, tsaKeys] = [ecKeys('P-384'), ecKeys(), ecKeys(), ecKeys(), ecKeys()];
  const v2Keys = generateKeyPairSync('ed25519');
  const rootCa: Issuer = { name: 'root.test', ...rootKeys };
  const ca: Issuer = { name: 'intermediate.test', ...caKeys };
  const dates = { notBefore: started, notAfter: ends };
  const authority = [basicConstraints(true), caUsage];
  const rootCertificate = issue(
    { subject: rootCa.name, publicKey: rootKeys.publicKey, ...dates, extensions: authority },
    rootCa,
  );
  const caCertificate = issue(
    { subject: ca.name, publicKey: caKeys.publicKey, ...dates, extensions: [...authority, purpose()] },
    rootCa,
  );
  // Whole seconds: of fractions the mock writes some that no reader takes.
  const tsa = await initializeTSA(tsaKeys, new Date(Math.ceil(now / 1000) * 1000));
  const rekor = await initializeTLog(`https://${rekorHost}`, rekorKeys);
  const v2Host = `v2.${rekorHost}`;
  const log = (key: KeyObject, baseUrl: string, keyDetails = 'PKIX_ECDSA_P256_SHA_256') => ({
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: spki(key).toString('base64'), keyDetails, validFor: { start: started.toISOString() } },
    logId: { keyId: sha256(spki(key)).toString('base64') },
  });
  const chain = (...certificates: readonly Uint8Array[]) => ({
    subject: { organization: 'test', commonName: 'test' },
    uri: 'https://ca.test',
    certChain: { certificates: certificates.map((it) => ({ rawBytes: Buffer.from(it).toString('base64') })) },
    validFor: { start: started.toISOString() },
  });
  const rootJson = {
    tlogs: [
      log(rekorKeys.publicKey, `https://${rekorHost}`),
      log(v2Keys.publicKey, `https://${v2Host}`, 'PKIX_ED25519'),
    ],
    ctlogs: [log(ctLog.publicKey, 'https://ct.test')],
    certificateAuthorities: [chain(caCertificate, rootCertificate)],
    timestampAuthorities: [chain(bytesOf(tsa.intCertificate), bytesOf(tsa.rootCertificate))],
  };
  return {
    root: trustRoot(rootJson),
    rootJson,
    ca,
    ctLog,
    rekor,
    certify({
      keys = ecKeys(),
      subject = RELEASE,
      extensions = githubExtensions({}, subject),
      issuer = ca,
      ctLog: other = ctLog,
      ...validity
    } = {}) {
      const notBefore = validity.notBefore ?? new Date(Date.now() - 60_000);
      const notAfter = validity.notAfter ?? new Date(Date.now() + 600_000);
      const request = { publicKey: keys.publicKey, notBefore, notAfter, extensions };
      return { ...keys, certificate: issue(request, issuer, other === 'none' ? undefined : other) };
    },
    logV2: (entry) => logV2(entry, v2Host, v2Keys),
    timestamp: async (bytes) =>
      bytesOf(
        await tsa.timestamp({
          artifactHash: sha256(bytes),
          hashAlgorithmOID: '2.16.840.1.101.3.4.2.1',
          nonce: 1,
          policyOID: '1.2.3.4',
        }),
      ),
  };
}

/** A trusted_root.json of these parts. */
export function trustRoot(parts: Record<string, unknown[]>): TrustRoot {
  const read = readTrustRoot(
    JSON.stringify({ mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1', ...parts }),
  );
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

/** An entry of a log of version 2, in a tree that has no other: https://github.com/sigstore/rekor-tiles */
function logV2({ digest, algorithm, signature, signer }: V2Entry, host: string, keys: KeyPair): object {
  const rawBytes = (signer.certificate ?? spki(signer.publicKey)).toString('base64');
  const verifier = {
    keyDetails: 'PKIX_ECDSA_P256_SHA_256',
    ...(signer.certificate ? { x509Certificate: { rawBytes } } : { publicKey: { rawBytes } }),
  };
  const data = { algorithm, digest: digest.toString('base64') };
  const spec = { hashedRekordV002: { data, signature: { content: signature.toString('base64'), verifier } } };
  const body = Buffer.from(JSON.stringify({ apiVersion: '0.0.2', kind: 'hashedrekord', spec }));
  const root = sha256(Buffer.from([0]), body);
  const note = `${host}\n1\n${root.toString('base64')}\n`;
  const logId = sha256(spki(keys.publicKey));
  const signed = Buffer.concat([logId.subarray(0, 4), sign(null, Buffer.from(note), keys.privateKey)]);
  return {
    logIndex: '0',
    logId: { keyId: logId.toString('base64') },
    kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
    integratedTime: '0',
    inclusionProof: {
      logIndex: '0',
      rootHash: root.toString('base64'),
      treeSize: '1',
      hashes: [],
      checkpoint: { envelope: `${note}\n\u2014 ${host} ${signed.toString('base64')}\n` },
    },
    canonicalizedBody: body.toString('base64'),
  };
}

function bytesOf(view: ArrayBufferView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}
