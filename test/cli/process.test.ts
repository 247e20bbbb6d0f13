import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { issueCertificate } from '../support/certificates.ts';
import { badPod, goodPod } from '../support/review-run.ts';
import { startScriptedApi } from '../support/scripted-api.ts';

/** The real process, with descriptors that fail it. */
const MAIN = inject('bundle');
/** The same of its source, where a file of that is broken. */
const SOURCE = resolve(import.meta.dirname, '../../src/main.ts');
const FULL = '/dev/full';

let folder: string;
let good: string;
let bad: string;
let many: string;
/** Every kind of verdict and of output. */
let commands: [args: readonly string[], code: number][];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-process-'));
  [good, bad, many] = ['good.yaml', 'bad.yaml', 'many.yaml'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(good, goodPod('a'));
  await writeFile(bad, badPod('a'));
  await writeFile(many, Array.from({ length: 500 }, (_, i) => badPod(`p${i}`)).join('---\n'));
  const config = join(folder, 'config.yaml');
  const classes = join(folder, 'classes.yaml');
  await writeFile(config, 'version: 1\nnamespaces: [{ names: [qdrant], profile: private }]\n');
  await writeFile(
    classes,
    'apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: { name: a }\nprovisioner: x\n',
  );
  const attest = ['--mechanism', 'm', '--responsible', 'r', '--expires', '2099-01-01T00:00:00Z'];
  commands = [
    [['--help'], 0],
    [['review', bad], 1],
    [['review', '--format', 'json', bad], 1],
    [['explain', 'privileged'], 0],
    [['config', 'show', config], 0],
    [['storage', 'classes', '--format', 'json', classes], 1],
    [['storage', 'attest', 'a', ...attest, classes], 0],
    [['completion', 'bash'], 0],
  ];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
}

type Descriptor = 'pipe' | number;

function start(args: readonly string[], stdout: Descriptor, stderr: Descriptor, preload = '', env = {}): Started {
  const main = preload.includes('registerHooks') ? SOURCE : MAIN;
  const flags = preload === '' ? [] : ['--import', `data:text/javascript,${encodeURIComponent(preload)}`];
  const child = spawn(process.execPath, [...flags, main, ...args], {
    stdio: ['ignore', stdout, stderr],
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...env },
  });
  return { child, ended: once(child, 'close').then(([code, signal]) => code ?? signal) };
}

