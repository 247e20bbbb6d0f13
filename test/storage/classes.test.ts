import { describe, expect, it } from 'vitest';
import { describeFinding } from '../../src/engine/wording.ts';
import { annotationsSha256, parametersSha256 } from '../../src/storage/attestations.ts';
import { CATALOG, driverOf, provisionerOf } from '../../src/storage/catalog.ts';
import { customerKeyProblem, type Encryption, encryptionOf } from '../../src/storage/encryption.ts';
import type { ClassAttestation } from '../../src/storage/settings.ts';
import { CLASS_FILES, type ClassFile, FOLDERS, NOTHING_STATED, NOW, ROW_FOLDERS } from './read-classes.ts';

const named = (file: ClassFile): [string, ClassFile] => [`${file.folder}/${file.name}`, file];

describe('every class file', () => {
  it.each(CLASS_FILES.map(named))(
    '%s is judged as its comment and its name say',
    (_, { name, storageClass, expected }) => {
      const encryption = encryptionOf(storageClass, NOTHING_STATED, NOW);
      expect(linesOf(encryption)).toEqual(expected);
      expect(encryption.encrypted).toBe(name.startsWith('encrypted-'));
      expect(name).toMatch(/^(encrypted|not-encrypted|malformed)-[a-z0-9-]+\.yaml$/);
    },
  );

  it.each(CLASS_FILES.map(named))('%s is of the row that its folder is for', (_, { folder, storageClass }) => {
    const row = provisionerOf(storageClass.provisioner ?? '');
    expect(row?.name.replaceAll('/', '_') ?? 'unknown').toBe(folder);
  });

  const encrypting = CLASS_FILES.filter(({ name }) => name.startsWith('encrypted-')).map(named);

  it.each(encrypting)('%s counts for no customer key but the one it shows', (_, { storageClass }) => {
    const encryption = encryptionOf(storageClass, NOTHING_STATED, NOW);
    if (!encryption.encrypted) throw new Error('expected it to be encrypted');
    const shown = 'shown' in encryption.key ? [encryption.key.shown.id] : [];
    const other = 'arn:aws:kms:eu-west-1:999999999999:key/00000000-0000-0000-0000-000000000000';
    expect(customerKeyProblem(encryption, { ...NOTHING_STATED, customerKeys: [other] })).toBeDefined();
    expect(customerKeyProblem(encryption, { ...NOTHING_STATED, requireCustomerKey: false })).toBeUndefined();
    const problem = customerKeyProblem(encryption, { ...NOTHING_STATED, customerKeys: [other, ...shown] });
    expect(problem === undefined).toBe(shown.length > 0);
  });
});

