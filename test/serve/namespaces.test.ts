import { afterEach, expect, it } from 'vitest';
import { known, unknown } from '../../src/engine/fact.ts';
import type { World } from '../../src/facts/ports.ts';
import { startFixtureApi } from '../support/fixture-api.ts';
import type { ScriptedApi } from '../support/scripted-api.ts';
import { startWebhook, type WebhookProcess } from '../support/webhook-process.ts';
import { listing, portsOf } from '../support/worlds.ts';

const CONFIG = { version: 1, namespaces: [{ names: ['qdrant', 'qdrnat'], profile: 'private' }] };
const NOTHING_ELSE = unknown('the files bring no more');
const QDRANT = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'qdrant' } };

let api: ScriptedApi | undefined;
let webhook: WebhookProcess | undefined;

afterEach(async () => {
  await webhook?.stop();
  await api?.close();
});

async function serveWith(world: World, neverReady = false): Promise<(path: string) => Promise<string>> {
  api = await startFixtureApi(portsOf(world));
  webhook = await startWebhook({ config: CONFIG, host: '127.0.0.1', kubeconfig: api.kubeconfig, neverReady });
  const { metricsPort } = webhook;
  return async (path) => (await fetch(`http://127.0.0.1:${metricsPort}${path}`)).text();
}

it('shows protected names that do not exist: one that is misspelt protects nothing', async () => {
  const get = await serveWith(listing(async (kind) => (kind === 'Namespace' ? known([QDRANT]) : NOTHING_ELSE)));
  const metrics = await get('/metrics');
  expect(metrics).toContain('qdrant_admission_protected_namespaces{exists="true"} 1\n');
  expect(metrics).toContain('qdrant_admission_protected_namespaces{exists="false"} 1\n');
});

it('is not ready, and claims nothing of namespaces, while the cluster cannot be listed', async () => {
  const get = await serveWith(
    listing(async () => unknown('etcdserver: request timed out')),
    true,
  );
  expect(await get('/readyz')).toContain('the cluster has not been listed yet');
  expect(await get('/metrics')).not.toContain('qdrant_admission_protected_namespaces{');
});
