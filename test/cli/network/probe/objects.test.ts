import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { reachOf, readAttempts } from '../../../../src/cli/network/probe/attempts.ts';
import {
  clientPod,
  DIRECTIONS,
  defaultDeny,
  namespaceOf,
  serverPod,
} from '../../../../src/cli/network/probe/objects.ts';
import { makeSubject } from '../../../../src/engine/subject.ts';
import { judge } from '../../../../src/judge.ts';
import { isKubernetesObject, type JsonObject } from '../../../../src/k8s/object.ts';
import { policyWithAllRules } from '../../../support/policies.ts';
import { holding, portsOf } from '../../../support/worlds.ts';

const SETTINGS = { image: `registry.cloud.qdrant.io/qdrant/qdrant@sha256:${'0'.repeat(64)}`, seconds: 60 };
const DENY_ALL = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'default-deny', namespace: 'qdrant' },
  spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
};

const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'qdrant' } };

describe('the pods', () => {
  it.each([
    ['server', serverPod(SETTINGS)],
    ['client', clientPod(['10.0.0.1'], SETTINGS)],
  ])('of the %s break none of our own rules, nor the Pod Security level of their namespace', async (_, pod) => {
    const object = { ...pod, metadata: { ...(pod['metadata'] as JsonObject), namespace: 'qdrant' } };
    if (!isKubernetesObject(object)) throw new Error('not an object');
    const now = new Date('2026-11-01T00:00:00Z');
    const subject = makeSubject({ object, operation: 'CREATE', namespace: 'qdrant', now });
    const world = holding([DENY_ALL, NAMESPACE]);
    const ports = portsOf({ ...world, live: world });
    const { verdicts } = await judge(subject, policyWithAllRules(), ports, new AbortController().signal);
    expect(verdicts.length).toBeGreaterThan(20);
    expect(verdicts.filter(({ outcome }) => outcome !== 'pass')).toEqual([]);
    expect(namespaceOf('probe', 'run')).toMatchObject({
      metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
  });

  it('run: the client says when it reaches the server, and when it does not', async () => {
    const server = run(serverPod(SETTINGS));
    const client = run(clientPod(['127.0.0.1', '::1'], SETTINGS));
    const lines = createInterface({ input: client.stdout })[Symbol.asyncIterator]();
    const next = async () => readAttempts((await lines.next()).value ?? '')[0];
    const until = async (reach: string) => {
      for (;;) {
        const attempt = await next();
        if (!attempt) throw new Error('the client ended');
        if (reachOf(attempt) === reach) return attempt;
      }
    };
    const open = await until('open');
    server.kill('SIGKILL');
    await once(server, 'exit');
    const denied = await until('denied');
    expect(denied.number).toBeGreaterThan(open.number);
    expect(denied.outcomes.map(([address]) => address)).toEqual(['127.0.0.1', '::1']);
  });
});

it('the policies deny all pods, each in its own direction', () => {
  const [ingress, egress] = DIRECTIONS.map(defaultDeny);
  expect(ingress).toMatchObject({ spec: { podSelector: {}, policyTypes: ['Ingress'] } });
  expect(egress).toMatchObject({ spec: { podSelector: {}, policyTypes: ['Egress'] } });
});

/** Runs what the pod's container runs, here. */
function run(pod: JsonObject) {
  const [{ command }] = (pod['spec'] as { containers: [{ command: string[] }] }).containers;
  const [, ...args] = command;
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  // What is killed while it writes resets its pipe.
  child.stdout.on('error', () => {});
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return child;
}