describe('the catalog', () => {
  it('has one folder of classes for each row', () => {
    expect(FOLDERS).toEqual([...ROW_FOLDERS, 'unknown'].sort());
    expect(new Set(ROW_FOLDERS).size).toBe(CATALOG.length);
  });

  it.each(CATALOG.map((row) => [row.name, row] as const))('has for %s a class of every outcome', (name, row) => {
    const names = CLASS_FILES.filter(({ folder }) => folder === name.replaceAll('/', '_')).map((file) => file.name);
    const outcomes = [...new Set(names.map((each) => /^(encrypted|not-encrypted|malformed)/.exec(each)?.[0]))].sort();
    if (row.storage === 'shared') return expect(outcomes).toEqual(['not-encrypted']);
    if (row.condition) return expect(outcomes).toEqual(['encrypted', 'malformed', 'not-encrypted']);
    if (row.level === 'platform') return expect(outcomes).toEqual(['encrypted', 'malformed']);
    expect(outcomes).toContain('not-encrypted');
    expect(outcomes).not.toContain('encrypted');
  });

  it.each(CATALOG.map((row) => [row.name, row] as const))('says for %s what was read, or why nothing was', (_, row) => {
    expect([row.read, row.unread].filter((each) => each !== undefined)).toHaveLength(1);
    // A repository at a commit, or a page of documentation: nothing that only its author could find again.
    if (row.read) expect(row.read).toMatch(/^[\w.-]+\/[\w.-]+@[0-9a-f]{7}|documentation of /);
  });

  it('says of every class that may show encryption whether it holds for raw block devices', () => {
    const shows = CATALOG.filter(
      ({ storage, condition, level }) => storage === 'block' && (condition || level === 'platform'),
    );
    expect(shows.filter(({ rawBlock }) => rawBlock === undefined)).toEqual([]);
    expect(CATALOG.filter((row) => row.rawBlock !== undefined && !shows.includes(row))).toEqual([]);
  });

  it('trusts no raw block device of a driver that encrypts on the node and could not be read', () => {
    const blind = CATALOG.filter(
      ({ unread, level, rawBlock }) => unread && level === 'declared' && rawBlock === 'encrypted',
    );
    // Its disks are encrypted by the platform.
    expect(
      blind.map(({ name }) => name),
      "what could not be read has rawBlock: 'not-shown'",
    ).toEqual(['ebs.csi.eks.amazonaws.com']);
  });

  it('translates names of in-tree plugins to drivers that it knows, and no others', () => {
    const translated = CATALOG.filter(({ driver, name }) => driver !== undefined && name.startsWith('kubernetes.io/'));
    expect(translated.map(({ name }) => name)).toEqual([
      // kubernetes/csi-translation-lib@83cf1e3: plugins
      'kubernetes.io/aws-ebs',
      'kubernetes.io/gce-pd',
      'kubernetes.io/azure-disk',
      'kubernetes.io/azure-file',
      'kubernetes.io/cinder',
      'kubernetes.io/vsphere-volume',
      'kubernetes.io/portworx-volume',
    ]);
    for (const { driver = '' } of translated) expect(provisionerOf(driver)?.name).toBe(driver);
    expect(driverOf('kubernetes.io/aws-ebs')).toBe('ebs.csi.aws.com');
    expect(driverOf('rook-ceph.rbd.csi.ceph.com')).toBe('rook-ceph.rbd.csi.ceph.com');
    expect(driverOf('csi.example.com')).toBe('csi.example.com');
    // Its volumes are of a driver that has no class of its own.
    expect(driverOf('everest-csi-provisioner')).toBe('disk.csi.everest.io');
  });

  it('lets no row encrypt by its parameters whose level is none', () => {
    expect(CATALOG.filter(({ level, condition }) => level === 'none' && condition)).toEqual([]);
    expect(
      CATALOG.filter(({ level, condition, storage }) => level === 'declared' && storage === 'block' && !condition),
    ).toEqual([]);
  });
});

