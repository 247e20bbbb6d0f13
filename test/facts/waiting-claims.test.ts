import { describe, expect, it } from 'vitest';
import { unknown } from '../../src/engine/fact.ts';
import type { JsonObject } from '../../src/k8s/object.ts';
import { learnFact, subjectOf } from '../support/learn-fact.ts';
import { claim, storageClass } from '../support/storage-objects.ts';
import { listing } from '../support/worlds.ts';

/** A class concerns every namespace, and is judged for each. */
const SUBJECT = { ...subjectOf(storageClass('fast')), namespace: 'qdrant' };
const OF_FAST = { storageClassName: 'fast' };

async function waiting(objects: readonly JsonObject[]): Promise<unknown> {
  const learnt = await learnFact('waitingClaims', SUBJECT, objects);
  return learnt.known ? learnt.value : learnt.reason;
}

describe('the fact waitingClaims', () => {
  it.each<[what: string, objects: readonly JsonObject[], expected: readonly string[]]>([
    ['no claim', [], []],
    ['every claim of the class, sorted', [claim('b', OF_FAST), claim('a', OF_FAST)], ['a', 'b']],
    ['no claim of another class', [claim('a', { storageClassName: 'slow' })], []],
    ['no claim without a class', [claim('a'), claim('b', null), claim('c', { storageClassName: '' })], []],
    ['no claim that has its volume', [claim('a', { ...OF_FAST, volumeName: 'pv' }), claim('b', OF_FAST)], ['b']],
    ['a claim whose volume is not named yet', [claim('a', { ...OF_FAST, volumeName: '' })], ['a']],
    ['a claim whose volume is null', [claim('a', { ...OF_FAST, volumeName: null })], ['a']],
    ['no claim of another namespace', [claim('a', OF_FAST, { namespace: 'other' })], []],
    ['no claim of another group', [{ ...claim('a', OF_FAST), apiVersion: 'example.com/v1' }], []],
    [
      'a claim that names the class by the older annotation',
      [
        claim(
          'a',
          { storageClassName: 'slow' },
          { annotations: { 'volume.beta.kubernetes.io/storage-class': 'fast' } },
        ),
        claim('b', OF_FAST, { annotations: { 'volume.beta.kubernetes.io/storage-class': 'slow' } }),
      ],
      ['a'],
    ],
  ])('has %s', async (_, objects, expected) => {
    expect(await waiting(objects)).toEqual(expected);
  });

  it('is unknown where claims cannot be listed, or one of them cannot be read', async () => {
    const away = listing(async () => unknown('the watch has not synced'));
    expect(await learnFact('waitingClaims', SUBJECT, away)).toEqual(unknown('the watch has not synced'));
    expect(await waiting([claim('a', OF_FAST), claim('b', { volumeName: 7 })])).toMatch(
      /^a PersistentVolumeClaim cannot be read: spec\.volumeName is /,
    );
  });
});
