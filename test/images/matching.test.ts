import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isIn } from '../../src/images/matching.ts';
import { imageSetOf } from '../../src/images/policy-configuration.ts';
import { parseImageReference } from '../../src/k8s/core/image-reference.ts';

const DIGEST = `sha256:${'9'.repeat(64)}`;

function holds(set: { images?: string[]; repositories?: string[] }, text: string): boolean {
  const reference = parseImageReference(text);
  if (!reference) throw new Error(`${text} is no reference`);
  return isIn(reference, imageSetOf(set));
}

describe('images of a registry, or a part of one,', () => {
  it.each([
    ['docker.io/qdrant', 'docker.io/qdrant/qdrant:v1', true],
    ['docker.io/qdrant', 'qdrant/qdrant:v1', true],
    ['docker.io/qdrant', 'index.docker.io/qdrant/qdrant:v1', true],
    ['docker.io/qdrant', 'docker.io/qdrantevil/qdrant:v1', false],
    ['docker.io/qdrant', 'docker.io/qdrant-evil/qdrant:v1', false],
    ['docker.io/qdrant', 'docker.io/evil/qdrant/qdrant:v1', false],
    ['docker.io/qdrant', 'docker.io.evil.example/qdrant/qdrant:v1', false],
    ['docker.io/qdrant', 'evil.example/docker.io/qdrant/qdrant:v1', false],
    ['docker.io/qdrant', 'docker.io:443/qdrant/qdrant:v1', false],
    ['docker.io/qdrant', 'qdrant:v1', false],
    ['registry.example.com', 'registry.example.com/a/b/c:v1', true],
    ['registry.example.com', 'registry.example.com:5000/a:v1', false],
    ['registry.example.com', 'Registry.example.com/a:v1', false],
  ])('%s: %s is %s', (scope, image, expected) => {
    expect(holds({ images: [scope] }, image)).toBe(expected);
  });
});

describe('images of a repository', () => {
  it.each([
    ['registry.example.com/team/loader', 'registry.example.com/team/loader:v1', true],
    ['registry.example.com/team/loader', `registry.example.com/team/loader:v1@${DIGEST}`, true],
    ['registry.example.com/team/loader', 'registry.example.com/team/loader/evil:v1', false],
    ['registry.example.com/team/loader', 'registry.example.com/team/loader2:v1', false],
    ['registry.example.com/team/loader', 'registry.example.com/team:v1', false],
    ['registry.example.com/team/loader', 'registry.example.com:443/team/loader:v1', false],
    ['docker.io/library/redis', 'redis:7', true],
  ])('%s: %s is %s', (repository, image, expected) => {
    expect(holds({ repositories: [repository] }, image)).toBe(expected);
  });
});

describe('whatever is written', () => {
  const segment = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const host = fc.constantFrom('docker.io', 'a.example', 'a.example:5000', 'b.a.example');

  it('what lies in a scope has its registry and begins with all of its segments', () => {
    let inside = 0;
    fc.assert(
      fc.property(host, path, host, path, (ownHost, ownPath, otherHost, otherPath) => {
        const reference = parseImageReference(`${otherHost}/${otherPath}:v1`);
        if (!reference) return;
        const own = ownPath.split('/');
        const expected =
          ownHost === reference.registry && own.every((part, at) => reference.repository.split('/')[at] === part);
        expect(isIn(reference, imageSetOf({ images: [`${ownHost}/${ownPath}`] }))).toBe(expected);
        if (expected) inside++;
      }),
      { numRuns: 2000, examples: [['a.example', 'x', 'a.example', 'x/y']] },
    );
    expect(inside).toBeGreaterThan(0);
  });

  it('what only begins like a scope is not in it, and what lies below it is', () => {
    fc.assert(
      fc.property(host, path, segment, (ownHost, ownPath, more) => {
        const scope = `${ownHost}/library/${ownPath}`;
        expect(holds({ images: [scope] }, `${scope}${more}:v1`)).toBe(false);
        expect(holds({ images: [scope] }, `${scope}-${more}/x:v1`)).toBe(false);
        expect(holds({ images: [scope] }, `${scope}/${more}:v1`)).toBe(true);
        expect(holds({ repositories: [scope] }, `${scope}/${more}:v1`)).toBe(false);
        expect(holds({ repositories: [scope] }, `${scope}:${more}`)).toBe(true);
      }),
    );
  });
});
