import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Authority, Leaf, TrustState } from '../../../src/certificates/trust-state.ts';
import { issueAuthority, issueLeaf } from '../../../src/cluster/certificates/issuer.ts';
import { decodeTrustState, encodeTrustState, readAnchors } from '../../../src/cluster/certificates/secret.ts';
import { createAuthority } from '../../real-cluster/harness/certificates.ts';

const NAMES = { dnsNames: ['qdrant-admission.system.svc'], ipAddresses: ['127.0.0.1'] };
const START = Math.floor(Date.now() / 1000) * 1000;
const VALIDITY = { notBefore: START - 60_000, notAfter: START + 3_600_000 };
const UNTIL = START + 1_234_567;

let first: Authority;
let second: Authority;
let third: Authority;
let leaf: Leaf;
let trustState: TrustState;

beforeAll(async () => {
  [first, second, third] = await Promise.all([
    issueAuthority(VALIDITY),
    issueAuthority(VALIDITY),
    issueAuthority(VALIDITY),
  ]);
  leaf = await issueLeaf(first, NAMES, VALIDITY);
  const { fingerprint, certificate, notAfter } = third;
  trustState = {
    authority: first,
    leaf,
    lastLeafExpires: VALIDITY.notAfter,
    successor: { authority: second, published: { at: START + 7, revision: 'uid/4' } },
    retired: [{ fingerprint, certificate, notAfter, until: UNTIL }],
  };
});

function encoded(changes: Readonly<Record<string, string | undefined>> = {}, of: TrustState = trustState) {
  const data = new Map(Object.entries(encodeTrustState(of)));
  for (const [key, text] of Object.entries(changes)) {
    if (text === undefined) data.delete(key);
    else data.set(key, Buffer.from(text).toString('base64'));
  }
  return data;
}

function decoded(changes: Readonly<Record<string, string | undefined>>) {
  return decodeTrustState(encoded(changes), NAMES);
}

describe('a Secret', () => {
  test('gives back everything that was written', () => {
    expect(decodeTrustState(encoded(), NAMES)).toEqual({ trustState, problems: [] });
  });

  test('does so without a leaf or a successor, too', () => {
    const early: TrustState = { successor: { authority: second }, retired: trustState.retired };
    expect(decodeTrustState(encoded({}, early), NAMES)).toEqual({ trustState: early, problems: [] });
    const plain: TrustState = { authority: first, leaf, lastLeafExpires: VALIDITY.notAfter, retired: [] };
    expect(decodeTrustState(encoded({}, plain), NAMES)).toEqual({ trustState: plain, problems: [] });
  });

  test('can be used by anyone who knows the type kubernetes.io/tls', () => {
    const text = (key: string) => Buffer.from(encoded().get(key) ?? '', 'base64').toString();
    expect(text('tls.crt')).toBe(leaf.certificate);
    expect(text('tls.key')).toBe(leaf.key);
    const trusted = readAnchors(text('ca.crt')).anchors.map(({ fingerprint }) => fingerprint);
    expect(trusted.toSorted()).toEqual([first, second, third].map(({ fingerprint }) => fingerprint).toSorted());
  });

  test('has no authority if it is empty', () => {
    for (const data of [
      new Map(),
      new Map([
        ['tls.crt', ''],
        ['tls.key', ''],
      ]),
    ]) {
      const { trustState: nothing, problems } = decodeTrustState(data, NAMES);
      expect(nothing).toEqual({ retired: [] });
      expect(problems).toContain('there is no authority');
    }
  });
});

