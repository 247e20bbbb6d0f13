import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { expiredAt } from '../../src/config/expiry.ts';
import { ConfigError, parseConfig } from '../../src/config/load.ts';
import { isAllowed } from '../../src/images/matching.ts';
import type { ImagesSettings } from '../../src/images/settings.ts';

const KEY = pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey);
const OWN = { images: ['registry.example.com/team'], authorities: ['own'] };
const EXPIRES = '2026-11-30T00:00:00Z';

function pemOf(key: { export(options: { type: 'spki'; format: 'pem' }): string | Buffer }): string {
  return String(key.export({ type: 'spki', format: 'pem' }));
}

function textOf(images: object | undefined, namespace: object = {}): string {
  return stringify({ version: 1, namespaces: [{ names: ['qdrant'], profile: 'private', ...namespace }], images });
}

function settingsOf(images?: object, namespace?: object): ImagesSettings {
  const policy = parseConfig(textOf(images, namespace), 'c').namespaces.get('qdrant');
  if (!policy) throw new Error('there is no such namespace');
  return policy.settings.images;
}

function problemsIn(images: object, namespace?: object): string[] {
  try {
    parseConfig(textOf(images, namespace), 'c');
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((problem) => problem.replace(/^c:\d+: images\./, ''));
    throw error;
  }
  return [];
}

function keyed(key: object, policy: object = OWN, more: object = {}): object {
  return { authorities: { own: { key: { publicKey: KEY, ...key } } }, policies: [policy], ...more };
}

function identified(identity: object): object {
  return { authorities: { own: { keyless: { identities: [identity] } } }, policies: [OWN] };
}

describe('images are verified', () => {
  it.each([
    [undefined, 'unstated'],
    [{}, 'unstated'],
    [{ verify: false }, 'off'],
    [{ verify: true }, 'on'],
    [keyed({}), 'on'],
  ] as const)('as the configuration says: %j', (images, verification) => {
    expect(settingsOf(images).verification).toBe(verification);
  });

  it('by what Qdrant publishes, where no policy stands: owner, issuer, tags, and an SBOM that is bound to the image', () => {
    const { policies, unmatched } = settingsOf({ verify: true });
    expect(unmatched).toBe('deny');
    expect(policies).toEqual([
      {
        images: {
          scopes: [
            { registry: 'registry.cloud.qdrant.io', path: 'qdrant' },
            { registry: 'docker.io', path: 'qdrant' },
          ],
          repositories: [],
        },
        signature: { authorities: ['qdrant'], require: 'any', annotations: {} },
        sbom: { level: 'bound', authorities: ['qdrant'] },
        authorities: [
          {
            kind: 'keyless',
            name: 'qdrant',
            trustRoot: 'public-good',
            transparencyLogs: 1,
            certificateLog: true,
            signaturePredicates: [],
            identities: [
              {
                kind: 'workflow',
                issuer: 'https://token.actions.githubusercontent.com',
                ownerUri: 'https://github.com/qdrant',
                repositories: [],
                workflows: [],
                refs: ['refs/tags/*'],
              },
            ],
          },
        ],
      },
    ]);
  });

  it('by registries that the rule image-registry allows, and by no others', () => {
    const allowed = { rules: { 'image-registry': { options: { allowed: ['registry.example.com'] } } } };
    expect(settingsOf({ verify: true }, allowed).allowedRegistries).toEqual([
      { registry: 'registry.example.com', path: '' },
    ]);
    const off = { rules: { 'image-registry': { mode: 'off' } } };
    expect(settingsOf({ verify: true }, off).allowedRegistries).toBeUndefined();
  });
});

