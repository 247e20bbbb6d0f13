import { describe, expect, it } from 'vitest';
import { unknown } from '../../src/engine/fact.ts';
import type { World } from '../../src/facts/ports.ts';
import type { JsonObject } from '../../src/k8s/object.ts';
import { learnFact, subjectOf } from '../support/learn-fact.ts';
import { pod } from '../support/pods.ts';
import { holding, listing } from '../support/worlds.ts';

const SUBJECT = subjectOf(pod() as unknown as JsonObject);
const LABEL = 'k8s.ovn.org/primary-user-defined-network';
const POD_NETWORK = { known: true, value: 'pod-network' };

function namespace(name: string, labels?: JsonObject): JsonObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, ...(labels && { labels }) } };
}

describe('the fact primaryNetwork', () => {
  it.each<[what: string, objects: readonly JsonObject[]]>([
    ['has no labels', [namespace('qdrant')]],
    ['has other labels', [namespace('qdrant', { 'k8s.ovn.org/network': 'blue', [`${LABEL}-x`]: '' })]],
    ['stands beside one that is user-defined', [namespace('qdrant'), namespace('other', { [LABEL]: '' })]],
  ])('is the pod network where the Namespace %s', async (_, objects) => {
    expect(await learnFact('primaryNetwork', SUBJECT, objects)).toEqual(POD_NETWORK);
  });

  it.each<[what: string, objects: readonly JsonObject[], reason: RegExp]>([
    ['the label is there', [namespace('qdrant', { [LABEL]: 'blue' })], /^Namespace qdrant has the label k8s\.ovn\.org/],
    ['the label is empty', [namespace('qdrant', { [LABEL]: '' })], /^Namespace qdrant has the label k8s\.ovn\.org/],
    ['the label is null', [namespace('qdrant', { [LABEL]: null })], /^Namespace qdrant has the label k8s\.ovn\.org/],
    ['there is no Namespace', [namespace('other')], /^Namespace qdrant is not there$/],
    [
      'only a kind of another group has the name',
      [{ ...namespace('qdrant'), apiVersion: 'example.com/v1' }],
      /^Namespace qdrant is not there$/,
    ],
    [
      'its labels are no map',
      [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'qdrant', labels: LABEL } }],
      /^Namespace qdrant cannot be read: metadata.labels is /,
    ],
  ])('is unknown where %s', async (_, objects, reason) => {
    const learnt = await learnFact('primaryNetwork', SUBJECT, objects);
    expect(learnt).toEqual({ known: false, reason: expect.stringMatching(reason) });
  });

  it('is unknown where a cluster cannot say, and the pod network where files bring no Namespace', async () => {
    const silent = listing(async () => unknown('nothing is known of it'));
    const cluster: World = { ...silent, live: silent };
    expect(await learnFact('primaryNetwork', SUBJECT, cluster)).toEqual(unknown('nothing is known of it'));
    expect(await learnFact('primaryNetwork', SUBJECT, silent)).toEqual(POD_NETWORK);
  });

  it('is read of a Namespace that files bring', async () => {
    const files = holding([namespace('qdrant', { [LABEL]: '' })]);
    expect(await learnFact('primaryNetwork', SUBJECT, files)).toMatchObject({ known: false });
  });
});
