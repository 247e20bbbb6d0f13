import { describe, expect, it } from 'vitest';
import { findCredentials, parseDockerConfig } from '../../src/registry/docker-config.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Whose password is found for a repository of a host, in a config with one entry for each of these names. */
function passwordFor(host: string, repository: string, ...names: readonly string[]) {
  const auths = Object.fromEntries(names.map((name) => [name, { username: 'me', password: name }]));
  const config = parseDockerConfig(JSON.stringify({ auths }));
  if (!config.ok) throw new Error(config.error);
  const found = findCredentials(config.value, host, repository);
  return found.ok && found.value?.kind === 'basic' ? found.value.password : undefined;
}

describe('credentials of a docker config', () => {
  it.each([
    ['ghcr.io', 'ghcr.io'],
    ['https://ghcr.io', 'ghcr.io'],
    ['https://ghcr.io/v2/', 'ghcr.io'],
    ['GHCR.io', 'ghcr.io'],
    ['ghcr.io:443', 'ghcr.io'],
    ['registry.test:5000', 'registry.test:5000'],
    ['https://index.docker.io/v1/', 'docker.io'],
    ['index.docker.io', 'docker.io'],
    ['registry-1.docker.io', 'docker.io'],
    ['docker.io', 'index.docker.io'],
  ])('of %s are for %s', (name, host) => {
    expect(passwordFor(host, 'acme/app', name)).toBe(name);
  });

  it.each([
    ['ghcr.io', 'cr.io'],
    ['cr.io', 'ghcr.io'],
    ['ghcr.io', 'ghcr.io.evil.test'],
    ['ghcr.io', 'evil.test/ghcr.io'],
    ['registry.test', 'registry.test:5000'],
    ['registry.test:5000', 'registry.test'],
    ['registry.test:5000', 'registry.test:50'],
    ['docker.io', 'evildocker.io'],
    ['*.example.com', 'registry.example.com'],
    ['http:// ghcr.io', 'ghcr.io'],
  ])('of %s are nothing to %s', (name, host) => {
    expect(passwordFor(host, 'acme/app', name)).toBeUndefined();
  });

  it.each([
    ['acme/app', 'x.test/acme/app'],
    ['acme/other', 'x.test/acme'],
    ['acmeevil/app', 'x.test'],
    ['other', 'x.test'],
  ])('are for whole segments of a path, and the longest counts: %s has those of %s', (repository, name) => {
    expect(passwordFor('x.test', repository, 'x.test', 'x.test/acme/app', 'x.test/acme')).toBe(name);
  });

  it.each<[object, object]>([
    [{ auth: base64('me:pass:word') }, { kind: 'basic', username: 'me', password: 'pass:word' }],
    [{ auth: base64('me:word\0\0') }, { kind: 'basic', username: 'me', password: 'word' }],
    [
      { auth: base64('<token>:'), identitytoken: 'refresh' },
      { kind: 'identity-token', token: 'refresh' },
    ],
    [{ registrytoken: 'token' }, { kind: 'registry-token', token: 'token' }],
  ])('are read of %j', (entry, credentials) => {
    const config = parseDockerConfig(JSON.stringify({ auths: { 'x.test': entry } }));
    expect(config.ok && findCredentials(config.value, 'x.test', 'a')).toEqual({ ok: true, value: credentials });
  });

  it.each([
    [{ credsStore: 'desktop', auths: { 'x.test': {} } }, 'docker-credential-desktop'],
    [{ credHelpers: { 'x.test': 'ecr-login' } }, 'docker-credential-ecr-login'],
  ])('that a program keeps are an error that names it: %j', (text, program) => {
    const config = parseDockerConfig(JSON.stringify(text));
    expect(config.ok && findCredentials(config.value, 'x.test', 'a')).toMatchObject({
      ok: false,
      error: expect.stringContaining(program),
    });
  });

  it('that a program keeps for others are no error', () => {
    const config = parseDockerConfig(JSON.stringify({ credHelpers: { 'x.test': 'ecr-login' } }));
    expect(config.ok && findCredentials(config.value, 'y.test', 'a')).toEqual({ ok: true, value: undefined });
  });

  it.each([
    '',
    '{',
    '[]',
    'null',
    '{"auths": []}',
    '{"auths": {"x": 7}}',
    '{"auths": {"x": {"auth": "aHVudGVyMg=="}}}',
  ])('of %j are an error that quotes nothing', (text) => {
    const config = parseDockerConfig(text);
    expect(config.ok).toBe(false);
    expect(JSON.stringify(config)).not.toMatch(/hunter2|aHVudGVyMg/);
  });

  it('of a registry called __proto__ are nothing to others', () => {
    const config = parseDockerConfig('{"auths": {"__proto__": {"username": "a", "password": "b"}}}');
    expect(config.ok && findCredentials(config.value, 'x.test', 'a')).toEqual({ ok: true, value: undefined });
  });
});
