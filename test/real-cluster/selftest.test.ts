import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { joinCluster } from './harness/cluster.ts';
import { runCommand } from './support/command.ts';
import { ensureNamespace, must, type Protection, protect } from './support/protected.ts';

const cluster = joinCluster(inject('cluster'));
const namespace = 'selftest';
const elsewhere = 'selftest-elsewhere';
let protection: Protection;

const selftest = (...args: readonly string[]) => runCommand(['selftest', '--kubeconfig', cluster.kubeconfig, ...args]);

beforeAll(async () => {
  await ensureNamespace(cluster, elsewhere);
  protection = await protect(cluster, namespace);
});

afterAll(async () => {
  await protection?.remove();
  await cluster.kubectl(['delete', 'namespace', elsewhere, '--wait=false']);
});

describe('selftest', () => {
  test('passes where the webhook lets a good pod in and refuses a bad one, and leaves nothing behind', async () => {
    const { code, stdout, stderr } = await selftest('--namespace', namespace);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('a pod that breaks nothing: admitted\n');
    expect(stdout).toMatch(
      /^a pod that may gain privileges: refused: admission webhook "pods\.admission\.qdrant\.io" denied .* breaks 1 rule$/m,
    );
    expect(await must(cluster.kubectl(['-n', namespace, 'get', 'pods', '-o', 'name']))).toBe('');
  });

  test('fails in a namespace that is not protected, and passes there if nothing was to be refused', async () => {
    const failed = await selftest('--namespace', elsewhere);
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('expected it to be refused') });
    const passed = await selftest('--namespace', elsewhere, '--enforcement', 'audit');
    expect(passed).toMatchObject({ code: 0, stderr: '' });
  });

  test('fails under audit where something is refused nevertheless', async () => {
    const { code, stderr } = await selftest('--namespace', namespace, '--enforcement', 'audit');
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing is refused under') });
  });

  test('asks a second time where Pod Security refuses the first bad pod, and cannot tell where it refuses both', async () => {
    const enforce = (level: string) =>
      must(
        cluster.kubectl([
          'label',
          'namespace',
          namespace,
          `pod-security.kubernetes.io/enforce=${level}`,
          '--overwrite',
        ]),
      );
    await enforce('restricted');
    const unknown = await selftest('--namespace', namespace);
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('something else refused') });
    expect(unknown.stdout).toContain('refused, but not by this webhook');
    await enforce('baseline');
    expect(await selftest('--namespace', namespace)).toMatchObject({ code: 0, stderr: '' });
    await enforce('privileged');
  });

  test('cannot tell where the webhook does not answer', async () => {
    await protection.stopWebhook();
    const { code, stdout, stderr } = await selftest('--namespace', namespace);
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'expected it to be admitted\n' });
    expect(stdout).toContain('refused, but not by this webhook: Internal error occurred: failed calling webhook');
  });

  test('says what it was not told', async () => {
    expect(await runCommand(['selftest'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('--namespace is missing'),
    });
    const wrong = ['selftest', '--namespace', 'a', '--enforcement', 'warn'];
    expect(await runCommand(wrong)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('expected enforce or audit'),
    });
  });
});