describe('an attestation', () => {
  const unproven = CLASS_FILES.filter(({ name }) => name.startsWith('not-encrypted-')).map(named);
  const ambiguous = CLASS_FILES.filter(({ name }) => name === 'malformed-duplicate-key.yaml').map(named);

  it.each(unproven)('makes %s encrypted, as long as nothing of it differs', (_, { storageClass }) => {
    const attested = attestationOf(storageClass);
    const judge = (change: Partial<ClassAttestation>) =>
      encryptionOf(storageClass, { ...NOTHING_STATED, attestations: [{ ...attested, ...change }] }, NOW);
    expect(judge({})).toMatchObject({ encrypted: true, by: 'attestation', mechanism: 'node-luks' });
    expect(judge({ storageClass: 'other' })).toEqual(encryptionOf(storageClass, NOTHING_STATED, NOW));
    expect(linesOf(judge({ provisioner: 'csi.example.org' })).at(-1)).toMatch(
      /^provisioner is not the one that class qdrant was attested with: state it anew/,
    );
    expect(linesOf(judge({ parametersSha256: '0'.repeat(64) })).at(-1)).toMatch(
      /^parameters are not those that class qdrant was attested with: state it anew/,
    );
    expect(linesOf(judge({ annotationsSha256: '0'.repeat(64) })).at(-1)).toMatch(
      /^metadata\.annotations that the driver reads are not those that class qdrant was attested with: state it anew/,
    );
    expect(linesOf(judge({ expires: NOW })).at(-1)).toMatch(
      /^metadata\.name was attested only until 2026-11-01T00:00:00Z: state it anew .*: qdrant-admission storage attest qdrant$/,
    );
    expect(judge({ expires: new Date(NOW.getTime() + 1) }).encrypted).toBe(true);
  });

  const carrying = CLASS_FILES.filter(
    ({ name, storageClass }) => name.startsWith('not-encrypted-') && annotationsSha256(storageClass) !== undefined,
  ).map(named);

  it.each(carrying)('without a hash of annotations is not of %s, which has some that its driver reads', (_, file) => {
    const { annotationsSha256: hash, ...old } = attestationOf(file.storageClass);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    const encryption = encryptionOf(file.storageClass, { ...NOTHING_STATED, attestations: [old] }, NOW);
    expect(encryption.encrypted).toBe(false);
  });

  it.each(ambiguous)('cannot help %s: what the driver reads there is chance', (_, { storageClass }) => {
    const attestations = [attestationOf(storageClass)];
    expect(encryptionOf(storageClass, { ...NOTHING_STATED, attestations }, NOW).encrypted).toBe(false);
  });

  it.each(unproven)('of %s satisfies who requires a key only with a key that is allowed', (_, { storageClass }) => {
    const keyId = 'other:vault/qdrant';
    const judge = (change: Partial<ClassAttestation>) => {
      const settings = {
        ...NOTHING_STATED,
        customerKeys: [keyId],
        attestations: [{ ...attestationOf(storageClass), ...change }],
      };
      const encryption = encryptionOf(storageClass, settings, NOW);
      if (!encryption.encrypted) throw new Error('expected it to be encrypted');
      return customerKeyProblem(encryption, settings);
    };
    expect(judge({ keyId })).toBeUndefined();
    expect(judge({ keyId: 'other:vault/else' })?.required).toContain('customerKeys');
    expect(judge({})?.required).toContain('keyId');
    expect(judge({ keyId: 'alias/qdrant' })).toBeDefined();
  });

  it('gives the key where the class encrypts and does not show whose key it is', () => {
    const file = CLASS_FILES.find(
      ({ folder, name }) => folder === 'pxd.portworx.com' && name === 'encrypted-secure.yaml',
    );
    if (!file) throw new Error('expected the class of Portworx');
    const keyId = 'other:vault/qdrant';
    const attestations = [{ ...attestationOf(file.storageClass), keyId }];
    const settings = { ...NOTHING_STATED, customerKeys: [keyId], attestations };
    const encryption = encryptionOf(file.storageClass, settings, NOW);
    expect(encryption).toMatchObject({ encrypted: true, by: 'parameters', key: { shown: { id: keyId } } });
  });

  it('does not replace the key that a class shows', () => {
    const file = CLASS_FILES.find(
      ({ name, folder }) => folder === 'ebs.csi.aws.com' && name === 'encrypted-key-alone.yaml',
    );
    if (!file) throw new Error('expected the class of EBS');
    const attestations = [{ ...attestationOf(file.storageClass), keyId: 'other:vault/qdrant' }];
    const encryption = encryptionOf(file.storageClass, { ...NOTHING_STATED, attestations }, NOW);
    expect(encryption).toMatchObject({ encrypted: true, key: { shown: { format: 'aws' } } });
  });
});

function attestationOf(storageClass: ClassFile['storageClass']): ClassAttestation {
  return {
    storageClass: 'qdrant',
    provisioner: storageClass.provisioner ?? '',
    parametersSha256: parametersSha256(storageClass.parameters),
    annotationsSha256: annotationsSha256(storageClass),
    mechanism: 'node-luks',
    reason: 'the disks of the nodes are encrypted',
    responsible: 'storage@example.com',
    expires: new Date('2027-01-01T00:00:00Z'),
  };
}

function linesOf(encryption: Encryption): string[] {
  if (!encryption.encrypted) return encryption.problems.map(describeFinding);
  const { by, key } = encryption;
  const whose = 'shown' in key ? `key ${key.shown.id}` : `no customer key: ${describeFinding(key.problem)}`;
  return [`encrypted by ${by}; ${whose}`];
}
