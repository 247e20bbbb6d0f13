import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Authority, Holding, Leaf } from '../../../src/certificates/trust-state.ts';
import { issueAuthority, issueLeaf } from '../../../src/cluster/certificates/issuer.ts';
import { decodeHolding, encodeHolding, readAnchors } from '../../../src/cluster/certificates/secret.ts';
import { createAuthority } from '../../real-cluster/harness/certificates.ts';

const NAMES = { dnsNames: ['qdrant-admission.system.svc'], ipAddresses: ['127.0.0.1'] };
const START = Math.floor(Date.now() / 1000) * 1000;
const VALIDITY = { notBefore: START - 60_000, notAfter: START + 3_600_000 };
const UNTIL = START + 1_234_567;

let first: Authority;
let second: Authority;
let third: Authority;
let leaf: Leaf;
let holding: Holding;

beforeAll(async () => {
  [first, second, third] = await Promise.all([
    issueAuthority(VALIDITY),
    issueAuthority(VALIDITY),
    issueAuthority(VALIDITY),
  ]);
  leaf = await issueLeaf(first, NAMES, VALIDITY);
  const { fingerprint, certificate, notAfter } = third;
  holding = {
    authority: first,
    leaf,
    leavesUntil: VALIDITY.notAfter,
    successor: { authority: second, published: { at: START + 7, revision: 'uid/4' } },
    retired: [{ fingerprint, certificate, notAfter, until: UNTIL }],
  };
});

function encoded(changes: Readonly<Record<string, string | undefined>> = {}, of: Holding = holding) {
  const data = new Map(Object.entries(encodeHolding(of)));
  for (const [key, text] of Object.entries(changes)) {
    if (text === undefined) data.delete(key);
    else data.set(key, Buffer.from(text).toString('base64'));
  }
  return data;
}

function decoded(changes: Readonly<Record<string, string | undefined>>) {
  return decodeHolding(encoded(changes), NAMES);
}

describe('a Secret', () => {
  test('gives back all that was put in', () => {
    expect(decodeHolding(encoded(), NAMES)).toEqual({ holding, problems: [] });
  });

  test('before there is a leaf, or a successor', () => {
    const early: Holding = { successor: { authority: second }, retired: holding.retired };
    expect(decodeHolding(encoded({}, early), NAMES)).toEqual({ holding: early, problems: [] });
    const plain: Holding = { authority: first, leaf, leavesUntil: VALIDITY.notAfter, retired: [] };
    expect(decodeHolding(encoded({}, plain), NAMES)).toEqual({ holding: plain, problems: [] });
  });

  test('serves everybody who knows the type kubernetes.io/tls', () => {
    const text = (key: string) => Buffer.from(encoded().get(key) ?? '', 'base64').toString();
    expect(text('tls.crt')).toBe(leaf.certificate);
    expect(text('tls.key')).toBe(leaf.key);
    const trusted = readAnchors(text('ca.crt')).anchors.map(({ fingerprint }) => fingerprint);
    expect(trusted.toSorted()).toEqual([first, second, third].map(({ fingerprint }) => fingerprint).toSorted());
  });

  test('that is empty has no authority', () => {
    for (const data of [
      new Map(),
      new Map([
        ['tls.crt', ''],
        ['tls.key', ''],
      ]),
    ]) {
      const { holding: nothing, problems } = decodeHolding(data, NAMES);
      expect(nothing).toEqual({ retired: [] });
      expect(problems).toContain('there is no authority');
    }
  });
});

