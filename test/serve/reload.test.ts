import { once } from 'node:events';
import { rename, symlink, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { issueCertificate } from '../support/certificates.ts';
import {
  BAD_POD,
  CONFIG,
  dial,
  GOOD_POD,
  metric,
  probe,
  review,
  reviewOf,
  type Serving,
  startServing,
} from '../support/serving.ts';

const [ENTRY] = CONFIG.namespaces;
const LAX = { ...CONFIG, enforcement: 'audit' };
const elsewhere = { ...CONFIG, namespaces: [{ ...ENTRY, names: ['elsewhere'], profile: 'hybrid' }] };
const FAILED_CONFIG = 'the new configuration cannot be used: the last good one stays in force';
const FAILED_CERTIFICATE = 'the new certificate cannot be used: the last good one stays in force';

/** Each has a server of its own: what a reload takes is mostly waiting, which all can do at once. */
const it = test.extend<{ serving: Serving }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern what a fixture needs.
  serving: async ({}, use) => {
    const serving = await startServing();
    await use(serving);
    await serving.stop();
  },
});

describe.concurrent('the configuration', () => {
  it('is reloaded when it changes', async ({ serving }) => {
    expect((await review(serving, reviewOf(BAD_POD))).allowed).toBe(false);
    await replaceFile(serving.files.config, stringify(LAX));
    await serving.logged('configuration reloaded');
    expect((await review(serving, reviewOf(BAD_POD))).allowed).toBe(true);
  });

  it('is reloaded when a symbolic link to it is replaced, as kubelet does', async ({ serving }) => {
    const { config } = serving.files;
    const folder = dirname(config);
    await writeFile(join(folder, 'new.yaml'), stringify(LAX));
    await symlink('new.yaml', join(folder, 'link'));
    await rename(join(folder, 'link'), config);
    await serving.logged('configuration reloaded');
    expect((await review(serving, reviewOf(BAD_POD))).allowed).toBe(true);
  });

  it.for<readonly [what: string, text: string, named: string]>([
    ['is not valid', stringify({ ...CONFIG, enforcement: 'sometimes' }), 'enforcement'],
    ['is half written', 'version: 1\nnamespaces: [{names: [qdr', 'config.yaml:'],
  ])('stays in use if the new one %s', async ([, text, named], { serving }) => {
    await replaceFile(serving.files.config, text);
    const { level, problems } = await serving.logged(FAILED_CONFIG);
    expect(level).toBe('error');
    expect(String(problems)).toContain(named);
    expect((await review(serving, reviewOf(BAD_POD))).allowed).toBe(false);
    expect((await review(serving, reviewOf(GOOD_POD))).allowed).toBe(true);
    expect(await metric(serving, 'qdrant_admission_reload_failures_total{what="configuration"}')).toBe(1);
    expect(await metric(serving, 'qdrant_admission_last_reload_successful{what="configuration"}')).toBe(0);
    expect((await probe(serving, '/readyz')).status).toBe(200);

    await replaceFile(serving.files.config, stringify(LAX));
    await serving.logged('configuration reloaded');
    expect(await metric(serving, 'qdrant_admission_last_reload_successful{what="configuration"}')).toBe(1);
  });

  it('stays in use if its file is deleted', async ({ serving }) => {
    await unlink(serving.files.config);
    await serving.logged(FAILED_CONFIG);
    expect((await review(serving, reviewOf(GOOD_POD))).allowed).toBe(true);
  });

  it('is reloaded at once if a review is about a namespace that it does not list', async ({ serving }) => {
    const pod = { ...GOOD_POD, metadata: { name: 'a', namespace: 'elsewhere' } };
    const asked = reviewOf(pod, { namespace: 'elsewhere' });
    expect((await review(serving, asked)).status?.code).toBe(503);
    await replaceFile(serving.files.config, stringify(elsewhere));
    expect(await review(serving, asked)).toMatchObject({ allowed: true });
  });
});

describe.concurrent('the certificate', () => {
  async function serial(serving: Serving): Promise<string> {
    const { socket } = await dial(serving, { rejectUnauthorized: false });
    const { serialNumber } = (socket as TLSSocket).getPeerCertificate();
    socket.destroy();
    return serialNumber;
  }

  it('is reloaded when it changes, and open connections continue', async ({ serving }) => {
    const before = await serial(serving);
    const { socket, sofar, received } = await dial(serving);
    const closed = received.then(() => Promise.reject(new Error('the server closed the connection')));
    closed.catch(() => {});
    const body = JSON.stringify(reviewOf(GOOD_POD));
    const answers = () => sofar().split('"allowed":true').length - 1;
    async function askAgain(): Promise<void> {
      const wanted = answers() + 1;
      socket.write(
        `POST /validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      while (answers() < wanted) await Promise.race([once(socket, 'data'), closed]);
    }
    // A connection that asks nothing at first is soon closed, whatever certificate it has.
    await askAgain();
    const next = await issueCertificate('localhost');
    await replaceFile(serving.files.cert, next.cert);
    await serving.logged(FAILED_CERTIFICATE);
    expect(await serial(serving)).toBe(before);

    await replaceFile(serving.files.key, next.key);
    await serving.logged('certificate reloaded');
    expect(await serial(serving)).not.toBe(before);
    expect(await review({ ...serving, ca: next.ca }, reviewOf(GOOD_POD))).toMatchObject({ allowed: true });
    expect(await metric(serving, 'qdrant_admission_reload_failures_total{what="certificate"}')).toBe(1);
    await askAgain();
    socket.destroy();
  });

  it('stays in use if the new one is only half written, and no key is logged', async ({ serving }) => {
    const before = await serial(serving);
    const next = await issueCertificate('localhost');
    await replaceFile(serving.files.key, next.key.slice(0, next.key.length / 2));
    const { problem } = await serving.logged(FAILED_CERTIFICATE);
    expect(problem).toContain('expected a private key in PEM');
    expect(JSON.stringify(serving.log)).not.toContain(next.key.slice(100, 140));
    expect(await serial(serving)).toBe(before);
  });

  it('has its expiry in the metrics', async ({ serving }) => {
    const seconds = await metric(serving, 'qdrant_admission_certificate_expiry_timestamp_seconds');
    expect(seconds * 1000).toBeGreaterThan(Date.now());
  });
});

/** At once, so that nobody reads half of it. */
async function replaceFile(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}