describe('authorities', () => {
  it('may be keys, with the hashes and logs that count', () => {
    const [policy] = settingsOf(keyed({ hashAlgorithms: ['sha512'] })).policies;
    expect(policy?.authorities).toEqual([
      {
        kind: 'key',
        name: 'own',
        publicKey: KEY,
        hashAlgorithms: ['sha512'],
        transparencyLogs: 0,
        signaturePredicates: [],
      },
    ]);
  });

  it('may be subjects by a pattern, which matches whole subjects only', () => {
    const pattern = 'https://git\\.example\\.com/team/.*';
    const [policy] = settingsOf(identified({ issuer: 'https://git.example.com', subjectPattern: pattern })).policies;
    const [authority] = policy?.authorities ?? [];
    const [identity] = authority?.kind === 'keyless' ? authority.identities : [];
    if (identity?.kind !== 'subject' || typeof identity.subject === 'string') throw new Error('no pattern');
    expect(identity.subject.pattern).toBe(pattern);
    const { subject } = identity;
    expect(subject.matches('https://git.example.com/team/loader')).toBe(true);
    for (const other of [
      'https://evil.example/?https://git.example.com/team/loader',
      'https://git.example.com/teamevil',
      'https://gitXexample.com/team/loader',
      'https://git.example.com/team/loader\nx',
    ]) {
      expect(subject.matches(other), other).toBe(false);
    }
  });

  it.each([
    [{ owner: 'https://github.com/qdrant/' }, 'owner: expected the URL of an owner'],
    [{ owner: 'https://github.com/.*' }, 'owner: expected the URL of an owner'],
    [
      { owner: 'https://github.com/qdrant', repositories: ['https://github.com/qdrant-evil/x'] },
      'repositories[0]: expected a repository of the owner: https://github.com/qdrant/…',
    ],
    [{ owner: 'https://github.com/qdrant', refs: ['refs/heads/*'] }, 'refs[0]: expected a whole git ref'],
    [{ owner: 'https://github.com/qdrant', workflows: ['*.yml'] }, 'workflows[0]: expected the path of a workflow'],
    [{ owner: 'https://github.com/qdrant', subject: 'x' }, ': expected one of owner, subject, subjectPattern'],
    [{ subject: 'x' }, 'issuer: expected it beside subject'],
    [{ issuer: 'https://a.example', subject: 'x', refs: ['refs/tags/*'] }, 'refs: is of an owner'],
    [{ issuer: 'https://a.example/', subject: 'x' }, 'issuer: expected the URL of an issuer, without a slash'],
    [{ issuer: 'https://a.example', subjectPattern: '.*' }, 'subjectPattern: expected a pattern that does not match'],
    [{ issuer: 'https://a.example', subjectPattern: '(' }, 'subjectPattern: expected a regular expression in RE2'],
    [{ issuer: 'https://a.example', subjectRegExp: 'x' }, ': "subjectRegExp" is not known here'],
  ])('are refused where an identity is %j', (identity, expected) => {
    expect(problemsIn(identified(identity)).join('\n')).toContain(`authorities.own.keyless.identities[0]`);
    expect(problemsIn(identified(identity)).join('\n')).toContain(expected.replace(/^: /, ''));
  });

  it('are refused with a private key, which is not printed', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const publicKey = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const said = problemsIn(keyed({ publicKey })).join('\n');
    expect(said).toContain('key.publicKey: expected a public key: this is a private one');
    expect(said).not.toContain(publicKey.split('\n')[1]);
  });

  it.each([
    ['that cannot be read', KEY.replace(/M/g, 'N'), 'cannot be read'],
    ['that is short', pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey), 'has 1024 bits'],
    ['of another kind', pemOf(generateKeyPairSync('x25519').publicKey), 'is a key of kind x25519'],
  ])('are refused with a public key %s', (_, publicKey, expected) => {
    expect(problemsIn(keyed({ publicKey })).join('\n')).toContain(`authorities.own.key.publicKey: ${expected}`);
  });
});

describe('what is without effect is refused', () => {
  it.each([
    ['fields where nothing is verified', { unmatched: 'warn' }, 'unmatched: is not used: expected verify: true'],
    ['policies where it is switched off', { ...keyed({}), verify: false }, 'policies: is not used'],
    [
      'an authority that no policy names',
      { ...keyed({}), policies: [{ images: ['a.example'], authorities: ['qdrant'] }] },
      'authorities.own: is not used',
    ],
    [
      'a name that no authority has',
      keyed({}, { ...OWN, authorities: ['own', 'owl'] }),
      'policies[0].authorities[1]: owl is no authority: expected one of qdrant, own',
    ],
    [
      'a trust root that no authority names',
      keyed({}, OWN, { trustRoots: { own: { file: 'r.json' } } }),
      'trustRoots.own: is not used',
    ],
    [
      'a trust root that is not there',
      keyed({ transparencyLogs: 1, trustRoot: 'lab' }),
      'authorities.own.key.trustRoot: lab is no trust root: expected one of public-good',
    ],
    ['the logs of a key that needs none', keyed({ trustRoot: 'public-good' }), 'key.trustRoot: is not used'],
    [
      'annotations without a signature',
      keyed({}, { ...OWN, signature: 'off', annotations: { a: 'b' } }),
      'policies[0].annotations: is not used',
    ],
    [
      'signers that sign nothing',
      keyed({}, { ...OWN, signature: false, sbom: { level: 'off' } }),
      'policies[0].authorities: is not used',
    ],
    ['a policy for no images', keyed({}, { authorities: ['own'] }), 'policies[0]: expected images or repositories'],
    [
      'a policy that asks for nobody',
      keyed({}, { images: ['a.example'] }),
      'policies[0].authorities: expected at least one',
    ],
    [
      'a tag in a pattern',
      keyed({}, { ...OWN, images: ['a.example/b:1'] }),
      'policies[0].images[0]: expected a registry',
    ],
    [
      'a pattern without a host',
      keyed({}, { ...OWN, images: ['qdrant'] }),
      'policies[0].images[0]: expected a registry',
    ],
    [
      'a repository that is a registry',
      keyed({}, { ...OWN, repositories: ['a.example'] }),
      'repositories[0]: expected one repository',
    ],
    [
      'a repository that a runtime reads in another way',
      keyed({}, { ...OWN, repositories: ['docker.io/redis'] }),
      'repositories[0]: expected one repository',
    ],
    ['no policies at all', { policies: [] }, 'policies: the list is empty, which would refuse every image'],
    [
      'a length of time without a unit',
      keyed({}, OWN, { cache: { goodFor: '10' } }),
      'cache.goodFor: expected a number and a unit',
    ],
  ])('%s', (_, images, expected) => {
    expect(problemsIn(images).join('\n')).toContain(expected);
  });
});

