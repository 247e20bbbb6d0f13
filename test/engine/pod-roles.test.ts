import { describe, expect, it } from 'vitest';
import { ROLES, rolesOf } from '../../src/engine/pod-roles.ts';
import { podOf } from '../../src/k8s/pod-template.ts';
import { container, pod } from '../support/pods.ts';
import { policyWith } from '../support/policies.ts';

const {
  settings: { roles },
} = policyWith({
  roles: {
    database: {
      selector: { matchLabels: { app: 'qdrant' } },
      images: ['registry\\.cloud\\.qdrant\\.io/qdrant/qdrant:v[0-9.]+'],
    },
    client: { selector: { matchExpressions: [{ key: 'client', operator: 'Exists' }] } },
  },
});

const DATABASE = 'registry.cloud.qdrant.io/qdrant/qdrant:v1.19.0';

function rolesWith(labels: object, image: string, more: object = {}) {
  const played = podOf(pod({ containers: [container('qdrant', { image })], ...more }, { labels }));
  if (!played) throw new Error('a Pod is a pod');
  return rolesOf(played, roles);
}

describe('the roles of a pod', () => {
  it('are those whose labels and images match', () => {
    expect(rolesWith({ app: 'qdrant' }, DATABASE)).toEqual(['database']);
    expect(rolesWith({ client: '' }, 'anything')).toEqual(['client']);
    expect(rolesWith({ app: 'qdrant', client: 'x' }, DATABASE)).toEqual(['database', 'client']);
  });

  it('are all of them where none matches: having fewer labels never helps', () => {
    expect(rolesWith({}, DATABASE)).toEqual(ROLES);
    expect(rolesWith({ app: 'loader' }, DATABASE)).toEqual(ROLES);
  });

  it.each([
    ['another image', 'docker.io/acme/loader:1'],
    ['something before it', `evil.example.com/${DATABASE}`],
    ['something behind it', `${DATABASE}-evil`],
    ['a line break behind it', `${DATABASE}\nx`],
    ['any character for a dot', 'registryXcloud.qdrant.io/qdrant/qdrant:v1.19.0'],
    ['no image', undefined as unknown as string],
  ])('are matched by the whole image, not by %s', (_, image) => {
    expect(rolesWith({ app: 'qdrant' }, image)).toEqual(ROLES);
  });

  it('may be told by any container', () => {
    expect(rolesWith({ app: 'qdrant' }, 'x', { initContainers: [container('restore', { image: DATABASE })] })).toEqual([
      'database',
    ]);
  });

  it('are all of them where the configuration names none', () => {
    const played = podOf(pod({}, { labels: { app: 'qdrant' } }));
    expect(played && rolesOf(played, {})).toEqual(ROLES);
  });
});
