import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { deepEqual } from '../../src/engine/reads.ts';
import { judge } from '../../src/judge.ts';
import type { KubernetesObject } from '../../src/k8s/object.ts';
import { askHandler } from '../support/ask-handler.ts';
import { startFixtureApi } from '../support/fixture-api.ts';
import { type Fixture, type FixtureFile, fixtureFiles, readFixture } from '../support/fixtures.ts';
import { startWebhookInProcess } from '../support/webhook-in-process.ts';
import { joinCluster } from './harness/cluster.ts';
import { askApiServer, askWebhook, type Told } from './support/ask.ts';
import { apply, configFor, ensureNamespace, type Protection, protect } from './support/protected.ts';

/** Every fixture is a request to the real API server, and gets the verdict that its name says. */
const cluster = joinCluster(inject('cluster'));
const namespace = 'qdrant';
let protection: Protection;
let inForce = JSON.stringify(configFor(namespace));

interface Case extends Fixture {
  readonly file: FixtureFile;
  /** Why the API server cannot show it; then the webhook is asked directly. */
  readonly direct?: string;
}

const cases = fixtureFiles().map((file): Case => {
  const fixture = readFixture(file);
  const direct = fixture.replay ?? untold(fixture);
  return { ...fixture, file, ...(direct !== undefined && { direct }) };
});

/** What no API server and no process beside it can be told of the world of a fixture. */
function untold(fixture: Fixture): string | undefined {
  if (verifiesImages(fixture)) return 'what registries tell is in the fixture alone';
  return dropsImageVolumes(fixture) ? 'before 1.35 image volumes are off' : undefined;
}

function verifiesImages({ policy }: Fixture): boolean {
  return policy.settings.images.verification === 'on';
}

/** A field of a feature that is off is dropped before admission, and the volume would name no source. */
function dropsImageVolumes({ subject: { pod } }: Fixture): boolean {
  const minor = Number(cluster.serverVersion.split('.')[1]);
  return minor < 35 && (pod?.spec.volumes ?? []).some((volume) => volume['image'] != null);
}

/** Whether something has to be made first: what is updated, or the pod of a Binding. */
function needsStage({ subject }: Case): boolean {
  return subject.operation !== 'CREATE' || subject.object.kind === 'Binding';
}

/** Fixtures that share a configuration are asked about in a row. */
const byConfig = Map.groupBy(cases, ({ config }) => JSON.stringify(config ?? configFor(namespace)));

beforeAll(async () => {
  // What stands in the world of a fixture was there before anybody judged it.
  await ensureNamespace(cluster, namespace);
  for (const object of worldObjects()) await apply(cluster, object);
  protection = await protect(cluster, namespace);
});

afterAll(async () => {
  await protection?.remove();
  const left = worldObjects().filter(({ metadata }) => !metadata?.namespace);
  for (const { kind, metadata } of left) await cluster.kubectl(['delete', kind, metadata?.name ?? '', '--wait=false']);
});

/** The objects around all subjects, each once. Fixtures share a cluster: what has one name has to be one thing. */
function worldObjects(): KubernetesObject[] {
  const objects = new Map<string, KubernetesObject>();
  for (const { documents, file, direct } of cases) {
    for (const object of direct === undefined ? documents : []) {
      const key = `${object.kind} ${object.metadata?.namespace ?? ''}/${object.metadata?.name}`;
      const known = objects.get(key);
      if (known && !deepEqual(known, object)) throw new Error(`${file.path}: ${key} is another than elsewhere`);
      objects.set(key, object);
    }
  }
  return [...objects.values()].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}
const ORDER = ['StorageClass', 'VolumeAttributesClass', 'PersistentVolume', 'PersistentVolumeClaim'];

for (const [config, group] of byConfig) {
  describe(`with the configuration ${config}`, () => {
    beforeAll(async () => {
      // What is only replayed asks webhooks of its own.
      if (group.every(({ direct }) => direct !== undefined) || config === inForce) return;
      await protection.reconfigure(JSON.parse(config));
      inForce = config;
    });

    async function ask(_path: string, one: Case): Promise<void> {
      const { allowed, message } = await askApiServer(cluster, one.subject);
      await expectVerdict(one, allowed, message);
      if (!allowed) expect(message).toContain('denied the request: ');
    }
    const asked = group.filter(({ direct }) => direct === undefined).map((one) => [one.file.path, one] as const);
    // A dry run changes nothing, so that several can be under way; what needs a stage has it for itself.
    test.concurrent.each(asked.filter(([, one]) => !needsStage(one)))('%s', ask);
    test.each(asked.filter(([, one]) => needsStage(one)))('%s', ask);

    // Each asks a webhook of its own.
    test.concurrent.each(
      group.filter(({ direct }) => direct !== undefined).map((one) => [one.file.path, one.direct, one] as const),
    )('%s, asked directly: %s', async (_path, reason, one) => {
      if (reason?.includes('refuses')) {
        const { allowed, message } = await askApiServer(cluster, one.subject);
        expect(allowed, message).toBe(false);
        expect(message).not.toContain('denied the request: ');
      }
      const { allowed, message } = await replay(one, JSON.parse(config));
      await expectVerdict(one, allowed, message);
    });
  });
}

/** Asks a webhook that sees the world of the fixture and no other. A process would ask real registries: its handler does not. */
async function replay(one: Case, config: object): Promise<Told> {
  if (verifiesImages(one)) return askHandler(one.subject, config, one.ports);
  const api = await startFixtureApi(one.ports);
  const neverReady = one.file.prefix === 'unknown';
  const host = '127.0.0.1';
  const webhook = await startWebhookInProcess({ config, host, kubeconfig: api.kubeconfig, neverReady });
  try {
    return await askWebhook(webhook, host, one.subject);
  } finally {
    await webhook.stop();
    await api.close();
  }
}

/** The verdict is the one in the fixture's name, and a denial names the rule and the field. */
async function expectVerdict({ file, subject, policy, ports }: Case, allowed: boolean, message: string): Promise<void> {
  // A workload is let in with warnings: its pods are what is refused.
  const isAdvised = subject.pod !== undefined && subject.pod.base !== '';
  expect(allowed, message).toBe(file.prefix === 'allow' || isAdvised);
  const { verdicts } = await judge(subject, policy, ports, new AbortController().signal);
  if (file.prefix === 'allow') {
    // What is tolerated is let in, and never silently.
    const tolerated = verdicts.some(({ rule, outcome }) => rule.id === file.rule && outcome === 'exempt');
    expect(message.includes(`Warning: ${file.rule}: `), message).toBe(tolerated);
    return;
  }
  if (isAdvised) expect(message).toContain(`Warning: ${file.rule}: `);
  expect(message).toContain(file.rule);
  for (const verdict of verdicts) {
    if (verdict.outcome !== 'fail') continue;
    for (const { path, name } of verdict.findings) {
      // The name of a container stands in the middle of its path.
      for (const part of name === undefined ? [path] : path.split(/(?<=\])\./)) expect(message).toContain(part);
    }
  }
}
