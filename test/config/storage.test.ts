import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { attestationsAt, expiredAt } from '../../src/config/expiry.ts';
import { ConfigError, parseConfig } from '../../src/config/load.ts';

const ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const STATED = { mechanism: 'luks', reason: 'r', responsible: 'ada@example.com', expires: '2026-11-30T00:00:00Z' };
const CLASS = {
  storageClass: 'local',
  provisioner: 'rancher.io/local-path',
  parametersSha256: '0'.repeat(64),
  ...STATED,
};
const VOLUME = { volume: { driver: 'ebs.csi.aws.com', handle: 'vol-1' }, ...STATED };

function configWith(attestations: readonly object[], namespace: object = {}): string {
  const namespaces = [{ names: ['qdrant'], profile: 'private', ...namespace }];
  return stringify({ version: 1, namespaces, storage: { attestations } });
}

function problemsIn(text: string): string[] {
  try {
    parseConfig(text, 'c');
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((problem) => problem.replace(/^c:\d+: /, ''));
    throw error;
  }
  return [];
}

describe('attestations', () => {
  it('are about a class, a volume or a snapshot, and hold in every namespace', () => {
    const snapshot = { snapshot: { driver: 'd', handle: 's' }, ...STATED, keyId: ARN };
    const config = parseConfig(configWith([CLASS, VOLUME, snapshot]), 'c');
    expect(config.attestations).toMatchObject([
      { storageClass: 'local', expires: new Date('2026-11-30T00:00:00Z') },
      { of: 'volume', driver: 'ebs.csi.aws.com', handle: 'vol-1' },
      { of: 'snapshot', keyId: ARN },
    ]);
    expect(config.namespaces.get('qdrant')?.settings.storage.attestations).toBe(config.attestations);
  });

  it('are of the annotations of a class as well, where they say so', () => {
    const annotationsSha256 = 'a'.repeat(64);
    const config = parseConfig(configWith([CLASS, { ...CLASS, annotationsSha256 }]), 'c');
    expect(config.attestations).toMatchObject([{ annotationsSha256: undefined }, { annotationsSha256 }]);
  });

  it('are reported when they have expired', () => {
    const config = parseConfig(configWith([CLASS, VOLUME]), 'c');
    expect(attestationsAt(config, new Date('2026-11-29T23:59:59Z')).active).toHaveLength(2);
    expect(expiredAt(config, new Date('2026-11-30T00:00:00Z'))).toEqual([
      'the attestation of StorageClass local, until 2026-11-30T00:00:00.000Z (ada@example.com)',
      'the attestation of volume ebs.csi.aws.com vol-1, until 2026-11-30T00:00:00.000Z (ada@example.com)',
    ]);
  });

  it.each([
    ['about nothing', STATED, 'storage.attestations[0]: expected one of storageClass, volume, snapshot, and only one'],
    [
      'about two things',
      { ...CLASS, ...VOLUME },
      'storage.attestations[0]: expected one of storageClass, volume, snapshot, and only one',
    ],
    [
      'without the hash',
      { ...CLASS, parametersSha256: undefined },
      'storage.attestations[0].parametersSha256: expected it beside storageClass',
    ],
    [
      'with half a hash',
      { ...CLASS, parametersSha256: 'abc' },
      'storage.attestations[0].parametersSha256: expected 64 hex digits',
    ],
    [
      'of a volume, with a provisioner',
      { ...VOLUME, provisioner: 'p' },
      'storage.attestations[0].provisioner: is of a class',
    ],
    [
      'of a volume, with annotations',
      { ...VOLUME, annotationsSha256: '0'.repeat(64) },
      'storage.attestations[0].annotationsSha256: is of a class',
    ],
    [
      'with half a hash of annotations',
      { ...CLASS, annotationsSha256: 'abc' },
      'storage.attestations[0].annotationsSha256: expected 64 hex digits',
    ],
    ['that nobody answers for', { ...CLASS, responsible: undefined }, 'storage.attestations[0].responsible: '],
    ['without an end', { ...CLASS, expires: undefined }, 'storage.attestations[0].expires: '],
    ['with an alias for a key', { ...CLASS, keyId: 'alias/qdrant' }, 'storage.attestations[0].keyId: '],
    ['with a field that nobody knows', { ...CLASS, key: ARN }, 'storage.attestations[0]: "key" is not known here'],
  ])('are refused: %s', (_, attestation, expected) => {
    const problems = problemsIn(configWith([attestation]));
    expect(problems[0]?.slice(0, expected.length)).toBe(expected);
  });
});

describe('customer keys', () => {
  it('are required together with what they are', () => {
    const storage = { requireCustomerKey: true, customerKeys: [ARN] };
    const { namespaces } = parseConfig(configWith([], { storage }), 'c');
    expect(namespaces.get('qdrant')?.settings.storage).toMatchObject(storage);
    expect(problemsIn(configWith([], { storage: { requireCustomerKey: true } }))).toEqual([
      'namespaces[0].storage.customerKeys: expected at least one key: requireCustomerKey without any would refuse every volume',
    ]);
  });

  it('are whole ids: an alias can be pointed at another key', () => {
    const storage = { requireCustomerKey: true, customerKeys: [ARN, 'alias/qdrant', 'my-key'] };
    expect(problemsIn(configWith([], { storage }))).toEqual([
      expect.stringMatching(/^namespaces\[0\]\.storage\.customerKeys\[1\]: .*alias/),
      expect.stringMatching(/^namespaces\[0\]\.storage\.customerKeys\[2\]: expected the full id of a key/),
    ]);
  });
});

describe('enforcedSince', () => {
  it('is a moment', () => {
    const { namespaces } = parseConfig(configWith([], { enforcedSince: '2026-11-01T01:00:00+01:00' }), 'c');
    expect(namespaces.get('qdrant')?.settings.enforcedSince).toEqual(new Date('2026-11-01T00:00:00Z'));
    expect(problemsIn(configWith([], { enforcedSince: '2026-11-01' }))).toEqual([
      'namespaces[0].enforcedSince: expected a moment in RFC 3339, such as 2026-11-30T00:00:00Z',
    ]);
  });
});
