import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { Anchor, Authority, Leaf, Retired, Successor, TrustState } from '../../certificates/trust-state.ts';
import { anchorsOf, bundleText } from '../../certificates/trust-state.ts';
import { authorityName, fingerprintOf, isSignedBy, type ServerNames } from './issuer.ts';

/**
 * The entries of the Secret. The first three have the names that every tool knows from Secrets of type
 * kubernetes.io/tls; `ca.crt` contains every trusted authority, several of them during a rotation. Only this program
 * uses the others.
 */
const ENTRIES = {
  leaf: 'tls.crt',
  leafKey: 'tls.key',
  trusted: 'ca.crt',
  authority: 'authority.crt',
  authorityKey: 'authority.key',
  successor: 'next-authority.crt',
  successorKey: 'next-authority.key',
  rotation: 'rotation.json',
} as const;

/** The entries that a Secret of type kubernetes.io/tls must have, empty. */
export const EMPTY_SECRET_DATA = { [ENTRIES.leaf]: '', [ENTRIES.leafKey]: '' };

/** The usable part of the Secret, and what is wrong with the rest. */
export interface DecodedSecret {
  readonly trustState: TrustState;
  /** Each problem names an entry and what is wrong with it, and never quotes its content. */
  readonly problems: readonly string[];
}

const instant = z.iso.datetime().transform((text) => Date.parse(text));
/** The entry `rotation.json`: what the certificates do not say themselves. */
const rotationRecordSchema = z.strictObject({
  version: z.literal(1),
  /** The publication of the next authority. */
  published: z.strictObject({ at: instant, revision: z.string() }).optional(),
  /** {@link TrustState.lastLeafExpires}. Secrets in running clusters have it under this name. */
  leavesUntil: instant.optional(),
  retired: z.array(z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), until: instant })).max(64),
});
type RotationRecord = z.infer<typeof rotationRecordSchema>;

/** A bundle is a few certificates. Anyone who may write the Secret could make us parse a much longer text. */
const LONGEST_TEXT = 256 * 1024;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----/g;

/** Returns the `data` of the Secret. */
export function encodeTrustState(trustState: TrustState): Record<string, string> {
  const { authority, leaf, lastLeafExpires, successor, retired } = trustState;
  const record = {
    version: 1,
    ...(successor?.published && { published: { ...successor.published, at: isoTime(successor.published.at) } }),
    ...(lastLeafExpires !== undefined && { leavesUntil: isoTime(lastLeafExpires) }),
    retired: retired.map(({ fingerprint, until }) => ({ sha256: fingerprint, until: isoTime(until) })),
  };
  const texts = {
    ...EMPTY_SECRET_DATA,
    ...(leaf && { [ENTRIES.leaf]: leaf.certificate, [ENTRIES.leafKey]: leaf.key }),
    [ENTRIES.trusted]: bundleText(anchorsOf(trustState)),
    ...(authority && { [ENTRIES.authority]: authority.certificate, [ENTRIES.authorityKey]: authority.key }),
    ...(successor && {
      [ENTRIES.successor]: successor.authority.certificate,
      [ENTRIES.successorKey]: successor.authority.key,
    }),
    [ENTRIES.rotation]: JSON.stringify(record),
  };
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]));
}

/** Returns null for each entry of ours that `data` lacks: in a merge patch, null removes an entry. */
export function absentEntries(data: Readonly<Record<string, string>>): Record<string, null> {
  const absent = Object.values(ENTRIES).filter((key) => !Object.hasOwn(data, key));
  return Object.fromEntries(absent.map((key) => [key, null]));
}

/** Decodes the `data` of the Secret and verifies all of it: anyone who may write the Secret may have written anything. */
export function decodeTrustState(data: ReadonlyMap<string, string>, names: ServerNames): DecodedSecret {
  const problems: string[] = [];
  const texts = new Map([...data].map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]));

  const record = readRotationRecord(texts.get(ENTRIES.rotation), problems);
  const known = new Map(record.retired.map(({ sha256, until }) => [sha256, until]));
  const first = readAuthority(texts, ENTRIES.authority, ENTRIES.authorityKey, problems);
  const second = readAuthority(texts, ENTRIES.successor, ENTRIES.successorKey, problems);
  const signing = new Set([first.authority, second.authority].map((one) => one?.fingerprint));

  const trusted = readAnchors(texts.get(ENTRIES.trusted) ?? '');
  if (trusted.unreadable > 0) problems.push(`${ENTRIES.trusted} has ${trusted.unreadable} unreadable certificates`);
  const retired = new Map<string, Retired>();
  // An authority whose key is lost cannot sign any more, but the leaf in use may well be signed by it.
  if (first.anchor && !first.authority) {
    retired.set(first.anchor.fingerprint, { ...first.anchor, until: record.leavesUntil ?? first.anchor.notAfter });
  }
  for (const anchor of trusted.anchors) {
    if (signing.has(anchor.fingerprint) || retired.has(anchor.fingerprint)) continue;
    const until = known.get(anchor.fingerprint);
    if (until === undefined)
      problems.push(`${ENTRIES.trusted} has a certificate that ${ENTRIES.rotation} does not know`);
    retired.set(anchor.fingerprint, { ...anchor, until: until ?? anchor.notAfter });
  }
  const present = new Set(trusted.anchors.map(({ fingerprint }) => fingerprint));
  for (const one of [first.authority, second.authority]) {
    if (one && !present.has(one.fingerprint)) problems.push(`${ENTRIES.trusted} lacks an authority`);
  }
  if ([...known.keys()].some((fingerprint) => !present.has(fingerprint))) {
    problems.push(`${ENTRIES.trusted} lacks a certificate that ${ENTRIES.rotation} names`);
  }

  const anchors = [first.authority, ...retired.values()].filter((anchor) => anchor !== undefined);
  const leaf = readLeaf(texts, anchors, names, problems);
  const successor: Successor | undefined = second.authority && {
    authority: second.authority,
    ...(record.published && { published: record.published }),
  };
  if (!first.authority && !successor) problems.push('there is no authority');
  const trustState = {
    ...(first.authority && { authority: first.authority }),
    ...(leaf && { leaf }),
    ...(record.leavesUntil !== undefined && { lastLeafExpires: record.leavesUntil }),
    ...(successor && { successor }),
    retired: [...retired.values()],
  };
  return { trustState, problems };
}

