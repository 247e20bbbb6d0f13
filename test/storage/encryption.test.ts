import { describe, expect, it } from 'vitest';
import type { StorageClass } from '../../src/k8s/storage/objects.ts';
import { attestedHandle } from '../../src/storage/attestations.ts';
import { customerKeyProblem, encryptionOf, handleEncryption } from '../../src/storage/encryption.ts';
import type { HandleAttestation } from '../../src/storage/settings.ts';
import { CLASS_FILES, NOTHING_STATED, NOW } from './read-classes.ts';

describe('a class that the API server would not take', () => {
  it.each<[unknown, string]>([
    [{ encrypted: true }, 'parameters.encrypted'],
    [{ encrypted: null }, 'parameters.encrypted'],
    [{ encrypted: ['true'] }, 'parameters.encrypted'],
    [['encrypted'], 'parameters'],
    ['encrypted', 'parameters'],
    [5, 'parameters'],
  ])('with parameters %j does not encrypt, whoever attests it', (parameters, path) => {
    for (const provisioner of ['ebs.csi.aws.com', 'pd.csi.storage.gke.io', 'csi.example.com']) {
      const encryption = encryptionOf(classOf(provisioner, parameters), NOTHING_STATED, NOW);
      expect(encryption).toMatchObject({ encrypted: false, problems: [{ path }] });
    }
  });

  it.each([undefined, 5, null, ''])('with provisioner %j does not encrypt', (provisioner) => {
    expect(encryptionOf(classOf(provisioner, { encrypted: 'true' }), NOTHING_STATED, NOW).encrypted).toBe(false);
  });

  it.each(['__proto__', 'constructor', 'toString'])(
    'of the provisioner %s is one of a provisioner nobody knows',
    (name) => {
      expect(encryptionOf(classOf(name, {}), NOTHING_STATED, NOW).encrypted).toBe(false);
    },
  );

  it('with a key that is not ASCII, or looks like a prefix of the driver, is not read at all', () => {
    const kelvin = classOf('ebs.csi.aws.com', { encrypted: 'true', '\u212amsKeyId': 'x' });
    expect(encryptionOf(kelvin, NOTHING_STATED, NOW).encrypted).toBe(false);
    const lookalike = classOf('csi.trident.netapp.io', {
      encryption: 'true',
      'trident.netapp.io.example/encryption': 'false',
    });
    expect(encryptionOf(lookalike, NOTHING_STATED, NOW).encrypted).toBe(false);
  });
});

describe('Secrets', () => {
  it('that hold the key are named, for whoever writes them decides', () => {
    const file = CLASS_FILES.find(
      ({ folder, name }) => folder === 'csi.hetzner.cloud' && name === 'encrypted-secret.yaml',
    );
    const encryption = file && encryptionOf(file.storageClass, NOTHING_STATED, NOW);
    expect(encryption).toMatchObject({ encrypted: true, secrets: [{ namespace: 'keys', name: 'luks' }] });
  });
});

describe('an attested volume or snapshot', () => {
  const attestation: HandleAttestation = {
    of: 'volume',
    driver: 'ebs.csi.aws.com',
    handle: 'vol-0a1b2c',
    mechanism: 'ebs-account-default',
    reason: 'made before the class',
    responsible: 'storage@example.com',
    expires: new Date('2027-01-01T00:00:00Z'),
  };
  const find = (kind: 'volume' | 'snapshot', driver: string, handle: string, change: Partial<HandleAttestation> = {}) =>
    attestedHandle(kind, driver, handle, { ...NOTHING_STATED, attestations: [{ ...attestation, ...change }] }, NOW);

  it('is the one with this driver and this handle, until the statement expires', () => {
    expect(find('volume', 'ebs.csi.aws.com', 'vol-0a1b2c')).toEqual({ attested: true, attestation });
    expect(find('snapshot', 'ebs.csi.aws.com', 'vol-0a1b2c')).toEqual({ attested: false });
    expect(find('volume', 'csi.example.com', 'vol-0a1b2c')).toEqual({ attested: false });
    expect(find('volume', 'ebs.csi.aws.com', 'vol-0a1b2')).toEqual({ attested: false });
    expect(find('volume', 'ebs.csi.aws.com', 'vol-0a1b2c', { expires: NOW })).toEqual({
      attested: false,
      mismatch: { path: 'metadata.name', found: 'was attested only until 2026-11-01T00:00:00Z' },
    });
  });

  it('counts as long as one of several statements holds', () => {
    const attestations = [{ ...attestation, expires: NOW }, attestation, { ...attestation, expires: new Date(0) }];
    const found = attestedHandle(
      'volume',
      attestation.driver,
      attestation.handle,
      { ...NOTHING_STATED, attestations },
      NOW,
    );
    expect(found).toEqual({ attested: true, attestation });
  });

  it('has a customer key only where the statement names one that is allowed', () => {
    const keyId = 'other:vault/qdrant';
    const settings = { ...NOTHING_STATED, customerKeys: [keyId] };
    expect(customerKeyProblem(handleEncryption({ ...attestation, keyId }), settings)).toBeUndefined();
    expect(customerKeyProblem(handleEncryption(attestation), settings)?.found).toBe('is attested without a key');
    expect(customerKeyProblem(handleEncryption({ ...attestation, keyId: 'other:else' }), settings)).toBeDefined();
  });
});

function classOf(provisioner: unknown, parameters: unknown): StorageClass {
  const kind = { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass' };
  return { ...kind, metadata: { name: 'qdrant' }, provisioner, parameters } as StorageClass;
}
