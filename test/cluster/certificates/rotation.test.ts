import { X509Certificate } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_LIFETIMES } from '../../../src/certificates/lifetimes.ts';
import {
  type Certificates,
  type CertificatesOptions,
  runCertificates,
} from '../../../src/cluster/certificates/rotation.ts';
import { createKubeClient, type KubeClient } from '../../../src/cluster/client.ts';
import { findCluster } from '../../../src/cluster/kubeconfig.ts';
import type { ServingCertificate } from '../../../src/runtime/certificate-files.ts';
import { type CertificateObjects, SECRET_PATH, serveCertificateObjects } from '../../support/certificate-objects.ts';
import { type ScriptedApi, startScriptedApi } from '../../support/scripted-api.ts';
import { eventually } from '../../support/watch-script.ts';

const DAY = 86_400_000;
const SETTINGS = {
  namespace: 'system',
  secret: 'gate-certificates',
  webhookConfiguration: 'gate',
  dnsNames: ['gate.system.svc'],
  lifetimes: { ...DEFAULT_LIFETIMES, grace: 100 },
  everyMs: 20,
};

let api: ScriptedApi;
let client: KubeClient;
let objects: CertificateObjects;
let stop: AbortController;
let lines: string[];
/** How far the clock of every replica is ahead, in milliseconds. */
let ahead: number;
let replicas: Certificates[];

beforeAll(async () => {
  api = await startScriptedApi();
  client = createKubeClient(await findCluster({ kubeconfig: api.kubeconfig, env: {} }));
});

beforeEach(() => {
  api.requests.length = 0;
  objects = serveCertificateObjects(api, ['pods.example.com', 'claims.example.com']);
  stop = new AbortController();
  lines = [];
  ahead = 0;
  replicas = [];
});

afterEach(async () => {
  stop.abort();
  await Promise.all(replicas.map(({ done }) => done));
  for (const line of lines) expect(line).not.toContain('PRIVATE KEY');
});

afterAll(() => api.close());

interface Replica extends Certificates {
  readonly served: readonly ServingCertificate[];
}

function startReplica(changes: Partial<CertificatesOptions> = {}): Replica {
  const served: ServingCertificate[] = [];
  const write = (fields: unknown, message?: string): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const certificates = runCertificates({
    client,
    settings: SETTINGS,
    onLeaf: (leaf) => void served.push(leaf),
    signal: stop.signal,
    now: () => Date.now() + ahead,
    log: { info: write, warn: write, error: write },
    ...changes,
  });
  replicas.push(certificates);
  return Object.assign(certificates, { served });
}

function publishedTexts(): string[] {
  return (objects.configuration?.webhooks ?? []).map(({ clientConfig }) =>
    Buffer.from(clientConfig.caBundle ?? '', 'base64').toString(),
  );
}

function authoritiesIn(text: string): number {
  return text.split('-----BEGIN CERTIFICATE-----').length - 1;
}

function isTrusted({ cert }: ServingCertificate, text: string): boolean {
  const leaf = new X509Certificate(cert);
  const pems = text.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? [];
  return pems.some((pem) => leaf.verify(new X509Certificate(pem).publicKey));
}

function settle(replica: Replica): Promise<unknown> {
  return eventually(() => expect(replica.status().settled).toBeDefined());
}

test('two replicas that start at once agree on one authority and one leaf, published in every entry', async () => {
  const [one, other] = [startReplica(), startReplica()];
  expect(one.healthy()).toBe(false);
  await Promise.all([settle(one), settle(other)]);
  await eventually(() => expect(other.served).toHaveLength(1));
  expect(one.served).toEqual(other.served);
  const [first = '', second] = publishedTexts();
  expect(first).toBe(second);
  expect(authoritiesIn(first)).toBe(1);
  for (const certificate of one.served) expect(isTrusted(certificate, first)).toBe(true);
  expect(one.healthy()).toBe(true);
  expect(one.status().expires).toEqual(one.served[0]?.expires);
});

test('an empty Secret that was created in advance is used without a warning', async () => {
  objects.secret = { metadata: { resourceVersion: 'made', uid: 'x', generation: 1 } };
  const replica = startReplica();
  await settle(replica);
  expect(replica.served).toHaveLength(1);
  expect(lines.join()).not.toContain('damaged');
});

