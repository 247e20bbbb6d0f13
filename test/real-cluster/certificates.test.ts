import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import type { Authority } from '../../src/certificates/trust-state.ts';
import { issueAuthority } from '../../src/cluster/certificates/issuer.ts';
import { readAnchors } from '../../src/cluster/certificates/secret.ts';
import { createCertificateStore, FIELD_MANAGER } from '../../src/cluster/certificates/store.ts';
import { createKubeClient, type KubeClient } from '../../src/cluster/client.ts';
import { findCluster } from '../../src/cluster/kubeconfig.ts';
import { webhookConfiguration } from '../../src/registration/webhook.ts';
import { RULES } from '../../src/rules/index.ts';
import type { ServingCertificate } from '../../src/runtime/certificate-files.ts';
import { joinCluster } from './harness/cluster.ts';
import { type Balancer, startBalancer } from './support/balancer.ts';
import { startLoad, tryPod } from './support/load.ts';
import { goodSpec } from './support/pods.ts';
import { apply, ensureNamespace, must, until } from './support/protected.ts';
import { type SelfIssued, startSelfIssued } from './support/self-issued.ts';

const cluster = joinCluster(inject('cluster'));
const { kubectl, webhookHost } = cluster;
const bind = cluster.provider === 'local' ? '127.0.0.1' : '0.0.0.0';
const namespace = 'certificates';
const NAME = 'certificates.example.com';
const SECRET = 'webhook-certificates';
const SECONDS = 1000;
const SETTINGS = {
  namespace,
  secret: SECRET,
  webhookConfiguration: NAME,
  ...(isIP(webhookHost) === 0 ? { dnsNames: [webhookHost] } : { dnsNames: [], ipAddresses: [webhookHost] }),
  lifetimes: { authority: 72 * SECONDS, leaf: 24 * SECONDS, grace: 2 * SECONDS },
  everyMs: 500,
};
/** Until the first authority was replaced, its last leaf expired, and it was dropped; and as long again. */
const ROTATION_MS = 240_000;

const configurationSchema = z.object({
  metadata: z.object({ managedFields: z.array(z.looseObject({ manager: z.string(), fieldsV1: z.unknown() })) }),
  webhooks: z.array(z.object({ name: z.string(), clientConfig: z.object({ caBundle: z.base64().default('') }) })),
});

let stop: AbortController;
let balancer: Balancer;
let started: SelfIssued[];

beforeAll(() => ensureNamespace(cluster, namespace));

beforeEach(async () => {
  stop = new AbortController();
  started = [];
  balancer = await startBalancer(bind);
});

afterEach(async () => {
  stop.abort();
  await Promise.all(started.map(({ certificates }) => certificates.done));
  await balancer.close();
  await Promise.all(started.map((replica) => replica.close()));
  await kubectl(['delete', 'validatingwebhookconfiguration', NAME, '--ignore-not-found']);
  await kubectl(['-n', namespace, 'delete', 'secret', SECRET, '--ignore-not-found']);
});

afterAll(() => kubectl(['delete', 'namespace', namespace, '--wait=false']));

async function newClient(): Promise<KubeClient> {
  return createKubeClient(await findCluster({ kubeconfig: cluster.kubeconfig, env: {} }));
}

/** Takes part in the balancing as soon as it can serve. */
async function startReplica(): Promise<SelfIssued> {
  const client = await newClient();
  const replica = startSelfIssued({ client, settings: SETTINGS, bind, signal: stop.signal, onListening: balancer.add });
  started.push(replica);
  return replica;
}

function configuration(): object {
  return webhookConfiguration(RULES, {
    name: NAME,
    clientConfig: { url: `https://${webhookHost}:${balancer.port}/validate` },
    namespaces: [namespace],
    failurePolicy: 'Fail',
    timeoutSeconds: 5,
  });
}

async function published() {
  const json = await must(
    kubectl(['get', 'validatingwebhookconfiguration', NAME, '-o', 'json', '--show-managed-fields']),
  );
  const { metadata, webhooks } = configurationSchema.parse(JSON.parse(json));
  const bundles = webhooks.map(({ clientConfig }) => Buffer.from(clientConfig.caBundle, 'base64').toString());
  const [manager] = metadata.managedFields.filter(({ manager: name }) => name === FIELD_MANAGER);
  return { names: webhooks.map(({ name }) => name), bundles, manager };
}

async function secretText(key: string): Promise<string> {
  const path = `jsonpath={.data.${key.replace('.', '\\.')}}`;
  return Buffer.from(await must(kubectl(['-n', namespace, 'get', 'secret', SECRET, '-o', path])), 'base64').toString();
}

function isTrustedBy({ cert }: ServingCertificate, bundle: string): boolean {
  const leaf = new X509Certificate(cert);
  return readAnchors(bundle).anchors.some(({ certificate }) => leaf.verify(new X509Certificate(certificate).publicKey));
}

