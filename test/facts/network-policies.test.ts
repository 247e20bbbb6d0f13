import { describe, expect, it } from 'vitest';
import { unknown } from '../../src/engine/fact.ts';
import type { JsonObject } from '../../src/k8s/object.ts';
import { learnFact, subjectOf } from '../support/learn-fact.ts';
import { defaultDeny, networkPolicy } from '../support/network-objects.ts';
import { pod } from '../support/pods.ts';
import { listing } from '../support/worlds.ts';

const SUBJECT = subjectOf(pod());

async function names(objects: readonly JsonObject[]): Promise<unknown> {
  const learnt = await learnFact('networkPolicies', SUBJECT, objects);
  if (!learnt.known) return learnt.reason;
  return (learnt.value as readonly JsonObject[]).map(({ metadata }) => (metadata as JsonObject)['name']);
}

describe('the fact networkPolicies', () => {
  it.each<[what: string, objects: readonly JsonObject[], expected: readonly string[]]>([
    ['none where there is none', [], []],
    ['all of the namespace', [defaultDeny(), networkPolicy('dns', {})], ['default-deny', 'dns']],
    ['none of another namespace', [defaultDeny('shop')], []],
    ['none of another group', [{ ...defaultDeny(), apiVersion: 'crd.projectcalico.org/v1' }], []],
  ])('has %s', async (_, objects, expected) => {
    expect(await names(objects)).toEqual(expected);
  });

  it('is unknown where they cannot be listed, or one of them cannot be read', async () => {
    const away = listing(async () => unknown('the watch has not synced'));
    expect(await learnFact('networkPolicies', SUBJECT, away)).toEqual(unknown('the watch has not synced'));
    expect(await names([networkPolicy('a', { podSelector: [] })])).toMatch(
      /^a NetworkPolicy cannot be read: spec\.podSelector is /,
    );
  });
});