describe('a damaged Secret: what is whole is kept, the rest is named', () => {
  test('no key of the leaf', () => {
    const { holding: kept, problems } = decoded({ 'tls.key': '' });
    expect(problems).toEqual(['tls.key is not the key of tls.crt']);
    expect(kept).toEqual({ ...holding, leaf: undefined });
  });

  test('the key of another', () => {
    expect(decoded({ 'tls.key': second.key }).problems).toEqual(['tls.key is not the key of tls.crt']);
  });

  test('no certificate where the leaf should be', () => {
    expect(decoded({ 'tls.crt': 'garbage' }).problems).toEqual(['tls.crt is not a certificate']);
  });

  test('a leaf for other names', async () => {
    const other = await issueLeaf(first, { dnsNames: ['qdrant-admission.elsewhere.svc'] }, VALIDITY);
    const { holding: kept, problems } = decoded({ 'tls.crt': other.certificate, 'tls.key': other.key });
    expect(problems).toEqual(['tls.crt is not for qdrant-admission.system.svc, 127.0.0.1']);
    expect(kept.leaf).toBeUndefined();
    expect(kept.authority).toEqual(first);
  });

  test('a leaf by a stranger', async () => {
    const stranger = await issueAuthority(VALIDITY);
    const other = await issueLeaf(stranger, NAMES, VALIDITY);
    const { holding: kept, problems } = decoded({ 'tls.crt': other.certificate, 'tls.key': other.key });
    expect(problems).toEqual(['tls.crt is signed by none of the authorities here']);
    expect(kept.leaf).toBeUndefined();
  });

  test('an authority without its key: what it has signed is served on', () => {
    const { holding: kept, problems } = decoded({ 'authority.key': 'lost' });
    expect(problems).toEqual(['authority.key is not the key of authority.crt']);
    expect(kept.authority).toBeUndefined();
    expect(kept.leaf).toEqual(leaf);
    expect(kept.retired).toContainEqual(
      expect.objectContaining({ fingerprint: first.fingerprint, until: VALIDITY.notAfter }),
    );
    expect(kept.retired.some((one) => 'key' in one)).toBe(false);
  });

  test('an authority that was made elsewhere', async () => {
    const foreign = await createAuthority('somebody');
    const { holding: kept, problems } = decoded({ 'authority.crt': foreign.certificate, 'authority.key': foreign.key });
    expect(problems).toContain('authority.crt is not an authority that this program made');
    expect(kept.authority).toBeUndefined();
  });

  test('a leaf in the place of an authority', () => {
    const { problems } = decoded({ 'authority.crt': leaf.certificate, 'authority.key': leaf.key });
    expect(problems).toContain('authority.crt is not an authority that this program made');
  });

  test('a successor with the wrong key', () => {
    const { holding: kept, problems } = decoded({ 'next-authority.key': first.key });
    expect(problems).toContain('next-authority.key is not the key of next-authority.crt');
    expect(kept.successor).toBeUndefined();
  });

  test('the bundle lacks somebody, or has somebody more', () => {
    expect(decoded({ 'ca.crt': first.certificate }).problems).toEqual([
      'ca.crt lacks an authority',
      'ca.crt lacks a certificate that rotation.json names',
    ]);
    const plain: Holding = { authority: first, leaf, leavesUntil: VALIDITY.notAfter, retired: [] };
    const data = encoded({ 'ca.crt': first.certificate + third.certificate }, plain);
    const { holding: kept, problems } = decodeHolding(data, NAMES);
    expect(problems).toEqual(['ca.crt has a certificate that rotation.json does not know']);
    expect(kept.retired).toEqual([expect.objectContaining({ fingerprint: third.fingerprint, until: third.notAfter })]);
  });

  test.each([undefined, '', '{', '{"version":2,"retired":[]}', '{"version":1,"retired":[],"extra":1}'])(
    'its state is %j: the grace period begins anew, and what was retired stays as long as it can',
    (state) => {
      const { holding: kept, problems } = decoded({ 'rotation.json': state });
      expect(problems[0]).toBe('rotation.json is missing or not what this version writes');
      expect(kept.successor).toEqual({ authority: second });
      expect(kept.leavesUntil).toBeUndefined();
      expect(kept.retired).toEqual([expect.objectContaining({ until: third.notAfter })]);
    },
  );

  test('a problem never quotes a key', () => {
    const { privateKey } = generateKeyPairSync('ed25519', {
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const inner = privateKey.split('\n')[1] ?? '';
    for (const key of [
      'tls.crt',
      'tls.key',
      'authority.crt',
      'authority.key',
      'next-authority.crt',
      'rotation.json',
      'ca.crt',
    ]) {
      const { problems } = decoded({ [key]: privateKey });
      expect(problems.length).toBeGreaterThan(0);
      expect(problems.join()).not.toContain(inner);
    }
  });
});

describe('a bundle', () => {
  test('is read past what is no certificate', () => {
    const text = `# ours\n${first.certificate}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n${second.certificate}`;
    const { anchors, unreadable } = readAnchors(text);
    expect(anchors.map(({ fingerprint }) => fingerprint)).toEqual([first.fingerprint, second.fingerprint]);
    expect(unreadable).toBe(1);
  });

  test('of a size that nobody needs is not read', () => {
    expect(readAnchors(first.certificate.repeat(300)).anchors).toEqual([]);
  });
});
