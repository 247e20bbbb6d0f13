import { createHash, type KeyObject, sign } from 'node:crypto';
import { bits, integer, octets, oid, sequence, TRUE, time, tlv, utf8 } from './der.ts';

export interface Extension {
  readonly oid: string;
  readonly critical?: boolean;
  readonly value: Uint8Array;
}

export interface CertificateRequest {
  readonly subject?: string;
  readonly publicKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: readonly Extension[];
}

export interface Issuer {
  readonly name: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'der' });
export const sha256 = (...content: readonly Uint8Array[]) =>
  createHash('sha256').update(Buffer.concat(content)).digest();

const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';

export const basicConstraints = (ca: boolean): Extension => ({
  oid: '2.5.29.19',
  critical: true,
  value: sequence(...(ca ? [TRUE] : [])),
});
export const caUsage: Extension = { oid: '2.5.29.15', critical: true, value: bits(Buffer.from([0x06]), 1) };
export const signerUsage: Extension = { oid: '2.5.29.15', critical: true, value: bits(Buffer.from([0x80]), 7) };
export const purpose = (id = CODE_SIGNING): Extension => ({ oid: '2.5.29.37', value: sequence(oid(id)) });
/** Names: a tag of GeneralName each; 0x86 is a URI, 0x81 an email address. */
export const subjectNames = (...names: readonly (readonly [tag: number, text: string | Uint8Array])[]): Extension => ({
  oid: '2.5.29.17',
  critical: true,
  value: sequence(...names.map(([tag, text]) => tlv(tag, Buffer.from(text)))),
});
/** A field of Fulcio: a string in DER; the oldest ones are raw text. */
export const fulcio = (number: number, text: string): Extension => ({
  oid: `1.3.6.1.4.1.57264.1.${number}`,
  value: number < 8 ? Buffer.from(text, 'utf8') : utf8(text),
});

const name = (text: string) => sequence(tlv(0x31, sequence(oid('2.5.4.3'), utf8(text))));

function algorithm(key: KeyObject): { readonly hash: string; readonly id: Buffer } {
  const p384 = key.asymmetricKeyDetails?.namedCurve === 'secp384r1';
  return { hash: p384 ? 'sha384' : 'sha256', id: sequence(oid(`1.2.840.10045.4.3.${p384 ? 3 : 2}`)) };
}

function tbsCertificate(request: CertificateRequest, issuer: Issuer, extensions: readonly Extension[]): Buffer {
  return sequence(
    tlv(0xa0, integer(2)),
    integer(7),
    algorithm(issuer.privateKey).id,
    name(issuer.name),
    sequence(time(request.notBefore), time(request.notAfter)),
    request.subject === undefined ? sequence() : name(request.subject),
    spki(request.publicKey),
    tlv(
      0xa3,
      sequence(...extensions.map((it) => sequence(oid(it.oid), ...(it.critical ? [TRUE] : []), octets(it.value)))),
    ),
  );
}

/** A certificate in DER. With a CT log it carries that log's timestamp, as Fulcio embeds it. */
export function issue(
  request: CertificateRequest,
  issuer: Issuer,
  ctLog?: { readonly privateKey: KeyObject; readonly publicKey: KeyObject },
): Buffer {
  const extensions = [...request.extensions];
  if (ctLog)
    extensions.push(timestampOf(tbsCertificate(request, issuer, extensions), request.notBefore, issuer, ctLog));
  const tbs = tbsCertificate(request, issuer, extensions);
  const { hash, id } = algorithm(issuer.privateKey);
  return sequence(tbs, id, bits(sign(hash, tbs, issuer.privateKey)));
}

/** https://www.rfc-editor.org/rfc/rfc6962#section-3.2 */
function timestampOf(
  precertificate: Buffer,
  date: Date,
  issuer: Issuer,
  ctLog: { readonly privateKey: KeyObject; readonly publicKey: KeyObject },
): Extension {
  const at = Buffer.alloc(8);
  at.writeBigUInt64BE(BigInt(date.getTime()));
  const length = Buffer.from([
    precertificate.length >> 16,
    (precertificate.length >> 8) & 0xff,
    precertificate.length & 0xff,
  ]);
  const signed = Buffer.concat([
    Buffer.from([0, 0]),
    at,
    Buffer.from([0, 1]),
    sha256(spki(issuer.publicKey)),
    length,
    precertificate,
    Buffer.from([0, 0]),
  ]);
  const signature = sign('sha256', signed, ctLog.privateKey);
  const sct = Buffer.concat([
    Buffer.from([0]),
    sha256(spki(ctLog.publicKey)),
    at,
    Buffer.from([0, 0, 4, 3]),
    uint16(signature.length),
    signature,
  ]);
  const list = Buffer.concat([uint16(sct.length + 2), uint16(sct.length), sct]);
  return { oid: '1.3.6.1.4.1.11129.2.4.2', value: octets(list) };
}

function uint16(number: number): Buffer {
  return Buffer.from([number >> 8, number & 0xff]);
}

export function pem(der: Uint8Array, label: 'CERTIFICATE' | 'PUBLIC KEY'): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
