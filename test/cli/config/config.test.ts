import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { runProgram } from '../../support/command-line.ts';
import { files } from '../../support/review-run.ts';

const VALID = 'version: 1\nnamespaces:\n  - { names: [qdrant, vectors], profile: private }\n';
const EXPIRED = `${VALID}exemptions:
  - { rule: privileged, namespace: qdrant, path: "spec.containers[0].securityContext.privileged", value: true, reason: r, responsible: o, expires: 2026-10-01T00:00:00Z }
`;

async function config(action: string, text: string) {
  const root = await files({ 'c.yaml': text });
  const ran = await runProgram(['config', action, join(root, 'c.yaml')]);
  return { ...ran, stderr: ran.stderr.replaceAll(`${root}/`, ''), stdout: ran.stdout.replaceAll(`${root}/`, '') };
}

it('validate says that a configuration can be used, and how many namespaces it protects', async () => {
  expect(await config('validate', VALID)).toEqual({
    code: 0,
    stdout: 'c.yaml: valid, protects 2 namespaces\n',
    stderr: '',
  });
});

it.each(['validate', 'show'])('%s says with file and line what is wrong', async (action) => {
  const { code, stdout, stderr } = await config(action, VALID.replace('profile', 'profil'));
  expect([code, stdout]).toEqual([3, '']);
  expect(stderr).toMatch(/^c\.yaml:3: namespaces\[0\]/);
});

it.each(['validate', 'show'])('%s warns of what has expired', async (action) => {
  const { code, stderr } = await config(action, EXPIRED);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^c\.yaml: this has expired and no longer holds: /);
});

it('show prints who signs which images, defaults filled in', async () => {
  const images = {
    authorities: {
      team: {
        keyless: { identities: [{ issuer: 'https://git.example.com', subjectPattern: 'https://git\\.example/.*' }] },
      },
    },
    policies: [{ images: ['a.example/b'], repositories: ['a.example/c'], authorities: ['team', 'qdrant'] }],
  };
  const protect = (images?: object) => ({
    version: 1,
    namespaces: [{ names: ['qdrant'], profile: 'private' }],
    images,
  });
  const shown = async (given?: object) =>
    parse((await config('show', stringify(protect(given)))).stdout).namespaces.qdrant.images;
  expect(await shown()).toEqual({ verification: 'unstated' });
  expect(await shown(images)).toMatchObject({
    verification: 'on',
    unmatched: 'deny',
    policies: [{ images: ['a.example/b'], repositories: ['a.example/c'], sbom: { level: 'bound' } }],
    authorities: {
      team: { identities: [{ issuer: 'https://git.example.com', subject: { pattern: 'https://git\\.example/.*' } }] },
      qdrant: { identities: [{ ownerUri: 'https://github.com/qdrant', refs: ['refs/tags/*'] }] },
    },
  });
});

it('show prints every rule that runs, with its mode and options', async () => {
  const { code, stdout } = await config('show', VALID);
  expect(code).toBe(0);
  const { enforcement, namespaces } = parse(stdout);
  expect(enforcement).toBe('enforce');
  expect(Object.keys(namespaces)).toEqual(['qdrant', 'vectors']);
  expect(namespaces.qdrant).toMatchObject({ profile: 'private', rules: { 'run-as-non-root': { mode: 'enforce' } } });
});

it.each([
  [['validate'], 'FILE is missing: expected a configuration file'],
  [['show', 'a', 'b'], '"b" is one too many: expected only one argument'],
  [['show', ''], 'FILE is empty: expected a configuration file'],
])('config %j is a misuse', async (args, said) => {
  const { code, stdout, stderr } = await runProgram(['config', ...args]);
  expect([code, stdout]).toEqual([3, '']);
  expect(stderr).toContain(`qdrant-admission config ${args[0]}: ${said}`);
});
