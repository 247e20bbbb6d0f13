import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/k8s/object.ts';
import { judgeBy } from '../support/judge-rule.ts';
import { subjectOf } from '../support/learn-fact.ts';
import { claim, snapshot, snapshotContent, storageClass, volume } from '../support/storage-objects.ts';

const RULE = 'data-source';

/** The one thing that is wrong. */
function refusal(part: string): readonly unknown[] {
  return ['fail', expect.stringContaining(part)];
}

const MADE = '2026-10-02T00:00:00Z';
const SECOND_BEFORE = '2026-10-01T23:59:59Z';
const SECOND_LATER = '2026-10-02T00:00:01Z';

/** Its driver encrypts a restored volume as the class says. */
const BY_CLASS = storageClass('by-class', {}, { parameters: { encrypted: 'true' } });
/** Its driver restores what was there. */
const BY_SOURCE = storageClass(
  'by-source',
  {},
  {
    provisioner: 'csi.scaleway.com',
    parameters: {
      encrypted: 'true',
      'csi.storage.k8s.io/node-stage-secret-name': 'luks',
      'csi.storage.k8s.io/node-stage-secret-namespace': 'keys',
    },
  },
);
const PLAIN = storageClass('plain', {}, { parameters: { encrypted: 'false' } });
const CLASSES = [BY_CLASS, BY_SOURCE, PLAIN];

function filled(storageClassName: string, metadata: JsonObject, dataSource: JsonObject): JsonObject {
  return claim('data', { storageClassName, dataSource }, metadata);
}

const OF_SNAPSHOT = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 's' };

/** A snapshot of the claim `source`, which is encrypted, and its content. */
function taken(creationTimestamp: string, content: JsonObject = {}): JsonObject[] {
  const status = { boundVolumeSnapshotContentName: 'content' };
  const own = snapshotContent('content', { namespace: 'qdrant', name: 's' });
  const spec = { ...(own['spec'] as JsonObject), ...content };
  return [snapshot('s', { persistentVolumeClaimName: 'source' }, status, { creationTimestamp }), { ...own, spec }];
}

function source(storageClassName: string, creationTimestamp: string): JsonObject {
  return claim('source', { storageClassName }, { creationTimestamp });
}

describe('a restore by a driver that restores what was there', () => {
  const EARLY = source('by-source', '2026-10-01T12:00:00Z');
  const NOT_OLDER = refusal('spec.dataSource is the snapshot s, which is not older than the claim');

  it.each<[taken: string, of: string, made: string | null, expected: readonly unknown[]]>([
    [SECOND_BEFORE, 'a claim of a second later', MADE, ['pass']],
    [MADE, 'a claim of the same second', MADE, NOT_OLDER],
    [SECOND_LATER, 'a claim of a second before', MADE, NOT_OLDER],
    [SECOND_LATER, 'a claim that is being made', null, ['pass']],
  ])('of a snapshot of %s into %s', async (when, _, creationTimestamp, expected) => {
    const subject = subjectOf(filled('by-source', { creationTimestamp }, OF_SNAPSHOT));
    expect(await judgeBy(RULE, subject, [...CLASSES, EARLY, ...taken(when)])).toEqual(expected);
  });

  it('needs to know of which claim it is: one of its second may be another', async () => {
    const subject = subjectOf(filled('by-source', { creationTimestamp: null }, OF_SNAPSHOT));
    const of = (creationTimestamp: string) =>
      judgeBy(RULE, subject, [...CLASSES, source('by-source', creationTimestamp), ...taken(MADE)]);
    expect(await of(SECOND_BEFORE)).toEqual(['pass']);
    for (const when of [MADE, SECOND_LATER]) {
      expect(await of(when)).toEqual(
        refusal(
          'spec.dataSource is the snapshot s, whose claim source is gone or was made anew, and its driver restores what was there',
        ),
      );
    }
  });
});