test('renews the leaf in time, and then the authority, publishing both in between', async () => {
  const replica = startReplica();
  await settle(replica);
  ahead = 21 * DAY;
  await eventually(() => expect(replica.served).toHaveLength(2));
  expect(authoritiesIn(publishedTexts()[0] ?? '')).toBe(1);

  ahead = 244 * DAY;
  await eventually(() => expect(authoritiesIn(publishedTexts()[0] ?? '')).toBe(2));
  const both = publishedTexts()[0] ?? '';
  await eventually(() => expect(replica.served.length).toBeGreaterThanOrEqual(4));
  for (const certificate of replica.served) expect(isTrusted(certificate, both)).toBe(true);
  expect(authoritiesIn(publishedTexts()[0] ?? '')).toBe(2);

  const last = replica.served.at(-1);
  ahead += 31 * DAY;
  await eventually(() => expect(authoritiesIn(publishedTexts()[0] ?? '')).toBe(1));
  expect(last && isTrusted(last, publishedTexts()[0] ?? '')).toBe(true);
});

test('restores a caBundle that somebody removed', async () => {
  const replica = startReplica();
  await settle(replica);
  const before = publishedTexts();
  const { configuration } = objects;
  if (!configuration?.webhooks) throw new Error('there is a configuration');
  objects.configuration = {
    metadata: { ...configuration.metadata, resourceVersion: 'theirs' },
    webhooks: configuration.webhooks.map(({ name }) => ({ name, clientConfig: {} })),
  };
  await eventually(() => expect(publishedTexts()).toEqual(before));
  expect(replica.served).toHaveLength(1);
});

test('serves without a webhook configuration, because nobody calls yet', async () => {
  objects.configuration = undefined;
  const replica = startReplica();
  await settle(replica);
  expect(replica.healthy()).toBe(true);
});

describe('when something goes wrong', () => {
  test('losing a race is no failure, and it tries again', async () => {
    let lost = 0;
    objects.interfere = ({ method }) =>
      method !== 'GET' && lost++ < 3 ? { status: 409, reason: 'Conflict' } : undefined;
    const replica = startReplica();
    await settle(replica);
    expect(lost).toBeGreaterThan(3);
    expect(lines.join()).not.toContain('the rotation failed');
  });

  test('keeps serving while the API server fails, and asks it again', async () => {
    const replica = startReplica();
    await settle(replica);
    objects.interfere = () => ({ status: 503, reason: 'ServiceUnavailable' });
    await eventually(() => expect(replica.status().problem).toContain('HTTP 503'));
    expect(replica.healthy()).toBe(true);
    ahead = 31 * DAY;
    expect(replica.healthy()).toBe(false);
    objects.interfere = () => undefined;
    await eventually(() => expect(replica.healthy()).toBe(true));
    expect(replica.status().problem).toBeUndefined();
  });

  test('does not take a Secret that it may not read for a missing one', async () => {
    objects.interfere = ({ url }) =>
      url.pathname.startsWith(SECRET_PATH) ? { status: 403, reason: 'Forbidden' } : undefined;
    const replica = startReplica();
    await eventually(() => expect(replica.status().problem).toContain('HTTP 403'));
    expect(api.requests.some(({ method, url }) => method === 'POST' && url.pathname === SECRET_PATH)).toBe(false);
    expect(replica.served).toEqual([]);
  });

  test('reports a damaged Secret and repairs it without losing trust', async () => {
    const replica = startReplica();
    await settle(replica);
    const { secret } = objects;
    if (!secret?.data) throw new Error('there is a Secret');
    objects.secret = {
      metadata: { ...secret.metadata, resourceVersion: 'damaged' },
      data: { ...secret.data, 'authority.key': Buffer.from('lost').toString('base64') },
    };
    await eventually(() => expect(replica.served).toHaveLength(2));
    expect(lines.join()).toContain('authority.key is not the key of authority.crt');
    const [text = ''] = publishedTexts();
    for (const certificate of replica.served) expect(isTrusted(certificate, text)).toBe(true);
  });

  test('offers the certificate again to a server that did not take it', async () => {
    let offered = 0;
    const replica = startReplica({
      onLeaf() {
        offered++;
        if (offered === 1) throw new Error('not now');
      },
    });
    await eventually(() => expect(replica.healthy()).toBe(true));
    expect(offered).toBe(2);
  });

  test('refuses lifetimes that cannot work at once', () => {
    const lifetimes = { ...DEFAULT_LIFETIMES, authority: DAY };
    expect(() => startReplica({ settings: { ...SETTINGS, lifetimes } })).toThrow(RangeError);
  });
});
