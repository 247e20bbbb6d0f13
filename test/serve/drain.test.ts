import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import {
  ask,
  GOOD_POD,
  keepAlive,
  probe,
  type Response,
  reviewOf,
  type Serving,
  startServing,
} from '../support/serving.ts';

const BODY = JSON.stringify(reviewOf(GOOD_POD));
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

let serving: Serving | undefined;
afterEach(() => serving?.stop());

describe('SIGTERM', () => {
  it('loses no call under load', async () => {
    serving = await startServing(undefined, ['--drain-seconds', '3']);
    const agent = keepAlive();
    const answers: Response[] = [];
    let stopped = false;
    async function keepAsking(running: Serving): Promise<void> {
      // A caller goes on until the endpoint is taken from it, which is before the drain is over.
      while (!stopped) answers.push(await ask(running, BODY, { agent }));
    }
    const callers = Array.from({ length: 25 }, () => keepAsking(serving as Serving));
    while (answers.length < 100) await new Promise((resolve) => setTimeout(resolve, 10));
    serving.terminate();
    await serving.logged('draining');
    const before = answers.length;
    while (answers.length < before + 100) await new Promise((resolve) => setTimeout(resolve, 10));
    stopped = true;
    await Promise.all(callers);
    agent.destroy();

    expect(await serving.exited).toBe(0);
    expect(answers.every(({ status, text }) => status === 200 && text.includes('"allowed":true'))).toBe(true);
    expect(answers[0]?.headers['connection']).toBe('keep-alive');
    expect(answers.at(-1)?.headers['connection']).toBe('close');
    await expect(ask(serving, BODY)).rejects.toThrow('ECONNREFUSED');
  });

  it('makes it unready at once, and it goes on answering', async () => {
    serving = await startServing(undefined, ['--drain-seconds', '2']);
    expect((await probe(serving, '/readyz')).status).toBe(200);
    serving.terminate();
    await serving.logged('draining');
    expect(await probe(serving, '/readyz')).toEqual({ status: 503, text: 'draining\n' });
    expect((await probe(serving, '/livez')).status).toBe(200);
    expect((await ask(serving, BODY)).status).toBe(200);
  });

  it('asks refused callers to connect anew, too', async () => {
    serving = await startServing(undefined, ['--drain-seconds', '1']);
    serving.terminate();
    await serving.logged('draining');
    expect((await ask(serving, 'x')).headers['connection']).toBe('close');
    expect((await ask(serving, '', { path: '/' })).headers['connection']).toBe('close');
  });
});

describe('the process', () => {
  async function start(running: Serving, drainSeconds: number) {
    const { config, cert, key } = running.files;
    const args = ['--config', config, '--tls-cert-file', cert, '--tls-private-key-file', key];
    const ports = [
      '--bind',
      '127.0.0.1',
      '--port',
      '0',
      '--metrics-port',
      '0',
      '--drain-seconds',
      String(drainSeconds),
    ];
    const child = spawn(process.execPath, [MAIN, 'serve', ...args, ...ports], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines: { msg: string; port: number }[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
    const listening = () => lines.find(({ msg }) => msg === 'listening');
    while (!listening()) await once(child.stdout, 'data');
    const exited = once(child, 'exit').then(([code, signal]) => code ?? signal);
    return { child, lines, exited, port: listening()?.port ?? 0, ca: running.ca };
  }

  it('answers, drains on SIGTERM, writes its last line, and exits with 0', async () => {
    serving = await startServing();
    const real = await start(serving, 0);
    expect((await ask({ ...serving, ...real }, BODY)).status).toBe(200);
    real.child.kill('SIGTERM');
    expect(await real.exited).toBe(0);
    expect(real.lines.map(({ msg }) => msg)).toEqual(['starting', 'listening', 'allowed', 'draining', 'stopped']);
  });

  it('exits at once on a second signal', async () => {
    serving = await startServing();
    const real = await start(serving, 3600);
    real.child.kill('SIGTERM');
    while (real.lines.at(-1)?.msg !== 'draining') await once(real.child.stdout, 'data');
    real.child.kill('SIGTERM');
    expect(await real.exited).toBe(143);
  });
});