it('policies say what they ask for, and what they leave out is strict', () => {
  const scan = { authorities: ['own'], vexAuthorities: ['qdrant'] };
  const provenance = { authorities: ['own'], builders: ['https://ci.example.com/builder'] };
  const [policy] = settingsOf(
    keyed({}, { ...OWN, repositories: ['docker.io/library/redis'], scan, provenance }),
  ).policies;
  expect(policy).toMatchObject({
    images: {
      scopes: [{ registry: 'registry.example.com', path: 'team' }],
      repositories: [{ registry: 'docker.io', path: 'library/redis' }],
    },
    sbom: { level: 'bound' },
    scan: {
      authorities: ['own'],
      scanners: [],
      maxAgeDays: 7,
      refuse: ['CRITICAL', 'HIGH'],
      vexAuthorities: ['qdrant'],
    },
    provenance: { ...provenance, sources: [] },
  });
  expect(policy?.authorities.map(({ name }) => name).sort()).toEqual(['own', 'qdrant']);
});

it('accepted vulnerabilities say for which images, who answers and until when, and are reported once that is over', () => {
  const entry = { id: 'CVE-2026-1', images: ['docker.io/qdrant'], reason: 'r', responsible: 'ada', expires: EXPIRES };
  expect(settingsOf({ verify: true, acceptedVulnerabilities: [entry] }).acceptedVulnerabilities).toMatchObject([
    { id: 'CVE-2026-1', images: { scopes: [{ registry: 'docker.io', path: 'qdrant' }] }, expires: new Date(EXPIRES) },
  ]);
  const config = parseConfig(textOf({ verify: true, acceptedVulnerabilities: [entry] }), 'c');
  expect(expiredAt(config, new Date(EXPIRES))).toEqual([
    `the acceptance of CVE-2026-1, until 2026-11-30T00:00:00.000Z (ada)`,
  ]);
  for (const field of ['images', 'reason', 'responsible', 'expires']) {
    const { [field as 'reason']: _, ...rest } = entry;
    expect(problemsIn({ verify: true, acceptedVulnerabilities: [rest] })).toHaveLength(1);
  }
});

it('trust roots are files, mirrors, or both', () => {
  const tufMirror = { url: 'https://tuf.example.com', rootFile: 'root.json' };
  const trustRoots = { lab: { file: 'r.json', tufMirror } };
  expect(settingsOf(keyed({ transparencyLogs: 1, trustRoot: 'lab' }, OWN, { trustRoots })).trustRoots).toEqual({
    lab: { file: 'r.json', tufMirror: { ...tufMirror, refreshEveryMs: 21_600_000 } },
  });
  expect(problemsIn(keyed({}, OWN, { trustRoots: { lab: {} } })).join()).toContain(
    'trustRoots.lab: expected file, or tufMirror',
  );
});

describe('the examples of docs/images.md', () => {
  const page = readFileSync(new URL('../../docs/images.md', import.meta.url), 'utf8');
  const examples = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => parse(text));
  const settings = examples.map((example) => {
    const whole = { version: 1, namespaces: [{ names: ['qdrant'], profile: 'private' }], ...example };
    return parseConfig(stringify(whole), 'c').namespaces.get('qdrant')?.settings.images;
  });

  it('are all accepted, and verify', () => {
    expect(settings.map((each) => each?.verification)).toEqual(['on', 'on', 'on', 'on']);
  });

  it('write out what holds for the images of Qdrant where nothing stands', () => {
    expect(settings[1]).toEqual(settings[0]);
  });

  it('allow the registries of the images that they have policies for', () => {
    for (const { policies, allowedRegistries } of settings.flatMap((each) => each ?? [])) {
      for (const { scopes, repositories } of policies.map(({ images }) => images)) {
        for (const { registry, path } of [...scopes, ...repositories]) {
          expect(isAllowed({ registry, repository: path }, allowedRegistries), `${registry}/${path}`).toBe(true);
        }
      }
    }
  });
});

it('modes of rules that have nothing to judge are refused, but for off: that is what they are', () => {
  const rules = (mode: string) => ({ rules: { 'image-signature': { mode } } });
  expect(problemsIn({}, rules('enforce'))).toEqual([
    'c:7: namespaces[0].rules.image-signature: is not used: expected images.verify: true',
  ]);
  expect(problemsIn({}, rules('off'))).toEqual([]);
  expect(problemsIn({ verify: true }, rules('enforce'))).toEqual([]);
});
