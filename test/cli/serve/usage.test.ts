import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { issueCertificate } from '../../support/certificates.ts';
import { runProgram } from '../../support/command-line.ts';
import { CONFIG } from '../../support/serving.ts';

let folder: string;
const file = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-usage-'));
  const [one, two] = await Promise.all([issueCertificate('localhost'), issueCertificate('localhost')]);
  await writeFile(file('config.yaml'), stringify(CONFIG));
  await writeFile(
    file('own.yaml'),
    stringify({ version: 1, namespaces: [{ names: ['webhook'], profile: 'private' }] }),
  );
  await writeFile(file('broken.yaml'), 'version: 2\n');
  await writeFile(file('tls.crt'), one.cert);
  await writeFile(file('tls.key'), one.key);
  await writeFile(file('other.key'), two.key);
});
afterAll(() => rm(folder, { recursive: true }));

async function serve(args: readonly string[], env: Record<string, string> = {}) {
  const { code, stderr } = await runProgram(['serve', ...args], { env, signal: AbortSignal.abort() });
  return { code, said: stderr };
}

/** Returns all flags that `serve` needs, with some of them changed. */
function flags(changes: Readonly<Record<string, string | undefined>> = {}): string[] {
  const all = {
    config: file('config.yaml'),
    'tls-cert-file': file('tls.crt'),
    'tls-private-key-file': file('tls.key'),
    bind: '127.0.0.1',
    port: '0',
    'metrics-port': '0',
    'drain-seconds': '0',
    ...changes,
  };
  return Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
}

it('starts, and exits with 0 when it is told to stop', async () => {
  expect(await serve(flags())).toEqual({ code: 0, said: '' });
});

describe('exit code 3 and a reason', () => {
  it.each([
    [{ config: undefined }, '--config is missing'],
    [{ 'tls-cert-file': undefined }, '--tls-cert-file is missing'],
    [{ 'tls-private-key-file': undefined }, '--tls-private-key-file is missing'],
    [{ config: '' }, '--config is empty: expected FILE'],
    [{ port: '-1' }, '--port is "-1": expected a number from 0 to 65535'],
    [{ port: '65536' }, '--port is "65536": expected a number from 0 to 65535'],
    [{ 'metrics-port': '0x10' }, '--metrics-port is "0x10": expected a number'],
    [{ 'drain-seconds': '1.5' }, '--drain-seconds is "1.5": expected a number'],
    [{ 'log-level': 'loud' }, '--log-level is "loud": expected debug, info, warn or error'],
    [{ certificates: 'own' }, '--certificates is "own": expected files or self'],
    [{ certificates: 'self' }, '--certificates self needs the environment variable POD_NAMESPACE'],
    [{ unheard: 'of' }, '--unheard is not a flag'],
  ])('for %j', async (changes, reason) => {
    const { code, said } = await serve(flags(changes));
    expect(code).toBe(3);
    expect(said).toContain(reason);
    expect(said).toContain('usage: qdrant-admission serve');
  });

  it('for more arguments than it takes', async () => {
    expect(await serve([...flags(), 'more'])).toMatchObject({ code: 3 });
  });

  it.each([
    [
      'a configuration that is not there',
      () => ({ config: file('absent.yaml') }),
      'absent.yaml: cannot be read: ENOENT',
    ],
    ['a configuration that is not valid', () => ({ config: file('broken.yaml') }), 'broken.yaml:1: version'],
    ['a certificate that is not there', () => ({ 'tls-cert-file': file('absent.crt') }), 'absent.crt: cannot be read'],
    ['a certificate that is none', () => ({ 'tls-cert-file': file('tls.key') }), 'expected a certificate in PEM'],
    ['a key that is none', () => ({ 'tls-private-key-file': file('tls.crt') }), 'expected a private key in PEM'],
    ['a key of another', () => ({ 'tls-private-key-file': file('other.key') }), 'is not the key of the certificate in'],
    ['an address that is not its own', () => ({ bind: '203.0.113.1' }), 'cannot listen: '],
  ])('for %s', async (_, changes, reason) => {
    const { code, said } = await serve(flags(changes()));
    expect(code).toBe(3);
    expect(said).toContain(reason);
    expect(said).not.toContain('usage:');
  });

  it('for the namespace that the webhook itself runs in', async () => {
    const { code, said } = await serve(flags({ config: file('own.yaml') }), { POD_NAMESPACE: 'webhook' });
    expect(code).toBe(3);
    expect(said).toContain('webhook cannot be protected');
  });
});