describe('a restore by a driver that encrypts as the class says', () => {
  const subject = subjectOf(filled('by-class', { creationTimestamp: null }, OF_SNAPSHOT));

  it('does not care when the snapshot was taken', async () => {
    const existing = subjectOf(filled('by-class', { creationTimestamp: MADE }, OF_SNAPSHOT));
    for (const when of [SECOND_BEFORE, MADE, SECOND_LATER]) {
      const objects = [...CLASSES, source('by-class', SECOND_BEFORE), ...taken(when)];
      expect(await judgeBy(RULE, existing, objects), when).toEqual(['pass']);
    }
  });

  it('looks at the claim where the snapshot is of it, by the time or by the handle of its volume', async () => {
    const plain = (made: string, content: JsonObject = {}, more: readonly JsonObject[] = []) =>
      judgeBy(RULE, subject, [
        ...CLASSES,
        ...taken(MADE, content),
        ...(more.length > 0 ? more : [source('plain', made)]),
      ]);
    const of = 'fail';
    expect((await plain(SECOND_BEFORE))[0]).toBe(of);
    expect(await plain(MADE)).toEqual(['pass']);

    const csi = { driver: 'ebs.csi.aws.com', volumeHandle: 'vol-1' };
    const bound = [
      claim('source', { storageClassName: 'plain', volumeName: 'pv' }, { creationTimestamp: SECOND_LATER }),
      volume('pv', { storageClassName: 'plain', csi }),
    ];
    expect((await plain(SECOND_LATER, { source: { volumeHandle: 'vol-1' } }, bound))[0]).toBe(of);
    expect(await plain(SECOND_LATER, { source: { volumeHandle: 'vol-2' } }, bound)).toEqual(['pass']);
  });
});

describe('a restore where the platform encrypts everything', () => {
  const azure = storageClass(
    'azure',
    {},
    { provisioner: 'disk.csi.azure.com', parameters: { skuName: 'Premium_LRS' } },
  );
  const subject = subjectOf(filled('azure', { creationTimestamp: null }, OF_SNAPSHOT));
  const objects = [azure, ...taken(MADE)];

  it('is encrypted, whatever it is of; with a key of the customer only where that shows', async () => {
    expect(await judgeBy(RULE, subject, objects)).toEqual(['pass']);
    const storage = { requireCustomerKey: true, customerKeys: ['secret:keys/luks'] };
    expect((await judgeBy(RULE, subject, objects, { namespace: { storage } }))[0]).toBe('fail');
  });
});

describe('a clone', () => {
  const subject = (operation: 'CREATE' | 'UPDATE', dataSource: JsonObject) => {
    const object = filled('by-class', { creationTimestamp: MADE }, dataSource);
    const bound = { ...object, spec: { ...(object['spec'] as JsonObject), volumeName: 'pv' } };
    return operation === 'CREATE'
      ? subjectOf(object)
      : subjectOf(bound, { operation, oldObject: object as ReturnType<typeof subjectOf>['object'] });
  };
  const OF_CLAIM = { kind: 'PersistentVolumeClaim', name: 'source' };

  it('of a claim that is gone is refused when it is made, and no longer when it is bound', async () => {
    expect(await judgeBy(RULE, subject('CREATE', OF_CLAIM), CLASSES)).toEqual(
      refusal('spec.dataSource is the claim source, and there is no such claim'),
    );
    expect(await judgeBy(RULE, subject('UPDATE', OF_CLAIM), CLASSES)).toEqual(['pass']);
  });

  it('of a plain claim, and a snapshot that is gone, are refused also when they are bound', async () => {
    const plain = [...CLASSES, source('plain', SECOND_BEFORE)];
    expect((await judgeBy(RULE, subject('UPDATE', OF_CLAIM), plain))[0]).toBe('fail');
    expect(await judgeBy(RULE, subject('UPDATE', OF_SNAPSHOT), CLASSES)).toEqual(
      refusal('spec.dataSource is the snapshot s, and there is no such VolumeSnapshot'),
    );
  });
});
