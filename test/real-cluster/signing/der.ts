/** As much of DER (ITU-T X.690) as certificates take that are made and taken apart here. */

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  generalizedTime: 0x18,
} as const;

/** One element; `whole` includes tag and length. */
export interface Element {
  readonly tag: number;
  readonly content: Buffer;
  readonly whole: Buffer;
}

function length(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes]);
  const digits = bytes.toString(16);
  const big = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  return Buffer.concat([Buffer.from([0x80 | big.length]), big]);
}

export function element(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), length(content.length), content]);
}

export function sequence(...parts: readonly Buffer[]): Buffer {
  return element(TAG.sequence, ...parts);
}

/** An element under an explicit tag of its context. */
export function explicit(tag: number, ...parts: readonly Buffer[]): Buffer {
  return element(0xa0 | tag, ...parts);
}

/** @param bytes of a positive number whose highest bit is not set */
export function integer(bytes: Buffer): Buffer {
  return element(TAG.integer, bytes);
}

export function bitString(bytes: Buffer, unusedBits = 0): Buffer {
  return element(TAG.bitString, Buffer.from([unusedBits]), bytes);
}

export function octetString(bytes: Buffer): Buffer {
  return element(TAG.octetString, bytes);
}

export function utf8String(text: string): Buffer {
  return element(TAG.utf8String, Buffer.from(text));
}

export function yes(): Buffer {
  return element(TAG.boolean, Buffer.from([0xff]));
}

export function time(at: Date): Buffer {
  const digits = at
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replaceAll(/[-:T]/g, '');
  // RFC 5280, 4.1.2.5: UTCTime until 2049.
  return at.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : element(TAG.generalizedTime, Buffer.from(`${digits}Z`));
}

export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const septets = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) septets.unshift((left & 0x7f) | 0x80);
    return septets;
  });
  return element(TAG.objectIdentifier, Buffer.from(bytes));
}

/** The elements that stand one after another in these bytes. */
export function elements(bytes: Buffer): readonly Element[] {
  const found: Element[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes.readUInt8(at);
    const short = bytes.readUInt8(at + 1);
    const digits = short < 0x80 ? 0 : short & 0x7f;
    const size = digits === 0 ? short : bytes.readUIntBE(at + 2, digits);
    const start = at + 2 + digits;
    found.push({ tag, content: bytes.subarray(start, start + size), whole: bytes.subarray(at, start + size) });
    at = start + size;
  }
  return found;
}
