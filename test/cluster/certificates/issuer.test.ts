import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Authority, Leaf } from '../../../src/certificates/trust-state.ts';
import { fingerprintOf, isSignedBy, issueAuthority, issueLeaf } from '../../../src/cluster/certificates/issuer.ts';

const NAME = 'qdrant-admission.qdrant-admission.svc';
const NAMES = { dnsNames: [NAME, `${NAME}.cluster.local`], ipAddresses: ['127.0.0.1', '::1'] };
const START = Math.floor(Date.now() / 1000) * 1000;
const VALIDITY = { notBefore: START - 60_000, notAfter: START + 3_600_000 };

let old: Authority;
let young: Authority;
let oldLeaf: Leaf;
let youngLeaf: Leaf;

beforeAll(async () => {
  [old, young] = await Promise.all([issueAuthority(VALIDITY), issueAuthority(VALIDITY)]);
  [oldLeaf, youngLeaf] = await Promise.all([issueLeaf(old, NAMES, VALIDITY), issueLeaf(young, NAMES, VALIDITY)]);
});

/** Connects to a TLS server as an API server does: by its name, and trusting only the bundle. */
async function handshake(port: number, bundle: string, servername = NAME): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', ca: bundle, servername });
  try {
    await once(socket, 'secureConnect');
    return `accepted ${fingerprintOf(new X509Certificate(socket.getPeerCertificate().raw))}`;
  } catch (error) {
    return `refused: ${(error as NodeJS.ErrnoException).code}`;
  } finally {
    socket.destroy();
  }
}

describe('an authority', () => {
  test('has the extensions of an authority, and signs itself', () => {
    const certificate = new X509Certificate(old.certificate);
    expect(certificate.ca).toBe(true);
    expect(isSignedBy(certificate, certificate)).toBe(true);
    expect(certificate.subject).toMatch(/^CN=qdrant-admission [0-9a-f]{16}$/);
    expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(3072);
    expect(certificate.checkPrivateKey(createPrivateKey(old.key))).toBe(true);
    expect(old.fingerprint).toBe(fingerprintOf(certificate));
  });

  test('has the same validity as its certificate', () => {
    const certificate = new X509Certificate(old.certificate);
    expect(certificate.validFromDate.getTime()).toBe(VALIDITY.notBefore);
    expect(certificate.validToDate.getTime()).toBe(VALIDITY.notAfter);
    expect(certificate.toString()).toBe(old.certificate);
  });

  test('shares neither name, serial number nor key with another authority', () => {
    const [one, other] = [new X509Certificate(old.certificate), new X509Certificate(young.certificate)];
    expect(one.subject).not.toBe(other.subject);
    expect(one.serialNumber).not.toBe(other.serialNumber);
    expect(old.key).not.toBe(young.key);
    expect(isSignedBy(one, other)).toBe(false);
  });

  test('cannot sign if another program made it', async () => {
    const stranger = { ...young, certificate: oldLeaf.certificate, key: oldLeaf.key };
    await expect(issueLeaf(stranger, NAMES, VALIDITY)).rejects.toThrow('cannot sign');
  });

  test('cannot sign with the key of another authority', async () => {
    await expect(issueLeaf({ ...young, key: old.key }, NAMES, VALIDITY)).rejects.toThrow('cannot sign');
  });
});

describe('a leaf', () => {
  test('is a server certificate for exactly these names', () => {
    const certificate = new X509Certificate(oldLeaf.certificate);
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(certificate.subjectAltName).toBe(
      `DNS:${NAME}, DNS:${NAME}.cluster.local, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1`,
    );
    expect(certificate.checkHost('qdrant-admission')).toBeUndefined();
    expect(certificate.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
    expect(oldLeaf.authority).toBe(old.fingerprint);
  });

  test('is accepted by a client that trusts its authority, with every bundle of a rotation', async () => {
    const server = createServer({ cert: oldLeaf.certificate, key: oldLeaf.key });
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const [before, during, after] = [old.certificate, old.certificate + young.certificate, young.certificate];
    const oldSeen = `accepted ${fingerprintOf(new X509Certificate(oldLeaf.certificate))}`;
    const youngSeen = `accepted ${fingerprintOf(new X509Certificate(youngLeaf.certificate))}`;
    const unknown = 'refused: UNABLE_TO_VERIFY_LEAF_SIGNATURE';
    try {
      expect(await handshake(port, before)).toBe(oldSeen);
      expect(await handshake(port, during)).toBe(oldSeen);
      expect(await handshake(port, after)).toBe(unknown);
      server.setSecureContext({ cert: youngLeaf.certificate, key: youngLeaf.key });
      expect(await handshake(port, before)).toBe(unknown);
      expect(await handshake(port, during)).toBe(youngSeen);
      expect(await handshake(port, after)).toBe(youngSeen);
      expect(await handshake(port, after, 'elsewhere.svc')).toBe('refused: ERR_TLS_CERT_ALTNAME_INVALID');
    } finally {
      server.close();
    }
  });

  test.each([
    ['expired', { notBefore: START - 3_600_000, notAfter: START - 60_000 }, 'CERT_HAS_EXPIRED'],
    ['not valid yet', { notBefore: START + 3_000_000, notAfter: START + 3_600_000 }, 'CERT_NOT_YET_VALID'],
  ])('is refused if it is %s', async (_, validity, code) => {
    const leaf = await issueLeaf(old, NAMES, validity);
    const server = createServer({ cert: leaf.certificate, key: leaf.key });
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      expect(await handshake((server.address() as AddressInfo).port, old.certificate)).toBe(`refused: ${code}`);
    } finally {
      server.close();
    }
  });
});

test('a date after 2049 is encoded correctly', async () => {
  const validity = { notBefore: START, notAfter: Date.parse('2061-02-03T04:05:06Z') };
  const authority = await issueAuthority(validity);
  expect(new X509Certificate(authority.certificate).validToDate.toISOString()).toBe('2061-02-03T04:05:06.000Z');
});
