import { describe, expect, it } from 'vitest';
import { isWithin, parseImageReference, parseRegistryScope } from '../../../src/k8s/core/image-reference.ts';

const DIGEST = `sha256:${'9c'.repeat(32)}`;

describe('an image reference', () => {
  it.each([
    ['nginx', 'docker.io', 'library/nginx'],
    ['library/nginx', 'docker.io', 'library/nginx'],
    ['docker.io/nginx', 'docker.io', 'library/nginx'],
    ['docker.io/library/nginx', 'docker.io', 'library/nginx'],
    ['index.docker.io/nginx', 'docker.io', 'library/nginx'],
    ['index.docker.io/qdrant/qdrant', 'docker.io', 'qdrant/qdrant'],
    ['qdrant/qdrant', 'docker.io', 'qdrant/qdrant'],
    ['qdrant/sub/qdrant', 'docker.io', 'qdrant/sub/qdrant'],
    ['registry.example.com/nginx', 'registry.example.com', 'nginx'],
    ['registry.example.com:5000/nginx', 'registry.example.com:5000', 'nginx'],
    ['registry:5000/nginx', 'registry:5000', 'nginx'],
    ['localhost/nginx', 'localhost', 'nginx'],
    ['localhosts/nginx', 'docker.io', 'localhosts/nginx'],
    ['127.0.0.1/nginx', '127.0.0.1', 'nginx'],
    ['[2001:db8::1]:5000/nginx', '[2001:db8::1]:5000', 'nginx'],
    ['REGISTRY/nginx', 'REGISTRY', 'nginx'],
    ['Registry.example.com/nginx', 'Registry.example.com', 'nginx'],
    ['a/b__c/d--e', 'docker.io', 'a/b__c/d--e'],
  ])('%s is of %s, %s', (text, registry, repository) => {
    expect(parseImageReference(text)).toEqual({ registry, repository });
    expect(parseImageReference(`${text}:v1`)).toEqual({ registry, repository, tag: 'v1' });
    expect(parseImageReference(`${text}@${DIGEST}`)).toEqual({ registry, repository, digest: DIGEST });
    expect(parseImageReference(`${text}:v1@${DIGEST}`)).toEqual({ registry, repository, tag: 'v1', digest: DIGEST });
  });

  it('takes what follows the only colon of a bare name for a tag', () => {
    expect(parseImageReference('registry:5000')).toEqual({
      registry: 'docker.io',
      repository: 'library/registry',
      tag: '5000',
    });
  });

  it.each([
    '',
    '/',
    ':v1',
    `@${DIGEST}`,
    'a'.repeat(64),
    'Nginx',
    'qdrant/Qdrant',
    'docker.io/Qdrant/qdrant',
    'qdrant//qdrant',
    'qdrant/',
    '/qdrant',
    'qdrant/qdrant:',
    'qdrant/qdrant:-v1',
    `qdrant/qdrant:${'v'.repeat(129)}`,
    'qdrant/qdrant:v1:v2',
    'qdrant/qdrant@',
    `qdrant/qdrant@${DIGEST.slice(0, -1)}`,
    `qdrant/qdrant@${DIGEST}0`,
    `qdrant/qdrant@${DIGEST.toUpperCase()}`,
    `qdrant/qdrant@sha256:${'9C'.repeat(32)}`,
    `qdrant/qdrant@md5:${'9c'.repeat(16)}`,
    `qdrant/qdrant@${DIGEST}:v1`,
    `qdrant/qdrant@${DIGEST}@${DIGEST}`,
    'qdrant/qdrant ',
    ' qdrant/qdrant',
    'qdrant/qd rant',
    'qdrant/qdrant\t',
    'qdrant/qdrant\n',
    'qdrant/qdrant:v1\n',
    'qdrant/..',
    'qdrant/-qdrant',
    'qdrant/qdrant_',
    'qdrant/a___b',
    '-registry.example.com/qdrant',
    'registry.example.com./qdrant',
    'registry..example.com/qdrant',
    'https://registry.example.com/qdrant',
    'registry.example.com:port/qdrant',
    'user@registry.example.com/qdrant',
    '[2001:db8::1%eth0]/qdrant',
    'rеgistry.example.com/qdrant',
    `registry.example.com/${'a'.repeat(256)}`,
    'a'.repeat(10_000),
  ])('is none: %j', (text) => {
    expect(parseImageReference(text)).toBeUndefined();
  });
});

describe('the scope of a registry', () => {
  it.each([
    ['docker.io', 'docker.io', ''],
    ['index.docker.io/qdrant', 'docker.io', 'qdrant'],
    ['localhost', 'localhost', ''],
    ['registry.example.com:5000/a/b', 'registry.example.com:5000', 'a/b'],
  ])('%s is read', (text, registry, path) => {
    expect(parseRegistryScope(text)).toEqual({ registry, path });
  });

  it.each([
    '',
    'qdrant',
    'qdrant/qdrant',
    'docker.io/',
    'docker.io/qdrant/',
    'docker.io/*',
    'docker.io/Qdrant',
    '*.example.com',
    'docker.io/qdrant:v1',
    'https://docker.io',
    `docker.io/qdrant@${DIGEST}`,
  ])('is none: %j', (text) => {
    expect(parseRegistryScope(text)).toBeUndefined();
  });

  const within = (image: string, scope: string) => {
    const [reference, parsed] = [parseImageReference(image), parseRegistryScope(scope)];
    if (!reference || !parsed) throw new Error(`${image} or ${scope} cannot be read`);
    return isWithin(reference, parsed);
  };

  it.each([
    ['qdrant/qdrant', 'docker.io'],
    ['qdrant/qdrant', 'docker.io/qdrant'],
    ['qdrant/qdrant', 'docker.io/qdrant/qdrant'],
    ['index.docker.io/qdrant/a/b', 'docker.io/qdrant'],
    ['nginx', 'docker.io/library'],
    ['localhost:5000/qdrant', 'localhost:5000'],
  ])('holds: %s in %s', (image, scope) => {
    expect(within(image, scope)).toBe(true);
  });

  it.each([
    ['qdrantevil/qdrant', 'docker.io/qdrant'],
    ['qdrant/qdrant-evil', 'docker.io/qdrant/qdrant'],
    ['qdrant/qdrant', 'docker.io/qdrant/qdrant/qdrant'],
    ['nginx', 'docker.io/nginx'],
    ['docker.io.example.com/qdrant/qdrant', 'docker.io'],
    ['evil/docker.io/qdrant', 'docker.io/qdrant'],
    ['localhost:5000/qdrant', 'localhost'],
    ['Registry.example.com/qdrant', 'registry.example.com'],
  ])('does not hold: %s in %s', (image, scope) => {
    expect(within(image, scope)).toBe(false);
  });
});