/** Returns all certificates in a text, and ignores what stands between them. */
export function readAnchors(text: string): { anchors: Anchor[]; unreadable: number } {
  if (text.length > LONGEST_TEXT) return { anchors: [], unreadable: 1 };
  const anchors: Anchor[] = [];
  let unreadable = 0;
  for (const [pem] of text.matchAll(CERTIFICATE)) {
    const certificate = parse(() => new X509Certificate(pem));
    if (certificate) anchors.push(anchorOf(certificate));
    else unreadable++;
  }
  return { anchors, unreadable };
}

function readRotationRecord(text: string | undefined, problems: string[]): RotationRecord {
  const record = rotationRecordSchema.safeParse(parse(() => JSON.parse(text ?? '')));
  if (record.success) return record.data;
  problems.push(`${ENTRIES.rotation} is missing or not what this version writes`);
  return { version: 1, retired: [] };
}

type Texts = ReadonlyMap<string, string>;

/** Returns the authority if it can sign, or only its certificate if nothing else can be used. */
function readAuthority(texts: Texts, certificateKey: string, keyKey: string, problems: string[]) {
  const pem = texts.get(certificateKey);
  if (pem === undefined && !texts.has(keyKey)) return {};
  const certificate = parse(() => new X509Certificate(pem ?? ''));
  if (!certificate) {
    problems.push(`${certificateKey} is not a certificate`);
    return {};
  }
  const anchor = anchorOf(certificate);
  if (!isOwnAuthority(certificate)) {
    problems.push(`${certificateKey} is not an authority that this program made`);
    return { anchor };
  }
  const key = texts.get(keyKey) ?? '';
  if (!isPair(certificate, key)) {
    problems.push(`${keyKey} is not the key of ${certificateKey}`);
    return { anchor };
  }
  const authority: Authority = { ...anchor, key, notBefore: certificate.validFromDate.getTime() };
  return { anchor, authority };
}

function readLeaf(
  texts: Texts,
  anchors: readonly Anchor[],
  { dnsNames, ipAddresses = [] }: ServerNames,
  problems: string[],
): Leaf | undefined {
  const pem = texts.get(ENTRIES.leaf) ?? '';
  const key = texts.get(ENTRIES.leafKey) ?? '';
  if (pem === '' && key === '') return undefined;
  const certificate = parse(() => new X509Certificate(pem));
  if (!certificate) {
    problems.push(`${ENTRIES.leaf} is not a certificate`);
    return undefined;
  }
  if (!isPair(certificate, key)) {
    problems.push(`${ENTRIES.leafKey} is not the key of ${ENTRIES.leaf}`);
    return undefined;
  }
  const missing = [
    ...dnsNames.filter((name) => !certificate.checkHost(name, { subject: 'never', wildcards: false })),
    ...ipAddresses.filter((address) => !certificate.checkIP(address)),
  ];
  if (missing.length > 0) {
    problems.push(`${ENTRIES.leaf} is not for ${missing.join(', ')}`);
    return undefined;
  }
  const signer = anchors.find((anchor) => isSignedBy(certificate, new X509Certificate(anchor.certificate)));
  if (!signer) {
    problems.push(`${ENTRIES.leaf} is signed by none of the authorities here`);
    return undefined;
  }
  return {
    certificate: certificate.toString(),
    key,
    authority: signer.fingerprint,
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
  };
}

/**
 * Whether this program made the certificate. Only then do we know that the name and key identifier, which every leaf
 * repeats, come out exactly as they stand in the certificate.
 */
function isOwnAuthority(certificate: X509Certificate): boolean {
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
  const strong = asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
  return strong && certificate.ca && authorityName(certificate) !== undefined && isSignedBy(certificate, certificate);
}

function anchorOf(certificate: X509Certificate): Anchor {
  return {
    fingerprint: fingerprintOf(certificate),
    certificate: certificate.toString(),
    notAfter: certificate.validToDate.getTime(),
  };
}

function isPair(certificate: X509Certificate, key: string): boolean {
  const privateKey = parse(() => createPrivateKey(key));
  return privateKey !== undefined && certificate.checkPrivateKey(privateKey);
}

/** Drops the error of a parser: its message could quote a private key. */
function parse<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function isoTime(instant: number): string {
  return new Date(instant).toISOString();
}
