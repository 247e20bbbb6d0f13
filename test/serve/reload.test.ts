import { rename, symlink, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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

const LAX = { ...CONFIG, namespaces: [{ ...CONFIG.namespaces[0], rules: { 'host-namespaces': { mode: 'off' } } }] };
const elsewhere = { ...CONFIG, namespaces: [{ names: ['elsewhere'], profile: 'hybrid' }] };
const FAILED_CONFIG = 'the new configuration cannot be used: the last good one stays in force';
const FAILED_CERTIFICATE = 'the new certificate cannot be used: the last good one stays in force';

let serving: Serving;
beforeEach(async () => {
  serving = await startServing();
});
afterEach(() => serving.stop());

describe('the configuration', () => {
  it('is reloaded when it changes', async () => {
    expect((await review(serving, reviewOf(BAD_POD))).allowed).toBe(false);
    await writeFile(serving.files.config, stringify(LAX));
    await serving.logged('configuration reloaded');
    expect((await review(serving, reviewOf(BAD_POD))).allowed).toBe(true);
  });

  it('is reloaded when a symbolic link to it is replaced, as kubelet does', async () => {
    const { config } = serving.files;
    const folder = dirname(config);
    await writeFile(join(folder, 'new.yaml'), stringify(LAX));
    await symlink('new.yaml', join(folder, 'link'));
    await rename(join(folder, 'link'), config);
    await serving.logged('configuration reloaded');
    expect((await review(serving, reviewOf(BAD_POD))).allowed).toBe(true);
  });

  it.each([
    ['is not valid', stringify({ ...CONFIG, enforcement: 'sometimes' }), 'enforcement'],
    ['is half written', 'version: 1\nnamespaces: [{names: [qdr', 'config.yaml:'],
  ])('stays in use if the new one %s', async (_, text, named) => {
    await writeFile(serving.files.config, text);
    const { level, problems } = await serving.logged(FAILED_CONFIG);
    expect(level).toBe('error');
    expect(String(problems)).toContain(named);
    expect((await review(serving, reviewOf(BAD_POD))).allowed).toBe(false);
    expect((await review(serving, reviewOf(GOOD_POD))).allowed).toBe(true);
    expect(await metric(serving, 'qdrant_admission_reload_failures_total{what="configuration"}')).toBe(1);
    expect(await metric(serving, 'qdrant_admission_last_reload_successful{what="configuration"}')).toBe(0);
    expect((await probe(serving, '/readyz')).status).toBe(200);

    await writeFile(serving.files.config, stringify(LAX));
    await serving.logged('configuration reloaded');
    expect(await metric(serving, 'qdrant_admission_last_reload_successful{what="configuration"}')).toBe(1);
  });

  it('stays in use if its file is deleted', async () => {
    await unlink(serving.files.config);
    await serving.logged(FAILED_CONFIG);
    expect((await review(serving, reviewOf(GOOD_POD))).allowed).toBe(true);
  });

  it('is reloaded at once if a review is about a namespace that it does not list', async () => {
    const pod = { ...GOOD_POD, metadata: { name: 'a', namespace: 'elsewhere' } };
    const asked = reviewOf(pod, { namespace: 'elsewhere' });
    expect((await review(serving, asked)).status?.code).toBe(503);
    await writeFile(serving.files.config, stringify(elsewhere));
    expect(await review(serving, asked)).toMatchObject({ allowed: true });
  });
});

describe('the certificate', () => {
  async function serial(): Promise<string> {
    const { socket } = await dial(serving, { rejectUnauthorized: false });
    const { serialNumber } = (socket as TLSSocket).getPeerCertificate();
    socket.destroy();
    return serialNumber;
  }

  it('is reloaded when it changes, and open connections continue', async () => {
    const before = await serial();
    const { socket, sofar } = await dial(serving);
    const next = await issueCertificate('localhost');
    await writeFile(serving.files.cert, next.cert);
    await serving.logged(FAILED_CERTIFICATE);
    expect(await serial()).toBe(before);

    await writeFile(serving.files.key, next.key);
    await serving.logged('certificate reloaded');
    expect(await serial()).not.toBe(before);
    expect(await review({ ...serving, ca: next.ca }, reviewOf(GOOD_POD))).toMatchObject({ allowed: true });
    expect(await metric(serving, 'qdrant_admission_reload_failures_total{what="certificate"}')).toBe(1);

    const body = JSON.stringify(reviewOf(GOOD_POD));
    socket.write(
      `POST /validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    while (!sofar().includes('"allowed":true')) await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
  });

  it('stays in use if the new one is only half written, and no key is logged', async () => {
    const before = await serial();
    const next = await issueCertificate('localhost');
    await writeFile(serving.files.key, next.key.slice(0, next.key.length / 2));
    const { problem } = await serving.logged(FAILED_CERTIFICATE);
    expect(problem).toContain('expected a private key in PEM');
    expect(JSON.stringify(serving.log)).not.toContain(next.key.slice(100, 140));
    expect(await serial()).toBe(before);
  });

  it('has its expiry in the metrics', async () => {
    const seconds = await metric(serving, 'qdrant_admission_certificate_expiry_timestamp_seconds');
    expect(seconds * 1000).toBeGreaterThan(Date.now());
  });
});
