import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ownProgram, WorkerPool } from '../src/sigstore/worker-pool.ts';
import { startWebhook } from './support/webhook-process.ts';

/**
 * The program as it is started: the tests' own transform accepts TypeScript that Node refuses, and a bundle can lack
 * what it loads late.
 */
const ROOT = resolve(import.meta.dirname, '..');
const GOOD = 'examples/workloads/good-database.yaml';
const BAD = 'examples/workloads/bad-root-loader.yaml';
let folder: string;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(file: string, args: readonly string[], flags: readonly string[] = []): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...flags, file, ...args], { cwd: ROOT }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-start-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each([
  ['src/main.ts', join(ROOT, 'src/main.ts')],
  ['the bundle', inject('bundle')],
])('%s', (_name, main) => {
  it('says what it can do', async () => {
    const help = await run(main, ['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const command of ['audit', 'config', 'explain', 'review', 'serve']) expect(help.stdout).toContain(command);
    expect(await run(main, [])).toMatchObject({ code: 3, stdout: '' });
    const typo = await run(main, ['reveiw', GOOD]);
    expect(typo.code).toBe(3);
    expect(typo.stderr).toContain('"reveiw" is not a command');
  });

  it('says which version it is, wherever it lies', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    for (const args of [[], ['review'], ['storage', 'classes']]) {
      expect(await run(main, [...args, '--version'])).toEqual({
        code: 0,
        stdout: `qdrant-admission ${version}\nnode ${process.version}\n`,
        stderr: '',
      });
    }
  });

  it('tells its own faults from refusals', async () => {
    const crash = 'data:text/javascript,setImmediate(() => { throw new Error("boom") })';
    const { code, stdout, stderr } = await run(main, ['review', '-'], ['--import', crash]);
    expect([code, stdout]).toEqual([70, '']);
    expect(stderr).toMatch(/^qdrant-admission .* failed: Error: boom\n/);
  });

  it('reviews files', async () => {
    expect((await run(main, ['review', GOOD])).code).toBe(0);
    const bad = await run(main, ['review', BAD]);
    expect(bad.code).toBe(1);
    expect(bad.stdout).toContain(
      'spec.containers[0] "loader" .securityContext.runAsNonRoot is not set: set it to true',
    );
  });

  it('explains rules', async () => {
    const page = await run(main, ['explain', 'run-as-non-root']);
    expect(page.code).toBe(0);
    expect(page.stdout).toContain('runAsNonRoot: true');
    const unknown = await run(main, ['explain', 'constructor']);
    expect(unknown.code).toBe(3);
    expect(unknown.stderr).toContain('"constructor" is not a rule');
  });

  it('validates and shows a configuration', async () => {
    const valid = await run(main, ['config', 'validate', 'examples/config.yaml']);
    expect(valid).toMatchObject({ code: 0, stderr: '' });
    const shown = await run(main, ['config', 'show', 'examples/config.yaml']);
    expect(shown.stdout).toContain('run-as-non-root:\n        mode: enforce');
    const broken = join(folder, 'broken.yaml');
    await writeFile(broken, 'version: 1\nnamespaces:\n  - names: [qdrant]\n    profil: private\n');
    const refused = await run(main, ['config', 'validate', broken]);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain(`${broken}:4: namespaces[0]`);
  });

  it('serves, is ready, and ends with code 0 when told', async () => {
    const webhook = await startWebhook({
      config: { version: 1, namespaces: [{ names: ['qdrant'], profile: 'private' }] },
      host: '127.0.0.1',
      main: main,
    });
    expect(JSON.parse(webhook.log().split('\n')[0] ?? '')).toMatchObject({
      msg: 'starting',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      node: process.version,
    });
    const { promise, resolve: answer, reject } = Promise.withResolvers<string>();
    request({ host: '127.0.0.1', port: webhook.metricsPort, path: '/readyz' }, (response) => answer(text(response)))
      .on('error', reject)
      .end();
    expect(await promise).toBe('ok\n');
    expect(await webhook.stop()).toBe(0);
  });
});

it('verifies signatures in workers, from the bundle too', async () => {
  const dist = dirname(inject('bundle'));
  const written = (await readdir(dist, { recursive: true })).filter((path) => path.endsWith('.js'));
  // Wherever in the bundle the code comes to lie that starts them.
  for (const path of written.filter((path) => path === 'main.js' || path.startsWith('chunks/'))) {
    expect(ownProgram(pathToFileURL(join(dist, path)).href)).toEqual(pathToFileURL(join(dist, 'sigstore/worker.js')));
  }
  const pool = new WorkerPool({ size: 1, program: pathToFileURL(join(dist, 'sigstore/worker.js')) });
  const digest = `sha256:${'0'.repeat(64)}`;
  const candidate = { format: 'bundle', bytes: Buffer.from('{}'), annotations: {} } as const;
  const report = await pool.candidate(
    { kind: 'candidate', candidate, digest, demands: [] },
    new AbortController().signal,
  );
  expect(report).toEqual({ ok: false, error: 'its mediaType is not one of a Sigstore bundle' });
  await pool.close();
});

it('is what the name in node_modules/.bin and npx start', async () => {
  const page = await run(join(ROOT, 'bin/qdrant-admission.cjs'), ['explain', 'privileged']);
  expect(page.stdout).toContain('No container is privileged');
});
