import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { choiceFromEnvironment, choiceToEnvironment, parseClusterArguments } from './arguments.ts';

const UP = join(import.meta.dirname, 'main.ts');
const SCRIPT = resolve(import.meta.dirname, '../../../scripts/test-cluster.ts');

describe('the command line', () => {
  test('gives the cluster its options and leaves the rest to vitest', () => {
    const argv = [
      'pods',
      '--provider',
      'existing',
      '-t',
      'a name',
      '--kubeconfig=/a=b',
      '--webhook-host',
      '10.0.0.1',
      '--bail=1',
    ];
    expect(parseClusterArguments(argv)).toEqual({
      choice: { provider: 'existing', kubeconfig: '/a=b', webhookHost: '10.0.0.1' },
      rest: ['pods', '-t', 'a name', '--bail=1'],
    });
  });

  test('survives the way through the environment', () => {
    const choice = { provider: 'local', kubernetes: '1.34', webhookHost: 'host.example' } as const;
    expect(choiceFromEnvironment(choiceToEnvironment(choice))).toEqual(choice);
    expect(choiceFromEnvironment({ TEST_CLUSTER_PROVIDER: '' })).toEqual({});
  });

  test.each([
    [['--provider', 'minikube'], '--provider minikube: expected existing, kind, local'],
    [['--provider'], '--provider needs a value'],
    [['--kubernetes=v1.34.2'], '--kubernetes v1.34.2: expected a minor version such as 1.34'],
  ])('refuses %j', (argv, message) => {
    expect(() => parseClusterArguments(argv)).toThrow(message);
  });
});

describe('what is missing is named, with exit code 3', () => {
  const folder = mkdtempSync(join(tmpdir(), 'harness-path-'));

  function program(name: string, script: string): void {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  beforeAll(() => {
    symlinkSync('/bin/sh', join(folder, 'sh'));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  function testCluster(...argv: readonly string[]): { readonly code: number | null; readonly stderr: string } {
    const env = { PATH: folder, HOME: folder, KUBECONFIG: '/etc/hostname' };
    const ended = spawnSync(process.execPath, [SCRIPT, ...argv], { encoding: 'utf8', env });
    return { code: ended.status, stderr: ended.stderr };
  }

  test.each([
    [['down'], 'expected the command "up"'],
    [['up', 'now'], 'unexpected argument now'],
    [['up', '--kubernetes=1.2'], 'Kubernetes 1.2 is not pinned here'],
  ])('for people too: main.ts %j', (argv, message) => {
    const ended = spawnSync(process.execPath, [UP, ...argv], { encoding: 'utf8', timeout: 30_000 });
    expect(ended).toMatchObject({ status: 3, stderr: expect.stringContaining(message) });
  });

  test('neither Docker nor Go', () => {
    const stderr = expect.stringMatching(
      /a running Docker engine .* or else Go >= 1\.\d+\.\d+ \(no "go" on the PATH\)/,
    );
    expect(testCluster()).toEqual({ code: 3, stderr });
  });

  test('a Go that is too old', () => {
    program('go', 'echo go1.22.1');
    const stderr = expect.stringMatching(/the provider local needs Go >= 1\.\d+\.\d+ \(found go1\.22\.1\)/);
    expect(testCluster('--provider=local')).toEqual({ code: 3, stderr });
  });

  test.each([
    [['--provider=existing'], 'needs --kubeconfig FILE'],
    [['--provider=existing', '--kubeconfig=/nonexistent/config'], '/nonexistent/config cannot be read (ENOENT)'],
    [['--provider=existing', '--kubeconfig=/etc/hostname', '--kubernetes=1.34'], 'an existing one has its own'],
    [['--kubeconfig=/etc/hostname'], 'say so with --provider existing'],
    [['--kubernetes=1.2'], 'Kubernetes 1.2 is not pinned here: expected one of 1.37, 1.34'],
  ])('%j', (argv, message) => {
    expect(testCluster(...argv)).toEqual({ code: 3, stderr: expect.stringContaining(message) });
  });
});