test('two replicas that start at once agree; a rotation of everything under load loses no call', {
  timeout: ROTATION_MS,
}, async () => {
  const client = await newClient();
  await apply(cluster, configuration());
  await until('calls to fail while nobody is trusted', async () =>
    (await tryPod(client, namespace, goodSpec())).text.includes('failed calling webhook'),
  );

  const replicas = await Promise.all([startReplica(), startReplica()]);
  await until('both replicas to serve', async () => replicas.every(({ served }) => served.length > 0));
  await until('the API server to trust them', async () => (await tryPod(client, namespace, goodSpec())).status === 201);
  const [first = '', ...others] = (await published()).bundles;
  expect(readAnchors(first).anchors).toHaveLength(1);
  expect(new Set(others)).toEqual(new Set([first]));
  expect(await secretText('ca.crt')).toBe(first);
  expect(replicas.map(({ served }) => served[0])).toEqual(replicas.map(() => replicas[0]?.served[0]));

  const load = startLoad(client, namespace);
  const bundles = new Set([first]);
  const end = Date.now() + ROTATION_MS - 30_000;
  while (readAnchors(first).anchors.some(({ certificate }) => [...bundles].at(-1)?.includes(certificate))) {
    if (Date.now() > end) throw new Error('the first authority is never dropped');
    for (const bundle of (await published()).bundles) bundles.add(bundle);
    await sleep(500);
  }
  await load.end();

  expect(load.lost).toEqual([]);
  expect(load.counts.admitted).toBeGreaterThan(100);
  expect(load.counts.refused).toBeGreaterThan(100);
  for (const connections of balancer.connections.values()) expect(connections).toBeGreaterThan(50);
  // The first alone, with its successor, the successor alone.
  expect([...bundles].map((bundle) => readAnchors(bundle).anchors.length)).toEqual([1, 2, 1]);
  for (const { served, certificates } of replicas) {
    expect(certificates.healthy()).toBe(true);
    expect(served.length).toBeGreaterThan(3);
    const last = served.at(-1);
    expect(last && isTrustedBy(last, first)).toBe(false);
  }
});

describe('the caBundle', () => {
  test('is all that the program owns: who applies the configuration keeps it, and may drop an entry', async () => {
    const full = JSON.stringify(configuration());
    const applyAs = (text: string) =>
      must(kubectl(['apply', '--server-side', '--field-manager=helm', '-f', '-'], { stdin: text }));
    await applyAs(full);
    await startReplica();
    await until('the bundle', async () => (await published()).bundles.every((bundle) => bundle !== ''));
    const before = await published();
    const fields = JSON.stringify(before.manager?.fieldsV1);
    expect(before.manager).toMatchObject({ operation: 'Update' });
    expect(
      fields
        .replaceAll(/k:\{[^}]*\}/g, '')
        .match(/"f:[^"]*"/g)
        ?.sort(),
    ).toEqual(['"f:webhooks"', ...before.names.flatMap(() => ['"f:clientConfig"', '"f:caBundle"'])].sort());

    await applyAs(full);
    expect((await published()).bundles).toEqual(before.bundles);
    await must(kubectl(['diff', '--server-side', '--field-manager=helm', '-f', '-'], { stdin: full }));

    const { webhooks, ...rest } = JSON.parse(full);
    await applyAs(JSON.stringify({ ...rest, webhooks: webhooks.slice(1) }));
    expect(await published()).toMatchObject({ names: before.names.slice(1), bundles: before.bundles.slice(1) });
  });

  test('comes back when somebody replaces the configuration', async () => {
    await apply(cluster, configuration());
    await startReplica();
    await until('the bundle', async () => (await published()).bundles.every((bundle) => bundle !== ''));
    const { bundles } = await published();
    await must(kubectl(['replace', '-f', '-'], { stdin: JSON.stringify(configuration()) }));
    await until('the bundle again', async () => (await published()).bundles.every((bundle) => bundle === bundles[0]));
  });
});

test('every write gives way to whoever wrote in between', async () => {
  const store = createCertificateStore({
    ...SETTINGS,
    client: await newClient(),
    names: SETTINGS,
    signal: stop.signal,
    onDamage() {},
  });
  await apply(cluster, configuration());
  expect(await store.createSecret()).toBe(true);
  expect(await store.createSecret()).toBe(false);
  const { version = '', intact } = await store.readSecret();
  expect(intact).toBe(false);
  expect(await store.writeSecret({ retired: [] }, version)).toBe(true);
  expect(await store.writeSecret({ retired: [] }, version)).toBe(false);

  const [one, other] = await Promise.all([newAuthority(), newAuthority()]);
  const untouched = await store.readPublished();
  if (!untouched) throw new Error('the configuration is there');
  expect(await store.publish(one.certificate, untouched)).toBe(true);
  expect(await store.publish(one.certificate, untouched)).toBe(false);

  const seen = await store.readPublished();
  await must(kubectl(['annotate', 'validatingwebhookconfiguration', NAME, 'example.com/touched=yes']));
  expect(seen && (await store.publish(other.certificate, seen))).toBe(false);
  const touched = await store.readPublished();
  expect(touched?.bundles.map(({ text }) => text)).toEqual(touched?.bundles.map(() => one.certificate));
  // Only the entries make a revision, or any annotation would hold up a rotation.
  expect(touched?.revision).toBe(seen?.revision);
  expect(touched && (await store.publish(other.certificate, touched))).toBe(true);
  expect((await store.readPublished())?.revision).not.toBe(seen?.revision);
});

function newAuthority(): Promise<Authority> {
  return issueAuthority({ notBefore: Date.now(), notAfter: Date.now() + 60_000 });
}
