import { failure, type Result, success } from '../k8s/result.ts';

/** Whom a certificate of a Sigstore CA names, read from its extensions. It says nothing unless the certificate was verified. */
export interface CertificateIdentity {
  /** The one subject alternative name. */
  readonly subject: string;
  /** Who vouched for the subject: the URL of an OpenID Connect issuer. */
  readonly issuer: string;
  /** What the issuer told about a build; each left out where the certificate does not say it. */
  readonly build: Readonly<Partial<Record<BuildField, string>>>;
}

/** An extension of a certificate as it stands there. */
export interface CertificateExtension {
  readonly oid: string;
  /** The bytes of extnValue, without the octet string around them. */
  readonly value: Uint8Array;
}

const FULCIO = '1.3.6.1.4.1.57264.1';
/** Raw text; the other fields are strings in DER. */
const ISSUER_V1 = `${FULCIO}.1`;
const ISSUER_V2 = `${FULCIO}.8`;
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';

/** https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md */
const BUILD_FIELDS = {
  buildSignerUri: `${FULCIO}.9`,
  sourceRepositoryUri: `${FULCIO}.12`,
  sourceRepositoryRef: `${FULCIO}.14`,
  sourceRepositoryOwnerUri: `${FULCIO}.16`,
  buildTrigger: `${FULCIO}.20`,
} as const;
export type BuildField = keyof typeof BUILD_FIELDS;

const UTF8_STRING = 0x0c;
const SEQUENCE = 0x30;
/** GeneralName: rfc822Name and uniformResourceIdentifier, both IA5String. */
const NAME_TAGS: readonly number[] = [0x81, 0x86];

/** Reads the identity out of a certificate's extensions, or says why it names nobody that could be trusted. */
export function certificateIdentity(extensions: readonly CertificateExtension[]): Result<CertificateIdentity, string> {
  const subject = readSubject(only(extensions, SUBJECT_ALTERNATIVE_NAME));
  if (!subject.ok) return subject;
  const issuer = readIssuer(extensions);
  if (!issuer.ok) return issuer;
  const build: Partial<Record<BuildField, string>> = {};
  for (const [field, oid] of Object.entries(BUILD_FIELDS) as [BuildField, string][]) {
    if (!extensions.some((extension) => extension.oid === oid)) continue;
    const text = utf8String(only(extensions, oid));
    if (text === undefined) return failure(`its certificate's field ${oid} is not one string`);
    build[field] = text;
  }
  return success({ subject: subject.value, issuer: issuer.value, build });
}

function readSubject(value: Uint8Array | undefined): Result<string, string> {
  const names = value && element(value, SEQUENCE);
  if (names === undefined) return failure('its certificate has no subject alternative name');
  const tag = names[0] ?? 0;
  // With a second name, one reader could check this one and another reader that one.
  const name = element(names, tag);
  if (name === undefined) return failure('its certificate does not have exactly one subject alternative name');
  if (!NAME_TAGS.includes(tag)) return failure('the subject of its certificate is neither a URI nor an email address');
  const text = plainText(name);
  if (text === undefined || /[^\x20-\x7e]/.test(text)) {
    return failure('the subject of its certificate is empty or contains characters that a name cannot have');
  }
  return success(text);
}

function readIssuer(extensions: readonly CertificateExtension[]): Result<string, string> {
  const [older, newer] = [ISSUER_V1, ISSUER_V2].map((oid) => extensions.filter((extension) => extension.oid === oid));
  if (!older?.length && !newer?.length) return failure('its certificate names no issuer');
  const v1 = older?.length ? plainText(only(older, ISSUER_V1)) : undefined;
  const v2 = newer?.length ? utf8String(only(newer, ISSUER_V2)) : undefined;
  const read = (!older?.length || v1 !== undefined) && (!newer?.length || v2 !== undefined);
  if (!read) return failure('the issuer in its certificate cannot be read');
  // Two readers that each look at one of the fields would trust different issuers.
  if (v1 !== undefined && v2 !== undefined && v1 !== v2) return failure('its certificate names two different issuers');
  return success(v2 ?? v1 ?? '');
}

/** The value of an extension that occurs once; undefined where it does not, or more often. */
function only(extensions: readonly CertificateExtension[], oid: string): Uint8Array | undefined {
  const found = extensions.filter((extension) => extension.oid === oid);
  return found.length === 1 ? found[0]?.value : undefined;
}

function utf8String(der: Uint8Array | undefined): string | undefined {
  return der && plainText(element(der, UTF8_STRING));
}

/** UTF-8 text without control characters; undefined for anything else, and where it is empty. */
function plainText(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined || bytes.length === 0) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return /\p{C}/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** The content of a DER element that fills the bytes, with its length in the only form that DER allows. */
function element(der: Uint8Array, tag: number): Uint8Array | undefined {
  if (der[0] !== tag) return undefined;
  const first = der[1] ?? 0xff;
  if (first < 0x80) return der.length === first + 2 ? der.subarray(2) : undefined;
  const digits = first & 0x7f;
  if (digits < 1 || digits > 2) return undefined;
  const length = digits === 1 ? (der[2] ?? 0) : (der[2] ?? 0) * 256 + (der[3] ?? 0);
  const shortest = digits === 1 ? 0x80 : 0x100;
  return length >= shortest && der.length === 2 + digits + length ? der.subarray(2 + digits) : undefined;
}
