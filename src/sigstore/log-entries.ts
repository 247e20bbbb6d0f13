import { createPublicKey, X509Certificate } from 'node:crypto';
import { Entry } from '@sigstore/protobuf-specs/rekor/v2';
import { asList, asText, at, parseJson } from '../images/json-values.ts';
import type { LogEntry } from './open-candidate.ts';
import { sameBytes } from './signed-content.ts';
import type { Trust } from './trust-material.ts';

/** A key as an entry of a transparency log names it. */
type NamedKey =
  | { readonly kind: 'certificate'; readonly der: Uint8Array }
  | { readonly kind: 'public-key'; readonly der: Uint8Array };

/** Entries of logs that the trust root knows. Those of others prove nothing, and the verifier would stop at them. */
export function entriesOfKnownLogs(entries: readonly LogEntry[], { tlogs }: Trust): readonly LogEntry[] {
  return entries.filter(({ logId }) => tlogs.some(({ logID }) => sameBytes(logID, logId.keyId)));
}

/** URLs of the logs that hold the entries: a log counts once, however many entries of it there are. */
export function distinctLogs(entries: readonly LogEntry[], { tlogs }: Trust): readonly string[] {
  const held = tlogs.filter(({ logID }) => entries.some(({ logId }) => sameBytes(logID, logId.keyId)));
  const byKey = new Map(held.map(({ logID, baseURL }) => [logID.toString('hex'), baseURL]));
  return [...byKey.values()];
}

/**
 * Whether an entry names the key that signed. The verifier compares signature and digest alone: an entry that somebody else
 * made for the same signature, with a key of his own, would testify a time at which the signer's certificate was not used.
 */
export function namesKey(entry: LogEntry, signer: NamedKey): boolean {
  const named = namedKey(entry);
  return named !== undefined && named.kind === signer.kind && sameBytes(named.der, signer.der);
}

function namedKey({ canonicalizedBody, kindVersion: { kind, version } }: LogEntry): NamedKey | undefined {
  const body = parseJson(canonicalizedBody);
  switch (`${kind} ${version}`) {
    case 'hashedrekord 0.0.1':
      return fromPem(at(body, 'spec', 'signature', 'publicKey', 'content'));
    case 'dsse 0.0.1':
      return fromPem(at(asList(at(body, 'spec', 'signatures'))?.[0], 'verifier'));
    case 'intoto 0.0.2':
      return fromPem(at(asList(at(body, 'spec', 'content', 'envelope', 'signatures'))?.[0], 'publicKey'));
    case 'hashedrekord 0.0.2':
    case 'dsse 0.0.2':
      return fromVersion2(body);
    default:
      return undefined;
  }
}

/** Version 1 of the log holds PEM in base64. */
function fromPem(content: unknown): NamedKey | undefined {
  const pem = Buffer.from(asText(content) ?? '', 'base64').toString('utf8');
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return { kind: 'certificate', der: new X509Certificate(pem).raw };
  if (!pem.includes('-----BEGIN PUBLIC KEY-----')) return undefined;
  return { kind: 'public-key', der: createPublicKey(pem).export({ type: 'spki', format: 'der' }) };
}

function fromVersion2(body: unknown): NamedKey | undefined {
  const spec = Entry.fromJSON(body).spec?.spec;
  const signature = spec?.$case === 'hashedRekordV002' ? spec.hashedRekordV002.signature : spec?.dsseV002.signatures[0];
  const verifier = signature?.verifier?.verifier;
  switch (verifier?.$case) {
    case 'publicKey':
      return { kind: 'public-key', der: verifier.publicKey.rawBytes };
    case 'x509Certificate':
      return { kind: 'certificate', der: verifier.x509Certificate.rawBytes };
    default:
      return undefined;
  }
}

/** Whether the log of an entry was in use at a time. For entries without a time of their own the verifier does not ask. */
export function inUseAt({ logId }: LogEntry, time: Date, { tlogs }: Trust): boolean {
  return tlogs.some(
    ({ logID, validFor }) => sameBytes(logID, logId.keyId) && validFor.start <= time && time <= validFor.end,
  );
}