/** Runs with descriptors of files. */
async function withFiles<T>(names: readonly string[], act: (fds: number[]) => Promise<T>): Promise<T> {
  const fds = names.map((name) => openSync(name, 'w'));
  try {
    return await act(fds);
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

/** Nobody reads: the reader's end is closed before a word is written. */
async function closed(args: readonly string[], which: 'stdout' | 'stderr') {
  const { child, ended } = start(args, 'pipe', 'pipe');
  child[which]?.destroy();
  const other = child[which === 'stdout' ? 'stderr' : 'stdout'];
  return { said: other ? await text(other) : '', code: await ended };
}

describe('a pipe that is closed early', () => {
  it('ends all commands quietly, with the code of the verdict', async () => {
    for (const [args, code] of commands) {
      const ran = await closed(args, 'stdout');
      expect([args, ran.code]).toEqual([args, code]);
      // Of an attestation it says what it means; of the pipe nobody says anything.
      expect(ran.said).not.toMatch(/EPIPE|written|failed|^ +at /m);
    }
  });

  it('after its first line, too', async () => {
    const { child, ended } = start(['review', many], 'pipe', 'pipe');
    const said = child.stderr ? text(child.stderr) : undefined;
    for await (const chunk of child.stdout ?? []) {
      expect(String(chunk)).toMatch(/^refused {3}Pod qdrant\/p0 /);
      break;
    }
    expect([await said, await ended]).toEqual(['', 1]);
  });
});

describe.skipIf(process.platform !== 'linux')('a full disk', () => {
  it('is an error of all commands, and 3', async () => {
    for (const [args] of commands) {
      const { said, code } = await withFiles([FULL], async ([full = 0]) => {
        const { child, ended } = start(args, full, 'pipe');
        return { said: child.stderr ? await text(child.stderr) : '', code: await ended };
      });
      expect([args, code]).toEqual([args, 3]);
      expect(said).toContain('qdrant-admission: standard output could not be written to its end: ENOSPC');
    }
  });

  it.each([[['explain']], [['review', '--format', 'json', '-']]])(
    'is an error of %j where the beginning still fits, in one block or in many',
    async (args) => {
      const report = join(folder, 'report');
      // A limit on the size of files takes a part of a block and refuses the rest, as a disk does that fills up.
      const limited = ['ulimit -f 1; exec "$@" >"$0"', report, process.execPath, MAIN, ...args];
      const child = spawn('bash', ['-c', ...limited], { stdio: ['pipe', 'ignore', 'pipe'] });
      const ended = once(child, 'close');
      child.stdin.end(badPod('a'));
      const said = await text(child.stderr);
      expect((await ended)[0]).toBe(3);
      expect(said).toContain('standard output could not be written to its end: EFBIG');
      expect((await stat(report)).size).toBe(1024);
    },
  );

  it('under both outputs is 3, as nothing can be said', async () => {
    await withFiles([FULL, FULL], async ([out = 0, err = 0]) => {
      expect(await start(['review', good], out, err).ended).toBe(3);
    });
  });
});

describe('standard error', () => {
  it('may be closed or full: the report and the code are the same', async () => {
    const args = ['review', '--format', 'json', bad, join(folder, 'absent.yaml')];
    const whole = start(args, 'pipe', 'pipe').child;
    const expected = whole.stdout ? await text(whole.stdout) : '';
    expect(await closed(args, 'stderr')).toEqual({ said: expected, code: 3 });
    if (process.platform !== 'linux') return;
    await withFiles([FULL], async ([full = 0]) => {
      const { child, ended } = start(args, 'pipe', full);
      expect([child.stdout && (await text(child.stdout)), await ended]).toEqual([expected, 3]);
    });
  });

  it('that is closed takes what is wrong with the usage, and leaves the code', async () => {
    expect(await closed(['review', '--nope'], 'stderr')).toEqual({ said: '', code: 3 });
  });
});

describe('a long report', () => {
  it('is complete in a file, and for a reader who is slow', async () => {
    const [report, none] = [join(folder, 'long'), join(folder, 'none')];
    await withFiles([report, none], async ([out = 0, err = 0]) => {
      expect(await start(['review', '--format', 'json', many], out, err).ended).toBe(1);
    });
    const written = await readFile(report, 'utf8');
    expect(JSON.parse(written).summary).toMatchObject({ objects: 500, refused: 500 });

    const { child, ended } = start(['review', '--format', 'json', many], 'pipe', 'inherit' as 'pipe');
    let read = '';
    for await (const chunk of child.stdout ?? []) {
      read += chunk;
      await sleep(1);
    }
    expect(await ended).toBe(1);
    expect(read === written).toBe(true);
  });
});

describe('a crash', () => {
  const HEAD = /^qdrant-admission \d+\.\d+\.\d+ \(node v\d+\.\d+\.\d+\) failed: /;

  function breakLoading(file: string): string {
    return `(await import('node:module')).registerHooks({
      load(url, context, next) {
        if (url.endsWith('${file}')) throw new RangeError('boom');
        return next(url, context);
      },
    })`;
  }

  /** What goes wrong in the process besides what it is told to do. */
  async function crash(preload: string, env = {}, args: readonly string[] = ['review', '--format', 'json', bad]) {
    const { child, ended } = start(args, 'pipe', 'pipe', preload, env);
    const [stdout, stderr] = await Promise.all(
      [child.stdout, child.stderr].map((stream) => (stream ? text(stream) : '')),
    );
    return { stdout, stderr: stderr ?? '', code: await ended };
  }

  it.each([
    ['an exception that nobody catches', 'setImmediate(() => { throw new RangeError("boom") })', 'RangeError: boom'],
    [
      'a rejection that nobody catches',
      'setImmediate(() => { Promise.reject(new RangeError("boom")) })',
      'RangeError: boom',
    ],
    ['a command that throws', 'JSON.stringify = () => { throw new RangeError("boom") }', 'RangeError: boom'],
    ['a command that cannot be loaded', breakLoading('/review/run.ts'), 'RangeError: boom'],
    ['a program that cannot be loaded', breakLoading('/cli/commands.ts'), 'RangeError: boom'],
  ])('by %s is one message and 70', async (_, preload, said) => {
    const { stderr, code } = await crash(preload);
    expect(code).toBe(70);
    expect(stderr).toMatch(HEAD);
    expect(stderr.split('\n')[0]).toContain(`failed: ${said}`);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(stderr.match(/failed: /g)).toHaveLength(1);
  });

  it('says where on request', async () => {
    const { stderr, code } = await crash('setImmediate(() => { throw new Error("boom") })', {
      QDRANT_ADMISSION_DEBUG: '1',
    });
    expect(code).toBe(70);
    expect(stderr).toMatch(/^ +at .*data:text\/javascript/m);
  });

  it('is 70 on a full disk, too', async () => {
    await withFiles([FULL], async ([full = 0]) => {
      const preload = 'JSON.stringify = () => { throw new RangeError("boom") }';
      const { child, ended } = start(['review', '--format', 'json', bad], full, 'pipe', preload);
      expect(child.stderr && (await text(child.stderr))).toContain('failed: RangeError: boom');
      expect(await ended).toBe(70);
    });
  });

  it('leaves the webhook no chance to go on', async () => {
    const config = join(folder, 'config.yaml');
    const preload = `
      const server = (await import('node:https')).Server.prototype;
      const { listen } = server;
      server.listen = function (...args) {
        setImmediate(() => { throw new Error('boom') });
        return listen.apply(this, args);
      };`;
    const { cert, key } = await issueCertificate('localhost');
    const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
    await writeFile(certFile, cert);
    await writeFile(keyFile, key);
    const files = ['--config', config, '--tls-cert-file', certFile, '--tls-private-key-file', keyFile];
    const ports = ['--bind', '127.0.0.1', '--port', '0', '--metrics-port', '0'];
    const { stderr, code } = await crash(preload, {}, ['serve', ...files, ...ports]);
    expect([code, stderr]).toEqual([70, expect.stringMatching(HEAD)]);
  });
});

describe.skipIf(process.platform === 'win32')('signals', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s asks for an orderly end: nothing was told, so 2', async (signal) => {
    const api = await startScriptedApi();
    try {
      const { child, ended } = start(['storage', 'classes', '--kubeconfig', api.kubeconfig], 'pipe', 'pipe');
      api.play(() => void child.kill(signal));
      const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => (stream ? text(stream) : ''));
      expect(await ended).toBe(2);
      expect([await stdout, await stderr]).toEqual(['', 'qdrant-admission storage classes: interrupted\n']);
    } finally {
      await api.close();
    }
  });
});
