import { createHash, type KeyObject, sign } from 'node:crypto';
import { COSIGN_SIGNATURE, IN_TOTO } from '../../../src/images/statements.ts';
import type { Candidate } from '../../../src/sigstore/tasks.ts';
import { pem, sha256, spki } from './certificates.ts';
import type { PrivateSigstore } from './private-sigstore.ts';

/** Whoever signs: a bare key, or one with a certificate. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly certificate?: Buffer;
}

export type Log = 'none' | 'v1' | 'v2';

export interface SignOptions {
  readonly log?: Log;
  readonly timestamp?: boolean;
  readonly hash?: 'sha256' | 'sha384' | 'sha512';
}

const MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** What `cosign sign` states of an image. */
export function statement(digest: string, changes: Record<string, unknown> = {}): object {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { sha256: digest.replace('sha256:', '') }, annotations: {} }],
    predicateType: COSIGN_SIGNATURE,
    predicate: {},
    ...changes,
  };
}

export function preAuthEncoding(type: string, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]);
}

export function signBytes(bytes: Buffer, key: SigningKey, hash = 'sha256'): Buffer {
  return sign(key.privateKey.asymmetricKeyType === 'ed25519' ? null : hash, bytes, key.privateKey);
}

/** The bundle as JSON, so that tests can break it. */
export interface BundleJson {
  mediaType: string;
  verificationMaterial: Record<string, unknown> & { tlogEntries: Record<string, unknown>[] };
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string; keyid: string }[] };
}

/** A bundle over a payload, as cosign 3 makes it. */
export async function bundle(
  sigstore: PrivateSigstore,
  key: SigningKey,
  payload: Buffer,
  { log = 'v2', timestamp = log === 'v2', hash = 'sha256' }: SignOptions = {},
  payloadType = IN_TOTO,
): Promise<BundleJson> {
  const message = preAuthEncoding(payloadType, payload);
  const signature = signBytes(message, key, hash);
  const envelope = {
    payload: payload.toString('base64'),
    payloadType,
    signatures: [{ sig: signature.toString('base64'), keyid: '' }],
  };
  const certificate = key.certificate?.toString('base64');
  return {
    mediaType: MEDIA_TYPE,
    verificationMaterial: {
      ...(certificate ? { certificate: { rawBytes: certificate } } : { publicKey: { hint: 'anything' } }),
      tlogEntries: await entries(sigstore, key, { log, hash, message, payload, signature, envelope }),
      timestampVerificationData: {
        rfc3161Timestamps: timestamp
          ? [{ signedTimestamp: (await sigstore.timestamp(signature)).toString('base64') }]
          : [],
      },
    },
    dsseEnvelope: envelope,
  };
}

/** The bundle of a file's bytes as JSON. */
export interface FileBundleJson {
  mediaType: string;
  verificationMaterial: Record<string, unknown> & { tlogEntries: Record<string, unknown>[] };
  messageSignature: { messageDigest: { algorithm: string; digest: string }; signature: string };
}

/** A bundle over a file's bytes, as `cosign sign-blob` makes it. */
export async function fileBundle(
  sigstore: PrivateSigstore,
  key: SigningKey,
  bytes: Buffer,
  { log = 'v2', timestamp = log === 'v2', hash = 'sha256' }: SignOptions = {},
): Promise<FileBundleJson> {
  const signature = signBytes(bytes, key, hash);
  const digest = createHash(hash).update(bytes).digest();
  const algorithm = `SHA2_${hash.slice(3)}` as 'SHA2_256';
  const certificate = key.certificate?.toString('base64');
  const v1 = {
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: hash, value: digest.toString('hex') } },
      signature: { content: signature.toString('base64'), publicKey: { content: verifierOf(key) } },
    },
  };
  const tlogEntries = {
    none: async () => [],
    v1: async () => [await logV1(sigstore, v1)],
    v2: async () => [{ ...sigstore.logV2({ digest, algorithm, signature, signer: key }) }],
  }[log];
  return {
    mediaType: MEDIA_TYPE,
    verificationMaterial: {
      ...(certificate ? { certificate: { rawBytes: certificate } } : { publicKey: { hint: 'anything' } }),
      tlogEntries: await tlogEntries(),
      timestampVerificationData: {
        rfc3161Timestamps: timestamp
          ? [{ signedTimestamp: (await sigstore.timestamp(signature)).toString('base64') }]
          : [],
      },
    },
    messageSignature: {
      messageDigest: { algorithm, digest: digest.toString('base64') },
      signature: signature.toString('base64'),
    },
  };
}

interface Logged {
  readonly log: Log;
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  readonly message: Buffer;
  readonly payload: Buffer;
  readonly signature: Buffer;
  readonly envelope: object;
}

async function entries(sigstore: PrivateSigstore, key: SigningKey, logged: Logged): Promise<Record<string, unknown>[]> {
  const { log, hash, message, payload, signature, envelope } = logged;
  if (log === 'none') return [];
  if (log === 'v2') {
    const digest = createHash(hash).update(message).digest();
    const algorithm = `SHA2_${hash.slice(3)}` as 'SHA2_256';
    return [{ ...sigstore.logV2({ digest, algorithm, signature, signer: key }) }];
  }
  return [
    await logV1(sigstore, {
      apiVersion: '0.0.1',
      kind: 'dsse',
      spec: {
        envelopeHash: { algorithm: 'sha256', value: sha256(Buffer.from(JSON.stringify(envelope))).toString('hex') },
        payloadHash: { algorithm: 'sha256', value: sha256(payload).toString('hex') },
        signatures: [{ signature: signature.toString('base64'), verifier: verifierOf(key) }],
      },
    }),
  ];
}

