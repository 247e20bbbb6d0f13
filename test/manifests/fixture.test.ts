import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeError } from '../../src/manifests/documents.ts';
import { fixtureOf, readFixture } from '../../src/manifests/fixture.ts';
import { readManifests } from '../../src/manifests/objects.ts';
import { defaultDeny, networkPolicy } from '../support/network-objects.ts';
import { badPod, files, goodPod } from '../support/review-run.ts';

const HEADER = 'apiVersion: fixture.qdrant-admission/v1\nkind: Fixture\n';
const NAMESPACE = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: qdrant }\n';

function errors(text: string): string[] {
  const fixture = fixtureOf(readManifests(text, 'f.yaml'), 'f.yaml');
  return fixture.ok ? [] : fixture.error.map(describeError);
}

async function read(text: string) {
  return readFixture(join(await files({ 'f.yaml': text }), 'f.yaml'));
}

describe('a fixture', () => {
  it('needs no header where there is one object', async () => {
    const { subject, world, unknown } = await read(goodPod('a'));
    expect(subject.object.metadata?.name).toBe('a');
    expect(unknown).toEqual({});
    expect(world.map(({ object }) => object)).toEqual([defaultDeny()]);
  });

  it('says what is judged, when, by which configuration, and what cannot be known', async () => {
    const fixture = await read(`${HEADER}subject: Pod/b
now: 2026-01-02T03:04:05+01:00
unknown: { namespace: the watch is stale }
replay: the clock of an API server cannot be set
config:
  version: 1
  enforcement: audit
  namespaces: [{ names: [qdrant], profile: hybrid }]
---
${NAMESPACE}---
${badPod('b')}---
${goodPod('c')}`);
    expect(fixture.subject.object.metadata?.name).toBe('b');
    expect(fixture.world.map(({ object }) => object.kind)).toEqual(['Namespace', 'Pod', 'NetworkPolicy']);
    expect(fixture.now?.toISOString()).toBe('2026-01-02T02:04:05.000Z');
    expect(fixture.unknown).toEqual({ namespace: 'the watch is stale' });
    expect(fixture.replay).toBe('the clock of an API server cannot be set');
    expect(fixture.config?.enforcement).toBe('audit');
    expect(fixture.config?.namespaces.get('qdrant')?.profile).toBe('hybrid');
    expect(fixture.images).toBeUndefined();
  });

  it('may bring what registries tell, and says where that cannot be read', async () => {
    const digest = `sha256:${'9'.repeat(64)}`;
    const header = `${HEADER}images:\n  a.example/b@${digest}: { absent: gone }\n`;
    const { images } = await read(`${header}---\n${goodPod('a')}`);
    const reference = { registry: 'a.example', repository: 'b', digest };
    expect(await images?.evidence(reference, [], new AbortController().signal)).toEqual({
      state: 'absent',
      reason: 'gone',
    });
    expect(errors(`${HEADER}images:\n  a.example/b: { here: true }\n---\n${goodPod('a')}`).join()).toContain(
      'images.a.example/b: Unrecognized key: "here"',
    );
  });

  it('brings its own NetworkPolicies, or plays where one denies what no other opens', async () => {
    const own = JSON.stringify(networkPolicy('open', { podSelector: {}, ingress: [{}] }));
    const { world } = await read(`${HEADER}subject: Pod/a\n---\n${goodPod('a')}---\n${own}\n`);
    expect(world.map(({ object }) => object.metadata?.name)).toEqual(['open']);
    const policy = await read(own);
    expect(policy.world).toEqual([]);
  });

  it('may number its subject', async () => {
    const { subject } = await read(`${HEADER}subject: 1\n---\n${NAMESPACE}---\n${goodPod('b')}`);
    expect(subject.object.metadata?.name).toBe('b');
  });

  it.each([
    [
      'no subject among many',
      `${HEADER}---\n${NAMESPACE}---\n${goodPod('a')}`,
      'f.yaml:1:1: 2 documents fit: expected exactly one other document, or the field subject',
    ],
    [
      'nothing to judge',
      HEADER,
      'f.yaml:1:1: 0 documents fit: expected exactly one other document, or the field subject',
    ],
    [
      'a subject that is not there',
      `${HEADER}subject: Pod/x\n---\n${goodPod('a')}`,
      'f.yaml:3:1: 0 documents fit: expected one Pod/x',
    ],
    [
      'a subject that is there twice',
      `${HEADER}subject: Pod/a\n---\n${goodPod('a')}---\n${goodPod('a')}`,
      'f.yaml:3:1: 2 documents fit: expected one Pod/a',
    ],
    ['a number too high', `${HEADER}subject: 1\n---\n${goodPod('a')}`, 'f.yaml:3:1: 0 documents fit: expected one 1'],
    [
      'a field that is misspelt',
      `${HEADER}subjekt: Pod/a\n---\n${goodPod('a')}`,
      'f.yaml:1:1: Unrecognized key: "subjekt"',
    ],
    [
      'another version',
      `apiVersion: fixture.qdrant-admission/v2\nkind: Fixture\n---\n${goodPod('a')}`,
      'f.yaml:1:1: apiVersion: Invalid input: expected "fixture.qdrant-admission/v1"',
    ],
    [
      'a moment that is none',
      `${HEADER}now: tomorrow\n---\n${goodPod('a')}`,
      'f.yaml:3:1: now: expected a moment in RFC 3339',
    ],
    [
      'a subject of no form',
      `${HEADER}subject: Pod\n---\n${goodPod('a')}`,
      'f.yaml:3:1: subject: expected Kind/name or a number from 0',
    ],
    [
      'a configuration that is wrong',
      `${HEADER}config:\n  version: 1\n  namespaces: []\n---\n${goodPod('a')}`,
      /^f\.yaml:3: config: namespaces: /,
    ],
    ['a document that cannot be read', `${HEADER}---\na: [\n---\n${goodPod('a')}`, /^f\.yaml:5:1: /],
  ])('with %s is an error that says where', (_what, text, error) => {
    expect(errors(text)).toEqual([typeof error === 'string' ? error : expect.stringMatching(error)]);
  });

  it('with a fact that nobody knows is an error that says where', () => {
    const [error, ...more] = errors(`${HEADER}unknown:\n  weather: rain\n---\n${goodPod('a')}`);
    expect(error).toMatch(/^f\.yaml:[34]:\d+: unknown/);
    expect(more).toEqual([]);
  });

  it('that cannot be read throws all that is wrong', async () => {
    await expect(read(`${HEADER}subjekt: x\nnow: tomorrow\n---\n${goodPod('a')}`)).rejects.toThrow(
      /f\.yaml:4:1: now: .*\n.*f\.yaml:1:1: Unrecognized key/s,
    );
  });
});
