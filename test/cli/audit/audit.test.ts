import { writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { FIRM_RULES } from '../../../src/config/defaults.ts';
import { RULES } from '../../../src/rules/index.ts';
import { audit, auditJson } from '../../support/audit-run.ts';
import { PROGRAM } from '../../support/command-line.ts';
import { type ScriptedApi, sendJson, sendStatus, startScriptedApi } from '../../support/scripted-api.ts';

let api: ScriptedApi;
let reach: readonly string[];
/** Answers which DaemonSets there are in the whole cluster. */
let agents: (response: ServerResponse) => void;

beforeEach(() => {
  agents = (response) => sendJson(response, { metadata: { resourceVersion: '1' }, items: [] });
});

beforeAll(async () => {
  api = await startScriptedApi();
  reach = ['--kubeconfig', api.kubeconfig];
  const privileged = { containers: [{ name: 'loader', image: 'x', securityContext: { privileged: true } }] };
  const metadata = { name: 'loader', uid: '1' };
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', ...metadata, controller: true };
  const held: Readonly<Record<string, readonly object[]>> = {
    '/apis/apps/v1/namespaces/bad/deployments': [{ metadata, spec: { template: { spec: privileged } } }],
    '/api/v1/namespaces/bad/pods': ['a', 'b'].map((name) => ({
      metadata: { name, uid: name, ownerReferences: [owner] },
      spec: privileged,
    })),
  };
  api.play(({ url: { pathname } }, response) => {
    if (pathname === '/apis/apps/v1/daemonsets') return agents(response);
    if (pathname === '/api/v1/namespaces/absent') {
      return sendJson(response, { kind: 'Status', reason: 'NotFound', details: { name: 'absent' } }, 404);
    }
    if (/^\/api\/v1\/namespaces\/[^/]+$/.test(pathname)) return sendJson(response, {});
    if (pathname.includes('/closed/')) return sendStatus(response, 403, 'Forbidden', 'not for\u001b[31m you');
    sendJson(response, { metadata: { resourceVersion: '1' }, items: held[pathname] ?? [] });
  });
});

afterAll(() => api.close());

async function config(more: object = {}): Promise<string> {
  const file = join(api.folder, 'config.yaml');
  // One rule is enough here, beside those that stand, and keeps these tests as they are when rules are added.
  const on = ['privileged', ...FIRM_RULES];
  const off = RULES.map(({ id }) => [id, { mode: on.includes(id) ? 'enforce' : 'off' }]);
  const namespaces = [{ names: ['bad', 'empty'], profile: 'hybrid', rules: Object.fromEntries(off) }];
  await writeFile(file, JSON.stringify({ version: 1, namespaces, ...more }));
  return file;
}

it.each([
  [['--namespace', 'empty'], 0],
  [['--namespace', 'absent'], 0],
  [['--namespace', 'bad', '-n', 'empty'], 1],
  [['-n', 'closed'], 2],
  [['-n', 'closed', '-n', 'bad'], 1],
])('%j ends with %i', async (args, code) => {
  expect((await audit([...reach, ...args])).code).toBe(code);
});

it.each([
  [[], 'expected --config FILE or --namespace NAME'],
  [['-n', 'a', '--format', 'yaml'], '--format is "yaml": expected text'],
  [['-n', 'a', '--profile', 'public'], '--profile is "public": expected hybrid or private'],
  [['-n', 'a', '--color', 'blue'], '--color is "blue": expected auto, always or never'],
  [['-n', 'a/b'], '--namespace is "a/b": expected the name of a namespace'],
  [['-n', 'a', '--wait'], '--wait is not a flag'],
  [['-n', 'a', 'b'], '"b" is one too many: expected no argument'],
])('%j is a misuse, which is said on standard error', async (args, message) => {
  const { code, stdout, stderr } = await audit([...reach, ...args]);
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toContain(`qdrant-admission audit: ${message}`);
  expect(stderr).toContain('usage: qdrant-admission audit');
});

it('prints its usage when asked to', async () => {
  const { code, stdout } = await audit(['--help']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ +\[--kubeconfig\] +FILE; else \$KUBECONFIG/m);
});

it('refuses a kubeconfig and a configuration that cannot be used, with their own words', async () => {
  const absent = join(api.folder, 'absent');
  const noKubeconfig = await audit(['--kubeconfig', absent, '-n', 'bad']);
  expect(noKubeconfig).toEqual({ code: 3, stdout: '', stderr: `${absent}: cannot be read: ENOENT\n` });
  const noContext = await audit([...reach, '--context', 'other', '-n', 'bad']);
  expect(noContext.stderr).toContain('there is no context "other": expected one of scripted');
  const noConfig = await audit([...reach, '--config', absent]);
  expect(noConfig).toEqual({ code: 3, stdout: '', stderr: `${absent}: cannot be read: ENOENT\n` });
});

it('finds the cluster by KUBECONFIG', async () => {
  expect((await audit(['-n', 'empty'], { env: { KUBECONFIG: api.kubeconfig } })).code).toBe(0);
});

it('says in text who owns what is refused, why, and all in all; in a pipe without colour and progress', async () => {
  const { code, stdout, stderr } = await audit([...reach, '--config', await config()]);
  expect(code).toBe(1);
  expect(stderr).toBe('');
  expect(stdout).toBe(`namespace bad  hybrid, 2 pods and 1 template judged
  refused  Deployment/loader  2 pods and 1 template
    privileged
      spec.containers[0] "loader" .securityContext.privileged is true: set it to false, or leave it out  (2 pods and 1 template)
namespace empty  hybrid, nothing judged

network plugin: none that is known here
nobody has stated that NetworkPolicies are enforced: see with "network probe", then set network.enforcement
by rule
  privileged  enforce  2 pods and 1 template  docs/rules/containers/privileged.md

2 namespaces: 2 pods and 1 template judged; 2 pods and 1 template would be refused
`);
});

it('shows progress on a terminal and takes it away again', async () => {
  const { stdout, stderr } = await audit([...reach, '-n', 'bad'], { terminal: true, env: { TERM: 'xterm' } });
  expect(stderr.replaceAll('\r\x1b[K', '<clear>')).toMatch(/^<clear>bad: deployments 1\/1.*<clear>$/s);
  expect(stdout).toContain('\x1b[31mrefused\x1b[39m');
  const plain = await audit([...reach, '-n', 'bad'], { terminal: true, env: { NO_COLOR: '1' } });
  expect(plain.stdout).not.toContain('\x1b');
});

it('judges a namespace that the configuration does not name by the defaults, and says so', async () => {
  const args = [...reach, '--config', await config({ enforcement: 'audit' }), '-n', 'bad', '-n', 'absent'];
  const { stdout } = await audit(args);
  expect(stdout).toContain('namespace absent  does not exist yet\n');
  expect(stdout).toContain('judged by the defaults of private, for the configuration does not name it: absent\n');
  expect(stdout).toContain('enforcement is audit: the API server only records what is refused here\n');
  expect(stdout).toContain('; not there yet: absent\n');
  const { json } = await auditJson(args);
  expect(json.namespaces.map(({ name, policy, profile }) => [name, policy, profile])).toEqual([
    ['bad', 'configuration', 'hybrid'],
    ['absent', 'defaults', 'private'],
  ]);
  expect(json.enforcement).toBe('audit');
});

it('names what it could not read, once for each reason, with no control characters', async () => {
  const { stdout } = await audit([...reach, '-n', 'closed']);
  const lines = stdout.split('\n').filter((line) => line.includes('could not be read:'));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/: persistentvolumeclaims, podtemplates, .*, pods: HTTP 403: not for\\u\{1b\}\[31m you$/);
  expect(stdout).toContain('13 things could not be read');
});

it('says the same in JSON, in the shape of its schema', async () => {
  const { code, json, stderr } = await auditJson([...reach, '--config', await config()]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(json).toMatchObject({
    schemaVersion: 1,
    program: { name: 'qdrant-admission', version: PROGRAM.version },
    cluster: api.server,
    summary: { namespaces: 2, refused: { pods: 2, templates: 1 }, unread: 0, exitCode: 1 },
    rules: [{ rule: 'privileged', mode: 'enforce', failed: { pods: 2, templates: 1 } }],
    namespaces: [
      {
        name: 'bad',
        judged: { pods: 2, templates: 1 },
        owners: [
          {
            kind: 'Deployment',
            name: 'loader',
            outcome: 'refused',
            objects: [
              {
                kind: 'Deployment',
                runs: false,
                verdicts: [{ findings: [{ path: 'spec.template.spec.containers[0].securityContext.privileged' }] }],
              },
              { kind: 'Pod', name: 'a', runs: true, outcome: 'refused' },
              { kind: 'Pod', name: 'b', runs: true, outcome: 'refused' },
            ],
          },
        ],
      },
      { name: 'empty', owners: [] },
    ],
  });
});

const FLANNEL = {
  metadata: { namespace: 'kube-flannel', name: 'kube-flannel-ds' },
  spec: { template: { spec: { containers: [{ name: 'kube-flannel' }] } } },
};

it('fails where NetworkPolicies are not enforced as far as it shows, whoever states that they are', async () => {
  agents = (response) => sendJson(response, { metadata: { resourceVersion: '1' }, items: [FLANNEL] });
  const enforcement = { plugin: 'flannel\u001b', responsible: 'network@example.com' };
  const args = [...reach, '--config', await config({ network: { enforcement } }), '-n', 'empty'];
  const { code, stdout } = await audit(args);
  expect(code).toBe(1);
  expect(stdout).toContain(
    'network plugin flannel (DaemonSet kube-flannel/kube-flannel-ds): OFF: NetworkPolicies do nothing here: it runs without',
  );
  expect(stdout).toContain('enforced by flannel\\u{1b}, says the configuration (network@example.com)\n');
  const { json } = await auditJson(args);
  expect(json.network).toMatchObject({
    state: 'off',
    plugins: [{ name: 'flannel', at: 'DaemonSet kube-flannel/kube-flannel-ds', state: 'off' }],
    acknowledgement: enforcement,
  });
});

it('reports what it could not look for, and refuses nothing for it', async () => {
  agents = (response) => sendStatus(response, 403, 'Forbidden', 'not for you');
  const { code, json } = await auditJson([...reach, '-n', 'empty']);
  expect(code).toBe(0);
  expect(json.network).toEqual({ state: 'unknown', plugins: [], unread: expect.stringContaining('not for you') });
  expect((await audit([...reach, '-n', 'empty'])).stdout).toContain('network plugin could not be looked for: HTTP 403');
});
