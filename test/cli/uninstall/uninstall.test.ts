import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runProgram } from '../../support/command-line.ts';
import { type ScriptedApi, sendJson, sendStatus, startScriptedApi } from '../../support/scripted-api.ts';

const GROUP = '/apis/admissionregistration.k8s.io/v1';
const NAMES = ['--guard-binding', 'g', '--webhook-configuration', 'w'];

let api: ScriptedApi;
beforeAll(async () => {
  api = await startScriptedApi();
});
afterAll(() => api.close());

const uninstall = (...args: string[]) => runProgram(['uninstall', '--kubeconfig', api.kubeconfig, ...args]);

it('deletes the binding of the guard, then the webhook configuration', async () => {
  const asked: string[] = [];
  api.play(({ method, url }, response) => {
    asked.push(`${method} ${url.pathname}`);
    if (url.pathname.endsWith('/g')) return sendJson(response, { kind: 'Status', status: 'Success' });
    sendJson(response, { kind: 'Status', reason: 'NotFound', details: { name: 'w' } }, 404);
  });
  expect(await uninstall(...NAMES)).toEqual({
    code: 0,
    stdout: 'ValidatingAdmissionPolicyBinding g: deleted\nValidatingWebhookConfiguration w: was not there\n',
    stderr: '',
  });
  expect(asked).toEqual([
    `DELETE ${GROUP}/validatingadmissionpolicybindings/g`,
    `DELETE ${GROUP}/validatingwebhookconfigurations/w`,
  ]);
});

it.each([[['--webhook-configuration', 'w']], [['--guard-binding=', '--webhook-configuration', 'w']]])(
  '%j: without a guard there is only one thing to delete',
  async (args) => {
    api.play((_, response) => sendJson(response, { kind: 'Status', status: 'Success' }));
    expect((await uninstall(...args)).stdout).toBe('ValidatingWebhookConfiguration w: deleted\n');
  },
);

it('goes on trying while it may not, and gives the reason once there is no more time', async () => {
  let tries = 0;
  api.play((_, response) => {
    tries++;
    sendStatus(response, 403, 'Forbidden', 'not for you');
  });
  const { code, stdout, stderr } = await uninstall(...NAMES, '--timeout-seconds', '1');
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain('not for you');
  expect(tries).toBeGreaterThan(1);
});

it.each([
  [[], '--webhook-configuration is missing: expected NAME of the ValidatingWebhookConfiguration'],
  [['--webhook-configuration='], '--webhook-configuration is empty: expected NAME'],
  [['--webhook-configuration', 'w', '--timeout-seconds', '0'], '--timeout-seconds is "0": expected a number from 1'],
  [['--webhook-configuration', 'w', 'x'], '"x" is one too many: expected no argument'],
])('%j is a misuse', async (args, said) => {
  const { code, stdout, stderr } = await uninstall(...args);
  expect([code, stdout]).toEqual([3, '']);
  expect(stderr).toContain(`qdrant-admission uninstall: ${said}`);
});

it('needs a kubeconfig that can be read', async () => {
  const absent = join(api.folder, 'absent');
  const { code, stderr } = await runProgram(['uninstall', '--kubeconfig', absent, ...NAMES]);
  expect([code, stderr]).toEqual([3, `${absent}: cannot be read: ENOENT\n`]);
});
