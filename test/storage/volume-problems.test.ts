import { describe, expect, it } from 'vitest';
import type { Subject } from '../../src/engine/subject.ts';
import type { JsonObject } from '../../src/k8s/object.ts';
import { parametersSha256 } from '../../src/storage/attestations.ts';
import { judgeBy } from '../support/judge-rule.ts';
import { subjectOf } from '../support/learn-fact.ts';
import { pod } from '../support/pods.ts';
import { CREATED, claim, storageClass, volume } from '../support/storage-objects.ts';

const SECOND_BEFORE = '2026-10-01T23:59:59Z';
const SECOND_LATER = '2026-10-02T00:00:01Z';
const ENCRYPTED = { parameters: { encrypted: 'true' } };
const CSI = { driver: 'ebs.csi.aws.com', volumeHandle: 'vol-1' };
const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';

const FAST = storageClass('fast', {}, ENCRYPTED);
const DATA = claim('data', { storageClassName: 'fast', volumeName: 'pv' });

/** A volume that the class `fast` made for the claim `data`, but for what is changed. */
function made(spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject {
  const claimRef = { namespace: 'qdrant', name: 'data' };
  return volume(
    'pv',
    { storageClassName: 'fast', csi: CSI, claimRef, ...spec },
    { annotations: { [PROVISIONED_BY]: 'ebs.csi.aws.com' }, ...metadata },
  );
}

/** A volume that is there, or is being made, for a claim of a protected namespace. */
function judgeVolume(object: JsonObject, objects: readonly JsonObject[], config?: object) {
  return judgeBy('volume-claim-ref', subjectOf(object), [...objects, DATA], config);
}

/** One thing that is wrong, whatever else is. */
function refusal(part: string) {
  return expect.arrayContaining(['fail', expect.stringContaining(part)]);
}

describe('a volume that its class made', () => {
  it('agrees with the class in everything that tells', async () => {
    expect(await judgeVolume(made(), [FAST])).toEqual(['pass']);
  });

  it.each<[what: string, volume: JsonObject, wrong: string]>([
    ['of no class', made({ storageClassName: null }), 'spec.storageClassName is "", which takes any volume'],
    [
      'of a class that is not there',
      made({ storageClassName: 'slow' }),
      'spec.storageClassName is slow, and there is no such',
    ],
    ['of another driver', made({ csi: { ...CSI, driver: 'csi.example.com' } }), 'spec.csi.driver is csi.example.com'],
    ['of no driver', made({ csi: null, hostPath: { path: '/data' } }), 'spec.csi.driver is not set'],
    ['of a driver without a name', made({ csi: { volumeHandle: 'vol-1' } }), 'spec.csi.driver is not set'],
    [
      'of a plugin that is another driver today',
      made({ csi: null, cinder: {} }),
      'spec.csi.driver is cinder.csi.openstack.org',
    ],
    ['provisioned by nobody', made({}, { annotations: {} }), `["${PROVISIONED_BY}"] is not set`],
    ['without annotations', made({}, { annotations: null }), `["${PROVISIONED_BY}"] is not set`],
    ['provisioned by another', made({}, { annotations: { [PROVISIONED_BY]: 'x' } }), `["${PROVISIONED_BY}"] is x`],
  ])('is not one %s', async (_, object, wrong) => {
    expect(await judgeVolume(object, [FAST])).toEqual(refusal(wrong));
  });

  it('is one of the plugin that its driver took over from, under either name', async () => {
    const inTree = storageClass('fast', {}, { ...ENCRYPTED, provisioner: 'kubernetes.io/aws-ebs' });
    for (const provisioner of ['kubernetes.io/aws-ebs', 'ebs.csi.aws.com']) {
      const annotations = { [PROVISIONED_BY]: provisioner };
      expect(await judgeVolume(made({}, { annotations }), [inTree])).toEqual(['pass']);
      const old = made({ csi: null, awsElasticBlockStore: { volumeID: 'vol-1' } }, { annotations });
      expect(await judgeVolume(old, [inTree])).toEqual(['pass']);
    }
  });

  it('is not one of a class that does not encrypt', async () => {
    const plain = storageClass('fast', {}, { parameters: { encrypted: 'false' } });
    expect(await judgeVolume(made(), [plain])).toEqual(
      refusal('spec.storageClassName is fast, which does not encrypt'),
    );
  });
});

describe('a volume of a provisioner that nobody here knows, whose class is attested', () => {
  const parameters = { pool: 'a' };
  const own = storageClass('fast', {}, { provisioner: 'example.com/array', parameters });
  const attested = {
    storage: {
      attestations: [
        {
          storageClass: 'fast',
          provisioner: 'example.com/array',
          parametersSha256: parametersSha256(parameters),
          mechanism: 'array',
          reason: 'the array encrypts',
          responsible: 'storage@example.com',
          expires: '2026-12-01T00:00:00Z',
        },
      ],
    },
  };
  const by = { annotations: { [PROVISIONED_BY]: 'example.com/array' } };

  it('may be of a source that is no CSI driver', async () => {
    expect(await judgeVolume(made({ csi: null, nfs: { server: 'a', path: '/' } }, by), [own], attested)).toEqual([
      'pass',
    ]);
  });

  it('is not one of a CSI driver of another name, or of none', async () => {
    for (const csi of [CSI, { volumeHandle: 'vol-1' }]) {
      expect(await judgeVolume(made({ csi }, by), [own], attested)).toEqual(refusal('spec.csi.driver is '));
    }
  });
});

describe('a class that was made anew', () => {
  const NOT_OLDER = refusal('names a class that is not older than the claim, or was made after the volume');
  // A claim that is much younger than everything else: only the volume tells.
  const young = claim('data', { storageClassName: 'fast' }, { creationTimestamp: '2026-10-20T00:00:00Z' });
  const judgeOld = (creationTimestamp: string | null) =>
    judgeBy('volume-claim-ref', subjectOf(made()), [storageClass('fast', { creationTimestamp }, ENCRYPTED), young]);

  it('is told by the volume: what a class made is not older than it', async () => {
    expect(await judgeOld(SECOND_BEFORE)).toEqual(['pass']);
    expect(await judgeOld(CREATED)).toEqual(['pass']);
    expect(await judgeOld(SECOND_LATER)).toEqual(NOT_OLDER);
  });

  it('may be one of which nothing shows when it was made', async () => {
    for (const never of [null, 'yesterday']) {
      expect(await judgeOld(never)).toEqual(refusal('names a class of which nothing shows when it was made'));
    }
  });

  it('counts a volume that is being made as of this moment', async () => {
    const now = new Date('2026-10-25T00:00:00Z');
    const object = made({}, { creationTimestamp: null });
    const judgeAt = (creationTimestamp: string) =>
      judgeBy('volume-claim-ref', subjectOf(object, { now }), [storageClass('fast', { creationTimestamp }, ENCRYPTED)]);
    expect(await judgeAt('2026-10-25T00:00:00Z')).toEqual(['pass']);
    expect(await judgeAt('2026-10-25T00:00:01Z')).toEqual(NOT_OLDER);
  });
});

describe('what a driver repeats of its class', () => {
  const scaleway = (encrypted: string) =>
    storageClass(
      'fast',
      {},
      {
        provisioner: 'csi.scaleway.com',
        parameters: {
          encrypted,
          'csi.storage.k8s.io/node-stage-secret-name': 'luks',
          'csi.storage.k8s.io/node-stage-secret-namespace': 'keys',
        },
      },
    );
  const of = (volumeAttributes: JsonObject | null) =>
    made(
      { csi: { driver: 'csi.scaleway.com', volumeHandle: 'v', volumeAttributes } },
      { annotations: { [PROVISIONED_BY]: 'csi.scaleway.com' } },
    );

  it('has to be as in the class', async () => {
    const classes = [scaleway('true')];
    for (const attributes of [null, {}, { encrypted: 'true' }, { Encrypted: 'true' }, { other: 'x' }]) {
      expect(await judgeVolume(of(attributes), classes)).toEqual(['pass']);
    }
    expect(await judgeVolume(of({ encrypted: 'false' }), classes)).toEqual(
      refusal('volumeAttributes["encrypted"] is false, but the class says true'),
    );
  });
});

describe('an attestation of a volume', () => {
  const of = (expires: string, handle = 'vol-1') => ({
    storage: {
      attestations: [
        {
          volume: { driver: 'ebs.csi.aws.com', handle },
          mechanism: 'account default',
          reason: 'made before the class',
          responsible: 'storage@example.com',
          expires,
        },
      ],
    },
  });
  const byHand = made({ storageClassName: '' }, { annotations: {} });

  it('holds for this handle, and until it expires', async () => {
    expect(await judgeVolume(byHand, [], of('2026-11-01T00:00:01Z'))).toEqual(['pass']);
    expect((await judgeVolume(byHand, [], of('2026-11-01T00:00:00Z')))[0]).toBe('fail');
    expect((await judgeVolume(byHand, [], of('2026-12-01T00:00:00Z', 'vol-2')))[0]).toBe('fail');
  });
});

describe('a claim in use', () => {
  const SINCE = '2026-10-01T12:00:00Z';
  const mounting: Subject = subjectOf(
    pod({ volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] }) as unknown as JsonObject,
  );
  const judgePod = (objects: readonly JsonObject[], config: object = { namespace: { enforcedSince: SINCE } }) =>
    judgeBy('used-claims', mounting, objects, config);
  const plain = storageClass('fast', {}, { parameters: { encrypted: 'false' } });

  it.each<[creationTimestamp: string | null, outcome: string]>([
    ['2026-10-01T11:59:59Z', 'exempt'],
    [SINCE, 'fail'],
    [CREATED, 'fail'],
    [null, 'fail'],
  ])('is from the time before, or not: made at %s', async (creationTimestamp, outcome) => {
    const own = claim('data', { storageClassName: 'fast', volumeName: 'pv' }, { creationTimestamp });
    expect((await judgePod([plain, own, made()]))[0]).toBe(outcome);
    expect((await judgePod([plain, own, made()], {}))[0]).toBe('fail');
  });

  it.each<[what: string, objects: readonly JsonObject[], expected: readonly string[]]>([
    ['its class is there', [FAST, DATA, made()], ['pass']],
    ['its class is gone', [DATA, made()], ['exempt', 'its class is gone since the claim was let in']],
    [
      'its class was made anew',
      [storageClass('fast', { creationTimestamp: SECOND_LATER }, ENCRYPTED), DATA, made()],
      ['exempt', 'its class was made anew since the claim was let in'],
    ],
    [
      'nothing shows when its class was made',
      [storageClass('fast', { creationTimestamp: null }, ENCRYPTED), DATA, made()],
      ['exempt', 'its class was made anew since the claim was let in'],
    ],
  ])('goes on where %s', async (_, objects, expected) => {
    expect(await judgePod(objects)).toEqual(expected);
  });

  it.each<[what: string, objects: readonly JsonObject[]]>([
    [
      'its class is of its second, and does not encrypt',
      [{ ...plain, metadata: { name: 'fast', creationTimestamp: CREATED } }, DATA, made()],
    ],
    ['its volume is not there', [DATA]],
    ['it is not bound, and its class is gone', [claim('data', { storageClassName: 'fast' })]],
    ['it wanted no class', [claim('data', { storageClassName: '', volumeName: 'pv' }), made({ storageClassName: '' })]],
    ['its volume was never shown to be of its class', [FAST, DATA, made({}, { annotations: {} })]],
  ])('does not where %s', async (_, objects) => {
    expect((await judgePod(objects))[0]).toBe('fail');
  });

  it('goes on where what attested its class has expired since it came in, and not where it had before', async () => {
    const parameters = { type: 'x' };
    const local = storageClass('fast', {}, { provisioner: 'csi.example.com', parameters });
    const own = made(
      { csi: { driver: 'csi.example.com', volumeHandle: 'v' } },
      { annotations: { [PROVISIONED_BY]: 'csi.example.com' } },
    );
    const attested = (expires: string) => ({
      namespace: { enforcedSince: SINCE },
      storage: {
        attestations: [
          {
            storageClass: 'fast',
            provisioner: 'csi.example.com',
            parametersSha256: parametersSha256(parameters),
            mechanism: 'array',
            reason: 'the array encrypts',
            responsible: 'storage@example.com',
            expires,
          },
        ],
      },
    });
    const objects = [local, DATA, own];
    expect(await judgePod(objects, attested('2026-12-01T00:00:00Z'))).toEqual(['pass']);
    expect(await judgePod(objects, attested(SECOND_LATER))).toEqual([
      'exempt',
      'what attested it has expired since the claim was let in',
    ]);
    expect((await judgePod(objects, attested(CREATED)))[0]).toBe('fail');
  });
});
