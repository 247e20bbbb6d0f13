import { describe, expect, it } from 'vitest';
import { unknown } from '../../src/engine/fact.ts';
import type { JsonObject } from '../../src/k8s/object.ts';
import { learnFact, subjectOf } from '../support/learn-fact.ts';
import { attributesClass, claim } from '../support/storage-objects.ts';
import { listing, SILENT_WORLD } from '../support/worlds.ts';

const GOLD = attributesClass('gold', { iops: '16000' });

async function classesOf(object: JsonObject, objects: readonly JsonObject[]): Promise<unknown> {
  const learnt = await learnFact('attributesClasses', subjectOf(object), objects);
  if (!learnt.known) return learnt.reason;
  return learnt.value.map(({ claim: { name: of }, name, attributesClass: found }) => [of, name, found]);
}

describe('the fact attributesClasses', () => {
  it.each<[what: string, objects: readonly JsonObject[], found: JsonObject | undefined]>([
    ['there', [attributesClass('silver'), GOLD], GOLD],
    ['not there', [attributesClass('silver')], undefined],
    ['of another group', [{ ...GOLD, apiVersion: 'example.com/v1' }], undefined],
    [
      'of an older version',
      [{ ...GOLD, apiVersion: 'storage.k8s.io/v1beta1' }],
      { ...GOLD, apiVersion: 'storage.k8s.io/v1beta1' },
    ],
  ])('has the class that a claim names where it is %s', async (_, objects, found) => {
    const object = claim('data', { volumeAttributesClassName: 'gold' });
    expect(await classesOf(object, objects)).toEqual([['data', 'gold', found]]);
  });

  it('has only the claims that name one, in their order', async () => {
    const names = ['gold', undefined, '', null, 'silver'];
    const object = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db', namespace: 'qdrant' },
      spec: {
        volumeClaimTemplates: names.map((volumeAttributesClassName, index) => ({
          metadata: { name: `data-${index}` },
          spec: { ...(volumeAttributesClassName !== undefined && { volumeAttributesClassName }) },
        })),
        template: { spec: {} },
      },
    };
    expect(await classesOf(object, [GOLD])).toEqual([
      ['data-0', 'gold', GOLD],
      ['data-4', 'silver', undefined],
    ]);
  });

  it.each<[what: string, spec: JsonObject | null]>([
    ['names none', {}],
    ['has no spec', null],
    ['names an empty one', { volumeAttributesClassName: '' }],
  ])('asks nobody where the claim %s', async (_, spec) => {
    const learnt = await learnFact('attributesClasses', subjectOf(claim('data', spec)), SILENT_WORLD);
    expect(learnt).toEqual({ known: true, value: [] });
  });

  it('is unknown where the class cannot be read', async () => {
    const object = claim('data', { volumeAttributesClassName: 'gold' });
    const malformed = { ...GOLD, parameters: { iops: 16000 } };
    expect(await classesOf(object, [malformed])).toMatch(/^VolumeAttributesClass gold cannot be read: parameters/);
    const away = listing(async () => unknown('the API server is away'));
    expect(await learnFact('attributesClasses', subjectOf(object), away)).toEqual(unknown('the API server is away'));
  });
});
