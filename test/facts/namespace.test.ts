import { describe, expect, it } from 'vitest';
import { unknown } from '../../src/engine/fact.ts';
import type { JsonObject } from '../../src/k8s/object.ts';
import { learnFact, subjectOf } from '../support/learn-fact.ts';
import { pod } from '../support/pods.ts';
import { listing } from '../support/worlds.ts';

const SUBJECT = subjectOf(pod() as unknown as JsonObject);

function namespace(name: string, rest: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, ...rest } };
}

const QDRANT = namespace('qdrant', { labels: { team: 'search' } });

describe('the fact namespace', () => {
  it('is the Namespace object that the subject stands in', async () => {
    const others = [namespace('qdrant-2'), namespace('default')];
    expect(await learnFact('namespace', SUBJECT, [...others, QDRANT])).toEqual({ known: true, value: QDRANT });
  });

  it.each<[what: string, objects: readonly JsonObject[], reason: RegExp]>([
    ['there is none', [], /^Namespace qdrant is not there$/],
    ['there are only others', [namespace('default')], /^Namespace qdrant is not there$/],
    [
      'the name is that of a Namespace of another group',
      [{ ...QDRANT, apiVersion: 'example.com/v1' }],
      /^Namespace qdrant is not there$/,
    ],
    [
      'its labels are no map',
      [namespace('qdrant', { labels: 'team' })],
      /^Namespace qdrant cannot be read: metadata.labels is /,
    ],
  ])('is unknown where %s', async (_, objects, reason) => {
    const learnt = await learnFact('namespace', SUBJECT, objects);
    expect(learnt).toEqual({ known: false, reason: expect.stringMatching(reason) });
  });

  it('is unknown for the reason that the cluster gives', async () => {
    const world = listing(async () => unknown('the watch has not synced'));
    expect(await learnFact('namespace', SUBJECT, world)).toEqual(unknown('the watch has not synced'));
  });
});
