import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { Anchor, Authority, Holding, Leaf, Retired, Successor } from '../../certificates/trust-state.ts';
import { anchorsOf, bundleText } from '../../certificates/trust-state.ts';
import { authorityName, fingerprintOf, isSignedBy, type ServerNames } from './issuer.ts';

/**
 * The Secret's entries: the first three as everybody knows them, `ca.crt` with all that is trusted during a rotation;
 * the others are this program's own.
 */
const KEYS = {
  leaf: 'tls.crt',
  leafKey: 'tls.key',
  trusted: 'ca.crt',
  authority: 'authority.crt',
  authorityKey: 'authority.key',
  successor: 'next-authority.crt',
  successorKey: 'next-authority.key',
  state: 'rotation.json',
} as const;

/** What a Secret of type kubernetes.io/tls must have at the least. */
export const EMPTY_SECRET_DATA = { [KEYS.leaf]: '', [KEYS.leafKey]: '' };

/** What the Secret could be used for, and what of it could not be. */
export interface Decoded {
  readonly holding: Holding;
  /** Each names an entry and what is wrong with it, never what it contains. */
  readonly problems: readonly string[];
}

const instant = z.iso.datetime().transform((text) => Date.parse(text));
const stateSchema = z.strictObject({
  version: z.literal(1),
  /** Of the next authority. */
  published: z.strictObject({ at: instant, revision: z.string() }).optional(),
  leavesUntil: instant.optional(),
  retired: z.array(z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), until: instant })).max(64),
});
type State = z.infer<typeof stateSchema>;

/** Longer text is not read: these are a few certificates. */
const LONGEST_TEXT = 256 * 1024;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----/g;

/** The `data` of the Secret. */
export function encodeHolding(holding: Holding): Record<string, string> {
  const { authority, leaf, leavesUntil, successor, retired } = holding;
  const state = {
    version: 1,
    ...(successor?.published && { published: { ...successor.published, at: isoTime(successor.published.at) } }),
    ...(leavesUntil !== undefined && { leavesUntil: isoTime(leavesUntil) }),
    retired: retired.map(({ fingerprint, until }) => ({ sha256: fingerprint, until: isoTime(until) })),
  };
  const texts = {
    ...EMPTY_SECRET_DATA,
    ...(leaf && { [KEYS.leaf]: leaf.certificate, [KEYS.leafKey]: leaf.key }),
    [KEYS.trusted]: bundleText(anchorsOf(holding)),
    ...(authority && { [KEYS.authority]: authority.certificate, [KEYS.authorityKey]: authority.key }),
    ...(successor && {
      [KEYS.successor]: successor.authority.certificate,
      [KEYS.successorKey]: successor.authority.key,
    }),
    [KEYS.state]: JSON.stringify(state),
  };
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]));
}

/** Those of this program's entries that are not in `data`, each as null: a merge patch then removes them. */
export function absentEntries(data: Readonly<Record<string, string>>): Record<string, null> {
  const absent = Object.values(KEYS).filter((key) => !Object.hasOwn(data, key));
  return Object.fromEntries(absent.map((key) => [key, null]));
}

/** Reads the `data` of the Secret. Takes nothing on trust: whoever may write the Secret may have written anything. */
export function decodeHolding(data: ReadonlyMap<string, string>, names: ServerNames): Decoded {
  const problems: string[] = [];
  const texts = new Map([...data].map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]));

  const state = readState(texts.get(KEYS.state), problems);
  const known = new Map(state.retired.map(({ sha256, until }) => [sha256, until]));
  const first = readAuthority(texts, KEYS.authority, KEYS.authorityKey, problems);
  const second = readAuthority(texts, KEYS.successor, KEYS.successorKey, problems);
  const signing = new Set([first.authority, second.authority].map((one) => one?.fingerprint));

  const trusted = readAnchors(texts.get(KEYS.trusted) ?? '');
  if (trusted.unreadable > 0) problems.push(`${KEYS.trusted} has ${trusted.unreadable} unreadable certificates`);
  const retired = new Map<string, Retired>();
  // An authority whose key is lost has signed what is being served.
  if (first.anchor && !first.authority) {
    retired.set(first.anchor.fingerprint, { ...first.anchor, until: state.leavesUntil ?? first.anchor.notAfter });
  }
  for (const anchor of trusted.anchors) {
    if (signing.has(anchor.fingerprint) || retired.has(anchor.fingerprint)) continue;
    const until = known.get(anchor.fingerprint);
    if (until === undefined) problems.push(`${KEYS.trusted} has a certificate that ${KEYS.state} does not know`);
    retired.set(anchor.fingerprint, { ...anchor, until: until ?? anchor.notAfter });
  }
  const present = new Set(trusted.anchors.map(({ fingerprint }) => fingerprint));
  for (const one of [first.authority, second.authority]) {
    if (one && !present.has(one.fingerprint)) problems.push(`${KEYS.trusted} lacks an authority`);
  }
  if ([...known.keys()].some((fingerprint) => !present.has(fingerprint))) {
    problems.push(`${KEYS.trusted} lacks a certificate that ${KEYS.state} names`);
  }

  const anchors = [first.authority, ...retired.values()].filter((anchor) => anchor !== undefined);
  const leaf = readLeaf(texts, anchors, names, problems);
  const successor: Successor | undefined = second.authority && {
    authority: second.authority,
    ...(state.published && { published: state.published }),
  };
  if (!first.authority && !successor) problems.push('there is no authority');
  const holding = {
    ...(first.authority && { authority: first.authority }),
    ...(leaf && { leaf }),
    ...(state.leavesUntil !== undefined && { leavesUntil: state.leavesUntil }),
    ...(successor && { successor }),
    retired: [...retired.values()],
  };
  return { holding, problems };
}

/** All certificates in a text; what stands between them is none of our business. */
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

function readState(text: string | undefined, problems: string[]): State {
  const state = stateSchema.safeParse(parse(() => JSON.parse(text ?? '')));
  if (state.success) return state.data;
  problems.push(`${KEYS.state} is missing or not what this version writes`);
  return { version: 1, retired: [] };
}

type Texts = ReadonlyMap<string, string>;

/** The authority where it can sign, and its certificate alone where that is all that can be used. */
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
  const pem = texts.get(KEYS.leaf) ?? '';
  const key = texts.get(KEYS.leafKey) ?? '';
  if (pem === '' && key === '') return undefined;
  const certificate = parse(() => new X509Certificate(pem));
  if (!certificate) {
    problems.push(`${KEYS.leaf} is not a certificate`);
    return undefined;
  }
  if (!isPair(certificate, key)) {
    problems.push(`${KEYS.leafKey} is not the key of ${KEYS.leaf}`);
    return undefined;
  }
  const missing = [
    ...dnsNames.filter((name) => !certificate.checkHost(name, { subject: 'never', wildcards: false })),
    ...ipAddresses.filter((address) => !certificate.checkIP(address)),
  ];
  if (missing.length > 0) {
    problems.push(`${KEYS.leaf} is not for ${missing.join(', ')}`);
    return undefined;
  }
  const signer = anchors.find((anchor) => isSignedBy(certificate, new X509Certificate(anchor.certificate)));
  if (!signer) {
    problems.push(`${KEYS.leaf} is signed by none of the authorities here`);
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

/** Only of such a one the name and the key can be repeated in what it signs. */
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

/** What a parser says of a key or of a certificate can quote it: it says nothing here. */
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
