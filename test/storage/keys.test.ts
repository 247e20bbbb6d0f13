import { describe, expect, it } from 'vitest';
import { customerKeysOf, expectedKey, type KeyFormat, parseCustomerKey, parseKey } from '../../src/storage/keys.ts';

const UUID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const ARN = `arn:aws:kms:eu-west-1:111122223333:key/${UUID}`;
const MRK = `mrk-${'0'.repeat(32)}`;
const GCP = 'projects/vectors/locations/europe-west1/keyRings/qdrant/cryptoKeys/Disks';
const DES = `/subscriptions/${UUID}/resourceGroups/Qdrant/providers/Microsoft.Compute/diskEncryptionSets/Disks`;
const OCID = 'ocid1.key.oc1.eu-frankfurt-1.bbpnctjwaacuu.abtheljtx6oasdazc4gnqvb5o7dvcbqsklb3xeb7cuqf4bmpfztmrw3zuvcq';
const CRN = `crn:v1:bluemix:public:kms:eu-de:a/4ea1882a2d3401ed1e459979941966ea:${UUID}:key:${UUID}`;

describe('a key of the configuration', () => {
  it.each<[string, KeyFormat, string?]>([
    [ARN, 'aws'],
    [ARN.replace('arn:aws:', 'arn:aws-us-gov:'), 'aws'],
    [ARN.replace('arn:aws:', 'arn:aws-cn:'), 'aws'],
    [ARN.replace(UUID, MRK), 'aws'],
    [GCP, 'gcp'],
    [`${GCP}/cryptoKeyVersions/12`, 'gcp', GCP],
    [DES, 'azure', DES.toLowerCase()],
    [DES.replace('Microsoft.Compute', 'microsoft.compute'), 'azure', DES.toLowerCase()],
    [OCID, 'oci'],
    ['ocid1.key.oc1..abcdef', 'oci'],
    [CRN, 'ibm'],
    [CRN.replace(':kms:', ':hs-crypto:'), 'ibm'],
    [`alibaba:${UUID}`, 'alibaba'],
    ['alibaba:key-bjj66c7e3b4ph4f0g1l2m', 'alibaba'],
    ['ceph:vault-qdrant', 'ceph'],
    ['stackit:ring/key/1', 'stackit'],
    [`stackit:${UUID}/${UUID}/${UUID}/12`, 'stackit'],
    ['zfs:file:///etc/zfs/qdrant.key', 'zfs'],
    ['secret:keys/luks', 'secret'],
    ['secret:keys/luks.v2', 'secret'],
    ['other:vsphere-kms/qdrant', 'other'],
  ])('%s is one of %s', (text, format, id = text) => {
    expect(parseCustomerKey(text)).toEqual({ ok: true, value: { format, id } });
  });

  it.each([
    [UUID, 'a bare id means another key in another account or region'],
    [MRK, 'a bare id means another key'],
    ['alias/qdrant', 'an alias can be pointed at another key'],
    [ARN.replace(`key/${UUID}`, 'alias/qdrant'), 'an alias can be pointed at another key'],
    ['', 'expected the full id of a key, which begins with one of arn:, projects/, /subscriptions/'],
    ['qdrant', 'expected the full id of a key'],
    ['key-bjj66c7e3b4ph4f0g1l2m', 'expected the full id of a key'],
    [` ${ARN}`, 'expected the full id of a key'],
    [`${ARN}\n`, 'expected the ARN of a key'],
    [`${ARN}x`, 'expected the ARN of a key'],
    [ARN.toUpperCase().replace('ARN:', 'arn:'), 'expected the ARN of a key'],
    [ARN.replace('111122223333', '11112222333'), 'expected the ARN of a key'],
    [ARN.replace(':kms:', ':iam:'), 'expected the ARN of a key'],
    [ARN.replace('arn:aws:', 'arn:awsome:'), 'expected the ARN of a key'],
    [`${GCP}/cryptoKeyVersions/latest`, 'expected the path of a key'],
    [GCP.replace('/keyRings/qdrant', ''), 'expected the path of a key'],
    [`x/${GCP}`, 'expected the full id of a key'],
    [`${DES}/x`, 'expected the id of a disk encryption set'],
    [DES.replace('diskEncryptionSets', 'disks'), 'expected the id of a disk encryption set'],
    ['ocid1.vault.oc1.eu-frankfurt-1.x.y', 'expected the OCID of a key'],
    [CRN.replace(':key:', ':instance:'), 'expected the CRN of a root key'],
    ['alibaba:alias/qdrant', 'an alias can be pointed at another key'],
    ['alibaba:Key-1', 'expected the id of a KMS key'],
    ['ceph:', 'expected the id of a KMS in the ConfigMap of ceph-csi'],
    ['ceph:a b', 'expected the id of a KMS in the ConfigMap of ceph-csi'],
    ['stackit:ring/key', 'expected [PROJECT/]KEYRING/KEY/VERSION'],
    ['stackit:ring/key/latest', 'expected [PROJECT/]KEYRING/KEY/VERSION'],
    ['zfs:prompt', 'expected the place of a key'],
    ['secret:luks', 'expected a Secret'],
    ['secret:keys/$pvc.name', 'expected a Secret'],
    ['secret:keys/luks/x', 'expected a Secret'],
    ['secret:Keys/luks', 'expected a Secret'],
    ['other:', 'expected other:ID'],
    ['other:two words', 'expected other:ID'],
    [`other:${'x'.repeat(2000)}`, 'expected other:ID'],
  ])('%j is none, and it is said what was expected', (text, problem) => {
    const parsed = parseCustomerKey(text);
    expect(parsed.ok ? '' : parsed.error.problem).toContain(problem);
    expect(parsed.ok ? '' : parsed.error.required).toMatch(/^(write|expected the full|an alias|a bare)/);
  });

  it('that is none allows nothing', () => {
    expect(customerKeysOf(['alias/qdrant', ARN, '', 'secret:luks']).map(({ id }) => id)).toEqual([ARN]);
  });
});

describe('a key of a class', () => {
  it.each<[KeyFormat, string, string]>([
    ['aws', ARN, ARN],
    ['azure', DES, DES.toLowerCase()],
    ['gcp', `${GCP}/cryptoKeyVersions/1`, GCP],
    ['ceph', 'vault-qdrant', 'ceph:vault-qdrant'],
    ['alibaba', UUID, `alibaba:${UUID}`],
    ['secret', 'keys/luks', 'secret:keys/luks'],
    ['stackit', 'ring/key/1', 'stackit:ring/key/1'],
  ])('of %s, %s, is the same as the one of the configuration', (format, text, id) => {
    const parsed = parseKey(format, text);
    expect(parsed).toEqual({ ok: true, value: { format, id } });
    expect(parseCustomerKey(id)).toEqual(parsed);
  });

  it.each<[KeyFormat, string]>([
    ['gcp', GCP.replace('Disks', 'disks')],
    ['aws', ARN.replace('eu-west-1', 'eu-west-2')],
    ['aws', ARN.replace('111122223333', '111122223334')],
  ])('of %s that differs in anything is another: %s', (format, text) => {
    const parsed = parseKey(format, text);
    expect(parsed.ok && parsed.value.id).toEqual(expect.any(String));
    expect([ARN, GCP]).not.toContain(parsed.ok && parsed.value.id);
  });

  it('is of one format only', () => {
    expect(parseKey('azure', ARN).ok).toBe(false);
    expect(parseKey('ceph', GCP).ok).toBe(false);
    expect(expectedKey('ibm')).toContain('CRN');
  });
});