describe('a damaged Secret is used as far as possible, and reported', () => {
  test('with no key for the leaf', () => {
    const { trustState: kept, problems } = decoded({ 'tls.key': '' });
    expect(problems).toEqual(['tls.key is not the key of tls.crt']);
    expect(kept).toEqual({ ...trustState, leaf: undefined });
  });

  test('with a key of another certificate', () => {
    expect(decoded({ 'tls.key': second.key }).problems).toEqual(['tls.key is not the key of tls.crt']);
  });

  test('with garbage instead of the leaf', () => {
    expect(decoded({ 'tls.crt': 'garbage' }).problems).toEqual(['tls.crt is not a certificate']);
  });

  test('with a leaf for other names', async () => {
    const other = await issueLeaf(first, { dnsNames: ['qdrant-admission.elsewhere.svc'] }, VALIDITY);
    const { trustState: kept, problems } = decoded({ 'tls.crt': other.certificate, 'tls.key': other.key });
    expect(problems).toEqual(['tls.crt is not for qdrant-admission.system.svc, 127.0.0.1']);
    expect(kept.leaf).toBeUndefined();
    expect(kept.authority).toEqual(first);
  });

  test('with a leaf that an unknown authority signed', async () => {
    const stranger = await issueAuthority(VALIDITY);
    const other = await issueLeaf(stranger, NAMES, VALIDITY);
    const { trustState: kept, problems } = decoded({ 'tls.crt': other.certificate, 'tls.key': other.key });
    expect(problems).toEqual(['tls.crt is signed by none of the authorities here']);
    expect(kept.leaf).toBeUndefined();
  });

  test('with an authority whose key is lost: its leaf is still served', () => {
    const { trustState: kept, problems } = decoded({ 'authority.key': 'lost' });
    expect(problems).toEqual(['authority.key is not the key of authority.crt']);
    expect(kept.authority).toBeUndefined();
    expect(kept.leaf).toEqual(leaf);
    expect(kept.retired).toContainEqual(
      expect.objectContaining({ fingerprint: first.fingerprint, until: VALIDITY.notAfter }),
    );
    expect(kept.retired.some((one) => 'key' in one)).toBe(false);
  });

  test('with an authority that another program made', async () => {
    const foreign = await createAuthority('somebody');
    const { trustState: kept, problems } = decoded({
      'authority.crt': foreign.certificate,
      'authority.key': foreign.key,
    });
    expect(problems).toContain('authority.crt is not an authority that this program made');
    expect(kept.authority).toBeUndefined();
  });

  test('with a leaf in the place of the authority', () => {
    const { problems } = decoded({ 'authority.crt': leaf.certificate, 'authority.key': leaf.key });
    expect(problems).toContain('authority.crt is not an authority that this program made');
  });

  test('with a successor that has the wrong key', () => {
    const { trustState: kept, problems } = decoded({ 'next-authority.key': first.key });
    expect(problems).toContain('next-authority.key is not the key of next-authority.crt');
    expect(kept.successor).toBeUndefined();
  });

  test('with a bundle that lacks a certificate or has an additional one', () => {
    expect(decoded({ 'ca.crt': first.certificate }).problems).toEqual([
      'ca.crt lacks an authority',
      'ca.crt lacks a certificate that rotation.json names',
    ]);
    const plain: TrustState = { authority: first, leaf, lastLeafExpires: VALIDITY.notAfter, retired: [] };
    const data = encoded({ 'ca.crt': first.certificate + third.certificate }, plain);
    const { trustState: kept, problems } = decodeTrustState(data, NAMES);
    expect(problems).toEqual(['ca.crt has a certificate that rotation.json does not know']);
    expect(kept.retired).toEqual([expect.objectContaining({ fingerprint: third.fingerprint, until: third.notAfter })]);
  });

  test.each([undefined, '', '{', '{"version":2,"retired":[]}', '{"version":1,"retired":[],"extra":1}'])(
    'with the rotation record %j: starts the grace period again, and keeps retired authorities as long as possible',
    (record) => {
      const { trustState: kept, problems } = decoded({ 'rotation.json': record });
      expect(problems[0]).toBe('rotation.json is missing or not what this version writes');
      expect(kept.successor).toEqual({ authority: second });
      expect(kept.lastLeafExpires).toBeUndefined();
      expect(kept.retired).toEqual([expect.objectContaining({ until: third.notAfter })]);
    },
  );

  test('without quoting a key in any problem', () => {
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
  test('is read to its end, whatever is between the certificates', () => {
    const text = `# ours\n${first.certificate}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n${second.certificate}`;
    const { anchors, unreadable } = readAnchors(text);
    expect(anchors.map(({ fingerprint }) => fingerprint)).toEqual([first.fingerprint, second.fingerprint]);
    expect(unreadable).toBe(1);
  });

  test('that is unreasonably long is not read', () => {
    expect(readAnchors(first.certificate.repeat(300)).anchors).toEqual([]);
  });
});
