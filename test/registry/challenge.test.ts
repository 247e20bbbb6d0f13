import { expect, it } from 'vitest';
import { parseChallenges } from '../../src/registry/challenge.ts';

it.each<[string | undefined, object[]]>([
  [undefined, []],
  ['', []],
  [
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
    [
      {
        bearer: {
          realm: 'https://auth.docker.io/token',
          service: 'registry.docker.io',
          scope: 'repository:a/b:pull,push',
        },
      },
    ],
  ],
  ['BEARER Realm="x"', [{ bearer: { realm: 'x' } }]],
  ['Bearer realm=x , service = y', [{ bearer: { realm: 'x', service: 'y' } }]],
  ['Basic realm="a, b", charset="UTF-8"', [{ basic: { realm: 'a, b', charset: 'UTF-8' } }]],
  ['Basic realm="a", Bearer realm="b"', [{ basic: { realm: 'a' } }, { bearer: { realm: 'b' } }]],
  ['Bearer realm="say \\"hi\\""', [{ bearer: { realm: 'say "hi"' } }]],
  ['Bearer realm="first",realm="second"', [{ bearer: { realm: 'first' } }]],
  ['Negotiate', [{ negotiate: {} }]],
  ['Negotiate, Basic realm="a"', [{ negotiate: {} }, { basic: { realm: 'a' } }]],
  ['Bearer realm="open', [{ bearer: {} }, { realm: {} }]],
  ['"', []],
])('%j offers %j', (header, challenges) => {
  const found = parseChallenges(header).map(({ scheme, parameters }) => ({ [scheme]: Object.fromEntries(parameters) }));
  expect(found).toEqual(challenges);
});
