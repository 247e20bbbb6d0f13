import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../support/command-line.ts';
import { type ScriptedApi, sendJson, sendStatus, startScriptedApi } from '../../support/scripted-api.ts';

let api: ScriptedApi;
beforeAll(async () => {
  api = await startScriptedApi();
});
afterAll(() => api.close());

const selftest = (...args: string[]) => runProgram(['selftest', '--kubeconfig', api.kubeconfig, ...args]);

/** What the API server makes of a pod. */
type Answer = (response: ServerResponse) => void;
const admitted: Answer = (response) => sendJson(response, { kind: 'Pod' }, 201);
const refused: Answer = (response) =>
  sendStatus(
    response,
    403,
    'Forbidden',
    'admission webhook "pods.admission.qdrant.io" denied the request: Pod breaks 1 rule\nmore',
  );
const foreign: Answer = (response) => sendStatus(response, 403, 'Forbidden', 'violates PodSecurity\u001b[31m');

/** Answers a pod that breaks nothing, one that may gain privileges, and one that sees the node's processes. */
function answer(good: Answer, privileges: Answer, processes: Answer = privileges): void {
  api.play(({ url, body }, response) => {
    const { spec } = JSON.parse(body);
    expect(url.search).toBe('?dryRun=All');
    if (spec.hostPID) return processes(response);
    return spec.containers[0].securityContext.allowPrivilegeEscalation ? privileges(response) : good(response);
  });
}

describe('selftest', () => {
  it.each([
    ['as it should be', [admitted, refused], 0, ''],
    ['the good one refused', [refused, refused], 1, 'expected it to be admitted'],
    ['the good one refused by somebody else', [foreign, refused], 2, 'expected it to be admitted'],
    ['a bad one admitted', [admitted, admitted], 1, 'expected it to be refused'],
    ['the first bad one refused by somebody else', [admitted, foreign, refused], 0, ''],
    ['all bad ones refused by somebody else', [admitted, foreign, foreign], 2, 'nothing is known about it'],
  ] as const)('%s', async (_, answers, code, said) => {
    answer(...(answers as readonly [Answer, Answer, Answer?]));
    const ran = await selftest('--namespace', 'qdrant');
    expect(ran.code).toBe(code);
    expect(ran.stderr).toContain(said);
    expect(ran.stdout).toMatch(/^a pod that breaks nothing: /);
    expect(ran.stdout).not.toContain('\u001b');
  });

  it.each([
    ['nothing refused', [admitted, admitted], 0],
    ['refused by somebody else', [admitted, foreign], 0],
    ['refused nevertheless', [admitted, refused], 1],
  ] as const)('under audit, %s', async (_, answers, code) => {
    answer(...answers);
    expect((await selftest('--namespace', 'qdrant', '--enforcement', 'audit')).code).toBe(code);
  });

  it.each([
    [[], '--namespace is missing: expected NAME of a protected namespace'],
    [['--namespace', 'a', '--enforcement', 'warn'], '--enforcement is "warn": expected enforce or audit'],
  ])('%j is a misuse', async (args, said) => {
    const { code, stdout, stderr } = await selftest(...args);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain(`qdrant-admission selftest: ${said}`);
  });
});