/** PEM in base64, as version 1 of the log holds it. */
export function verifierOf({ certificate, publicKey }: SigningKey): string {
  const text = certificate ? pem(certificate, 'CERTIFICATE') : pem(spki(publicKey), 'PUBLIC KEY');
  return Buffer.from(text).toString('base64');
}

interface RekorResponse {
  readonly body: string;
  readonly integratedTime: number;
  readonly logID: string;
  readonly logIndex: number;
  readonly verification: { readonly signedEntryTimestamp: string; readonly inclusionProof: Record<string, unknown> };
}

async function rekorResponse(sigstore: PrivateSigstore, entry: object): Promise<RekorResponse> {
  const response = Object.values(await sigstore.rekor.log(entry))[0];
  if (response === undefined) throw new Error('the log answered nothing');
  return response as unknown as RekorResponse;
}

export async function logV1(sigstore: PrivateSigstore, entry: { kind: string; apiVersion: string; spec: object }) {
  const response = await rekorResponse(sigstore, entry);
  const { inclusionProof: proof, signedEntryTimestamp } = response.verification;
  return {
    logIndex: String(response.logIndex),
    logId: { keyId: Buffer.from(response.logID, 'hex').toString('base64') },
    kindVersion: { kind: entry.kind, version: entry.apiVersion },
    integratedTime: String(response.integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    inclusionProof: {
      logIndex: String(proof['logIndex']),
      rootHash: Buffer.from(String(proof['rootHash']), 'hex').toString('base64'),
      treeSize: String(proof['treeSize']),
      hashes: proof['hashes'],
      checkpoint: { envelope: proof['checkpoint'] },
    },
    canonicalizedBody: response.body,
  };
}

export function asCandidate(json: unknown): Candidate {
  return { format: 'bundle', bytes: Buffer.from(JSON.stringify(json)), annotations: {} };
}

export function simpleSigning(digest: string, optional: unknown = null): Buffer {
  const critical = {
    identity: { 'docker-reference': 'docker.io/qdrant/qdrant' },
    image: { 'docker-manifest-digest': digest },
    type: 'cosign container image signature',
  };
  return Buffer.from(JSON.stringify({ critical, optional }));
}

/** A layer of a `.sig` tag, as cosign makes it with `--new-bundle-format=false`. */
export async function legacySignature(
  sigstore: PrivateSigstore,
  key: SigningKey,
  payload: Buffer,
  { log = 'v1', timestamp = false, hash = 'sha256' }: SignOptions = {},
): Promise<Candidate> {
  const signature = signBytes(payload, key, hash);
  const spec = {
    data: { hash: { algorithm: 'sha256', value: sha256(payload).toString('hex') } },
    signature: { content: signature.toString('base64'), publicKey: { content: verifierOf(key) } },
  };
  const entry = log === 'v1' ? { apiVersion: '0.0.1', kind: 'hashedrekord', spec } : undefined;
  const annotations = {
    'dev.cosignproject.cosign/signature': signature.toString('base64'),
    ...(await legacyAnnotations(sigstore, key, entry, timestamp ? signature : undefined)),
  };
  return { format: 'simple-signing', bytes: payload, annotations };
}

/** A layer of an `.att` tag. */
export async function legacyAttestation(
  sigstore: PrivateSigstore,
  key: SigningKey,
  payload: Buffer,
  { log = 'v1', timestamp = false }: SignOptions = {},
  kind: 'dsse' | 'intoto' = 'dsse',
): Promise<Candidate> {
  const signature = signBytes(preAuthEncoding(IN_TOTO, payload), key).toString('base64');
  const envelope = {
    payloadType: IN_TOTO,
    payload: payload.toString('base64'),
    signatures: [{ keyid: '', sig: signature }],
  };
  const bytes = Buffer.from(JSON.stringify(envelope));
  const payloadHash = { algorithm: 'sha256', value: sha256(payload).toString('hex') };
  const entry =
    kind === 'dsse'
      ? { apiVersion: '0.0.1', kind, spec: { payloadHash, signatures: [{ signature, verifier: verifierOf(key) }] } }
      : {
          apiVersion: '0.0.2',
          kind,
          spec: {
            content: {
              envelope: {
                payloadType: IN_TOTO,
                signatures: [{ sig: Buffer.from(signature).toString('base64'), publicKey: verifierOf(key) }],
              },
              payloadHash,
            },
          },
        };
  const annotations = await legacyAnnotations(
    sigstore,
    key,
    log === 'v1' ? entry : undefined,
    timestamp ? bytes : undefined,
  );
  return { format: 'envelope', bytes, annotations: { 'dev.cosignproject.cosign/signature': '', ...annotations } };
}

async function legacyAnnotations(
  sigstore: PrivateSigstore,
  { certificate }: SigningKey,
  entry: { kind: string; apiVersion: string; spec: object } | undefined,
  timestamped: Buffer | undefined,
): Promise<Record<string, string>> {
  const annotations: Record<string, string> = {};
  if (certificate) {
    annotations['dev.sigstore.cosign/certificate'] = pem(certificate, 'CERTIFICATE');
    annotations['dev.sigstore.cosign/chain'] = '';
  }
  if (entry) {
    const { body, integratedTime, logIndex, logID, verification } = await rekorResponse(sigstore, entry);
    const Payload = { body, integratedTime, logIndex, logID };
    annotations['dev.sigstore.cosign/bundle'] = JSON.stringify({
      SignedEntryTimestamp: verification.signedEntryTimestamp,
      Payload,
    });
  }
  if (timestamped) {
    const SignedRFC3161Timestamp = (await sigstore.timestamp(timestamped)).toString('base64');
    annotations['dev.sigstore.cosign/rfc3161timestamp'] = JSON.stringify({ SignedRFC3161Timestamp });
  }
  return annotations;
}
