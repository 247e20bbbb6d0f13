import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig, parseConfig } from '../../src/config/load.ts';
import { defaultPolicy } from '../../src/config/resolve.ts';

/** Lines 1 to 4 of most files below. */
const LEAST = `version: 1
namespaces:
  - names: [qdrant]
    profile: private
`;
const EXEMPTION = `exemptions:
  - rule: privileged
    namespace: qdrant
    path: spec.containers[0].securityContext.privileged
    value: true
    reason: packet capture
    responsible: ada@example.com
    expires: 2026-11-30T00:00:00Z
`;

function problemsIn(text: string, ownNamespace?: string): readonly string[] {
  try {
    parseConfig(text, 'config.yaml', ownNamespace);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const modes = (text: string) =>
  parseConfig(text, 'config.yaml')
    .namespaces.get('qdrant')
    ?.rules.map(({ rule, mode }) => [rule.id, mode]);

describe('a configuration', () => {
  it('needs a version, and one namespace with a profile', () => {
    const { enforcement, namespaces } = parseConfig(LEAST, 'config.yaml');
    expect(enforcement).toBe('enforce');
    expect([...namespaces]).toEqual([['qdrant', defaultPolicy('private')]]);
  });

  it('may be JSON', () => {
    const text = JSON.stringify({ version: 1, namespaces: [{ names: ['qdrant'], profile: 'private' }] });
    expect(parseConfig(text, 'config.json').namespaces.get('qdrant')).toEqual(defaultPolicy('private'));
  });

  it('gives each of the names of an entry the same, and its own exemptions', () => {
    const { namespaces } = parseConfig(LEAST.replace('[qdrant]', '[qdrant, qdrant-test]') + EXEMPTION, 'config.yaml');
    expect(namespaces.get('qdrant-test')).toEqual(defaultPolicy('private'));
    expect(namespaces.get('qdrant')).toEqual({
      ...defaultPolicy('private'),
      exemptions: [
        {
          rule: 'privileged',
          namespace: 'qdrant',
          path: 'spec.containers[0].securityContext.privileged',
          value: true,
          reason: 'packet capture',
          responsible: 'ada@example.com',
          expires: new Date('2026-11-30T00:00:00Z'),
        },
      ],
    });
  });

  it('keeps moments, in any time zone', () => {
    const exemption =
      '{rule: sysctls, namespace: qdrant, path: spec.x, reason: r, responsible: a, expires: 2026-11-01T01:00:00+01:00}';
    const policy = parseConfig(`${LEAST}exemptions:\n  - ${exemption}\n`, 'c').namespaces.get('qdrant');
    expect(policy?.exemptions[0]?.expires).toEqual(new Date('2026-11-01T00:00:00Z'));
  });

  it.each([
    ['NotIn without values', 'operator: NotIn'],
    ['In with none', 'operator: In, values: []'],
    ['Exists with some', 'operator: Exists, values: [a]'],
  ])('refuses a role that is recognised by %s: it would be every pod, or none', (_, requirement) => {
    const roles = `    roles: {client: {selector: {matchExpressions: [{key: a, ${requirement}}]}}}\n`;
    expect(() => parseConfig(LEAST + roles, 'c')).toThrow(/expected values with In and NotIn/);
  });

  it('refuses an exemption whose path is written from the workload: it would let that in and refuse its pods', () => {
    const exemption =
      '{rule: sysctls, namespace: qdrant, path: spec.template.spec.x, reason: r, responsible: a, expires: 2026-11-01T00:00:00Z}';
    expect(() => parseConfig(`${LEAST}exemptions:\n  - ${exemption}\n`, 'c')).toThrow(/expected a path from the pod/);
  });

  it('sets modes and options of rules', () => {
    const text = `${LEAST}    rules:
      privileged: { mode: warn }
      run-as-user: { options: { userNamespaces: true } }
`;
    const rules = parseConfig(text, 'config.yaml').namespaces.get('qdrant')?.rules;
    expect(rules?.find(({ rule }) => rule.id === 'privileged')?.mode).toBe('warn');
    expect(rules?.find(({ rule }) => rule.id === 'run-as-user')).toMatchObject({
      mode: 'enforce',
      options: { userNamespaces: true },
    });
  });

  it.each(['host-namespaces', 'host-ports'])('lets nobody weaken %s, on which every profile rests', (rule) => {
    const withMode = (mode: string) => `${LEAST}    rules: { ${rule}: { mode: ${mode} } }\n`;
    for (const mode of ['warn', 'audit', 'off', '"off"']) {
      expect(() => parseConfig(withMode(mode), 'c')).toThrow(
        `c:5: namespaces[0].rules.${rule}.mode: expected enforce, or nothing: the network profile rests on it`,
      );
    }
    expect(modes(withMode('enforce'))).toEqual(modes(LEAST));
    const exemption = `{rule: ${rule}, namespace: qdrant, path: spec.x, reason: r, responsible: a, expires: 2026-11-01T00:00:00Z}`;
    expect(() => parseConfig(`${LEAST}exemptions:\n  - ${exemption}\n`, 'c')).toThrow(
      `exemptions[0].rule: ${rule} has no exemptions: the network profile rests on it`,
    );
  });

  it.each(['off', '"off"', "'off'", 'false'])('switches a rule off with mode: %s', (off) => {
    // YAML 1.1, which Helm speaks, takes an unquoted off for false.
    const text = `${LEAST}    rules: { privileged: { mode: ${off} } }\n`;
    expect(modes(text)).toEqual(modes(LEAST)?.filter(([id]) => id !== 'privileged'));
  });

  it('is read from a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'config-'));
    const file = join(folder, 'config.yaml');
    try {
      await expect(loadConfig(file)).rejects.toThrow(new ConfigError([`${file}: cannot be read: ENOENT`]));
      await expect(loadConfig(folder)).rejects.toThrow(new ConfigError([`${folder}: cannot be read: EISDIR`]));
      await writeFile(file, LEAST);
      expect((await loadConfig(file)).namespaces.has('qdrant')).toBe(true);
      await expect(loadConfig(file, 'qdrant')).rejects.toThrow(/cannot be protected/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a mistake', () => {
  const rules = (text: string) => `${LEAST}    rules:\n      privileged:\n${text}`;

  it.each<[string, string, string]>([
    [
      'a misspelt field',
      rules('        mode: warn\n        mdoe: off\n'),
      '8: namespaces[0].rules.privileged: "mdoe" is not known here',
    ],
    [
      'an unknown rule',
      `${LEAST}    rules:\n      privilegd: {}\n`,
      '6: namespaces[0].rules: "privilegd" is not known here',
    ],
    [
      'a rule of that name in JavaScript only',
      `${LEAST}    rules: { constructor: {} }\n`,
      '5: namespaces[0].rules: "constructor" is not known here',
    ],
    [
      'a field of that name in JavaScript only',
      `${LEAST}    __proto__: {}\n`,
      '5: namespaces[0]: "__proto__" is not known here',
    ],
    [
      'an unknown mode',
      rules('        mode: of\n'),
      '7: namespaces[0].rules.privileged.mode: expected one of enforce, warn, audit, off',
    ],
    [
      'a mode that is true',
      rules('        mode: true\n'),
      '7: namespaces[0].rules.privileged.mode: expected one of enforce, warn, audit, off',
    ],
    [
      'a mode that is empty',
      rules('        mode:\n'),
      '7: namespaces[0].rules.privileged.mode: expected one of enforce, warn, audit, off',
    ],
    [
      'a list of registries that would refuse every image',
      `${LEAST}    rules:\n      image-registry: { options: { allowed: [] } }\n`,
      '6: namespaces[0].rules.image-registry.options.allowed: the list is empty, which would refuse every image: name a registry, or set the mode of the rule to off',
    ],
    [
      'a registry that is not named in full',
      `${LEAST}    rules:\n      image-digest: { options: { tagRegistries: [qdrant/qdrant] } }\n`,
      '6: namespaces[0].rules.image-digest.options.tagRegistries[0]: expected a registry by its host, and whole path segments where only a part is meant: registry.example.com/team',
    ],
    [
      'a pattern for a service account',
      `${LEAST}    rules:\n      service-account-token: { options: { allowedServiceAccounts: [qdrant-*] } }\n`,
      '6: namespaces[0].rules.service-account-token.options.allowedServiceAccounts[0]: expected the exact name of a service account, never a pattern',
    ],
    [
      'root for the least user',
      `${LEAST}    rules:\n      user-and-group-ids: { options: { minUser: 0 } }\n`,
      '6: namespaces[0].rules.user-and-group-ids.options.minUser: expected 1 or more: 0 is root',
    ],
    [
      'an option of another rule',
      rules('        options: { userNamespaces: true }\n'),
      '7: namespaces[0].rules.privileged.options: "userNamespaces" is not known here',
    ],
    [
      'an option of the wrong type',
      `${LEAST}    rules: { run-as-user: { options: { userNamespaces: "yes" } } }\n`,
      '5: namespaces[0].rules.run-as-user.options.userNamespaces: ',
    ],
    ['no names', LEAST.replace('[qdrant]', '[]'), '3: namespaces[0].names: '],
    ['no namespaces', 'version: 1\nnamespaces: []\n', '2: namespaces: '],
    ['an unknown profile', LEAST.replace('private', 'public'), '4: namespaces[0].profile: '],
    ['no profile', LEAST.replace('    profile: private\n', ''), '3: namespaces[0].profile: '],
    ['an unknown level', `${LEAST}    podSecurityLevel: privileged\n`, '5: namespaces[0].podSecurityLevel: '],
    [
      'a pattern for a name',
      LEAST.replace('qdrant', '"qdrant-*"'),
      '3: namespaces[0].names[0]: expected the name of a namespace',
    ],
    [
      'capitals in a name',
      LEAST.replace('qdrant', 'Qdrant'),
      '3: namespaces[0].names[0]: expected the name of a namespace',
    ],
    [
      'a name twice in an entry',
      LEAST.replace('[qdrant]', '[qdrant, qdrant]'),
      '3: namespaces[0].names[1]: qdrant is named twice',
    ],
    [
      'a name twice in two entries',
      `${LEAST}  - names: [other, qdrant]\n    profile: hybrid\n`,
      '5: namespaces[1].names[1]: qdrant is named twice',
    ],
    [
      'kube-system',
      LEAST.replace('qdrant', 'kube-system'),
      '3: namespaces[0].names[0]: kube-system cannot be protected',
    ],
    [
      'kube-public',
      LEAST.replace('qdrant', 'kube-public'),
      '3: namespaces[0].names[0]: kube-public cannot be protected',
    ],
    ['an unknown enforcement', `${LEAST}enforcement: aduit\n`, '5: enforcement: '],
    [
      'an empty selector',
      `${LEAST}    roles:\n      agent: { selector: {} }\n`,
      '6: namespaces[0].roles.agent.selector: expected matchLabels or matchExpressions',
    ],
    ['an unknown role', `${LEAST}    roles:\n      dba: {}\n`, '6: namespaces[0].roles: "dba" is not known here'],
    [
      'a pattern that is none',
      `${LEAST}    roles:\n      agent:\n        selector: { matchLabels: { a: b } }\n        images:\n          - "("\n`,
      '9: namespaces[0].roles.agent.images[0]: expected a regular expression in RE2 syntax',
    ],
    [
      'a pattern that RE2 does not know',
      `${LEAST}    roles:\n      agent:\n        selector: { matchLabels: { a: b } }\n        images: ["(?=a)b"]\n`,
      '8: namespaces[0].roles.agent.images[0]: expected a regular expression in RE2 syntax',
    ],
    [
      'an exemption of another namespace',
      LEAST + EXEMPTION.replace('qdrant', 'other'),
      '7: exemptions[0].namespace: other is not a protected namespace: expected one of qdrant',
    ],
    ['an exemption from no rule', LEAST + EXEMPTION.replace('privileged', 'priv'), '6: exemptions[0].rule: '],
    [
      'an exemption that nobody answers for',
      LEAST + EXEMPTION.replace('    responsible: ada@example.com\n', ''),
      '6: exemptions[0].responsible: ',
    ],
    [
      'an exemption without an end',
      LEAST + EXEMPTION.replace('    expires: 2026-11-30T00:00:00Z\n', ''),
      '6: exemptions[0].expires: ',
    ],
    [
      'a day for a moment',
      LEAST + EXEMPTION.replace('T00:00:00Z', ''),
      '12: exemptions[0].expires: expected a moment in RFC 3339',
    ],
    [
      'a day that is none',
      LEAST + EXEMPTION.replace('11-30', '02-30'),
      '12: exemptions[0].expires: expected a moment in RFC 3339',
    ],
    ['another version', LEAST.replace('1', '2'), '1: version: '],
    ['YAML that is none', `${LEAST}    rules: [\n`, '6: '],
    ['a key twice', `${LEAST}    profile: hybrid\n`, '5: Map keys must be unique'],
    ['two documents', `${LEAST}---\n${LEAST}`, '5: '],
  ])('names file, line and field: %s', (_, text, expected) => {
    const problems = problemsIn(text);
    expect(problems.length).toBe(1);
    expect(problems[0]?.slice(0, `config.yaml:${expected}`.length)).toBe(`config.yaml:${expected}`);
  });

  it('is told with all others, each with its line', () => {
    const text = LEAST.replace('private', 'public').replace('[qdrant]', '[Qdrant]');
    expect(problemsIn(`${text}    rules:\n      a: {}\n      b: {}\n`)).toEqual([
      expect.stringMatching(/^config\.yaml:3: namespaces\[0\]\.names\[0\]: /),
      expect.stringMatching(/^config\.yaml:4: namespaces\[0\]\.profile: /),
      'config.yaml:6: namespaces[0].rules: "a" is not known here',
      'config.yaml:7: namespaces[0].rules: "b" is not known here',
    ]);
  });

  it.each(['', '# nothing\n', 'null\n', '[]', 'text', '7'])('is a file that holds no configuration: %j', (text) => {
    expect(problemsIn(text).length).toBeGreaterThan(0);
  });

  it('is a file that grows without end when its aliases are followed', () => {
    const levels = Array.from({ length: 20 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}]`);
    expect(problemsIn(`a0: &a0 [x]\n${levels.join('\n')}\n`)).toEqual([
      expect.stringMatching(/^config\.yaml: .*alias/),
    ]);
  });

  it('is to protect the namespace that the program itself runs in', () => {
    expect(problemsIn(LEAST, 'qdrant')).toEqual([
      'config.yaml:3: namespaces[0].names[0]: qdrant cannot be protected: this program runs there and could not start again',
    ]);
    expect(problemsIn(LEAST, 'qdrant-admission')).toEqual([]);
  });
});
