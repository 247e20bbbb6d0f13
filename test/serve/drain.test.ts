import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Clock, REAL_CLOCK } from '../../src/runtime/clock.ts';
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
/** Ends the drain. Until then the webhook goes on, however long a test takes. */
let endDrain: () => void;
let clock: Clock;

beforeEach(() => {
  const { promise, resolve } = Promise.withResolvers<void>();
  endDrain = resolve;
  clock = { ...REAL_CLOCK, sleep: () => promise };
});

afterEach(async () => {
  endDrain();
  await serving?.stop();
});

describe('SIGTERM', () => {
  it('fails no call under load', async () => {
    serving = await startServing({ clock });
    const agent = keepAlive();
    const answers: Response[] = [];
    let stopped = false;
    async function keepAsking(running: Serving): Promise<void> {
      // An API server goes on calling until the endpoint is removed, which happens before the drain is over.
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
    endDrain();

    expect(await serving.exited).toBe(0);
    expect(answers.every(({ status, text }) => status === 200 && text.includes('"allowed":true'))).toBe(true);
    expect(answers[0]?.headers['connection']).toBe('keep-alive');
    expect(answers.at(-1)?.headers['connection']).toBe('close');
    await expect(ask(serving, BODY)).rejects.toThrow('ECONNREFUSED');
  });

  it('makes the webhook unready at once, but it goes on answering', async () => {
    serving = await startServing({ clock });
    expect((await probe(serving, '/readyz')).status).toBe(200);
    serving.terminate();
    await serving.logged('draining');
    expect(await probe(serving, '/readyz')).toEqual({ status: 503, text: 'draining\n' });
    expect((await probe(serving, '/livez')).status).toBe(200);
    expect((await ask(serving, BODY)).status).toBe(200);
  });

  it('makes it ask callers to reconnect, including those that it refuses', async () => {
    serving = await startServing({ clock });
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
    onTestFinished(() => void child.kill('SIGKILL'));
    const lines: { msg: string; port: number }[] = [];
    const output = createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
    // Once the streams are closed, too, every line has been read.
    const exited = once(child, 'close').then(([code, signal]) => code ?? signal);
    const listening = () => lines.find(({ msg }) => msg === 'listening');
    while (!listening()) await once(output, 'line');
    return { child, lines, output, exited, port: listening()?.port ?? 0, ca: running.ca };
  }

  it('answers, drains on SIGTERM, writes its last log line, and exits with 0', async () => {
    serving = await startServing();
    const real = await start(serving, 0);
    expect((await ask({ ...serving, ...real }, BODY)).status).toBe(200);
    real.child.kill('SIGTERM');
    expect(await real.exited).toBe(0);
    expect(real.lines.map(({ msg }) => msg)).toEqual([
      'starting',
      'memory budget, assumed: no memory limit is known, see --memory-limit',
      'listening',
      'allowed',
      'draining',
      'stopped',
    ]);
  });

  it('exits at once on a second signal', async () => {
    serving = await startServing();
    const real = await start(serving, 3600);
    real.child.kill('SIGTERM');
    while (real.lines.at(-1)?.msg !== 'draining') await once(real.output, 'line');
    real.child.kill('SIGTERM');
    expect(await real.exited).toBe(143);
  });
});
