import { describe, expect, it } from 'vitest';
import { registriesSchema, resolveRegistries } from '../../src/images/registry-configuration.ts';
import { registryEntryOf } from '../../src/images/registry-settings.ts';
import { parseImageReference } from '../../src/k8s/core/image-reference.ts';

describe('images.registries', () => {
  it('is empty where it is left out', () => {
    expect(registriesSchema.parse(undefined)).toEqual([]);
  });

  it('becomes settings', () => {
    const entries = registriesSchema.parse([
      { registry: 'docker.io/qdrant', mirrors: ['registry.internal/mirror/qdrant'] },
      {
        registry: 'registry.internal',
        caFile: '/etc/ca.crt',
        credentialsFile: '/etc/config.json',
        privateAddresses: true,
      },
    ]);
    expect(resolveRegistries(entries)).toEqual({
      registries: [
        {
          scope: { registry: 'docker.io', path: 'qdrant' },
          mirrors: [{ registry: 'registry.internal', path: 'mirror/qdrant' }],
          fallBack: false,
          insecure: false,
          privateAddresses: false,
          privateHosts: [],
        },
        {
          scope: { registry: 'registry.internal', path: '' },
          mirrors: [],
          fallBack: false,
          caFile: '/etc/ca.crt',
          credentialsFile: '/etc/config.json',
          insecure: false,
          privateAddresses: true,
          privateHosts: [],
        },
      ],
    });
  });

  it.each<[string, object[]]>([
    ['a misspelt field', [{ registry: 'a.test', mirrorz: [] }]],
    ['no registry', [{ mirrors: ['a.test'] }]],
    ['a registry with a scheme', [{ registry: 'https://a.test' }]],
    ['a registry with a wildcard', [{ registry: '*.a.test' }]],
    ['a mirror with a scheme', [{ registry: 'a.test', mirrors: ['http://b.test'] }]],
    ['a relative path', [{ registry: 'a.test', caFile: 'ca.crt' }]],
    ['fallBack without mirrors', [{ registry: 'a.test', fallBack: true }]],
    ['a private host with a scheme', [{ registry: 'a.test', privateHosts: ['https://b.test'] }]],
    ['a private host with a wildcard', [{ registry: 'a.test', privateHosts: ['*.b.test'] }]],
    ['a private host in capitals', [{ registry: 'a.test', privateHosts: ['B.test'] }]],
    ['a private host with port 443', [{ registry: 'a.test', privateHosts: ['b.test:443'] }]],
    ['the same registry twice', [{ registry: 'a.test' }, { registry: 'a.test' }]],
    ['the same registry by two names', [{ registry: 'docker.io' }, { registry: 'index.docker.io' }]],
  ])('is refused with %s', (_, entries) => {
    expect(registriesSchema.safeParse(entries).success).toBe(false);
  });
});

describe('the entry of an image', () => {
  const settings = resolveRegistries(
    registriesSchema.parse(['docker.io', 'docker.io/qdrant', 'a.test/team'].map((registry) => ({ registry }))),
  );
  it.each([
    ['nginx', 'docker.io/'],
    ['qdrant/qdrant:v1', 'docker.io/qdrant'],
    ['qdrantevil/qdrant', 'docker.io/'],
    ['a.test/team/app', 'a.test/team'],
    ['a.test/teams/app', undefined],
    ['b.test/team/app', undefined],
  ])('%s is %s', (image, expected) => {
    const reference = parseImageReference(image);
    const scope = reference && registryEntryOf(reference, settings)?.scope;
    expect(scope && `${scope.registry}/${scope.path}`).toBe(expected);
  });
});
