import { describe, expect, it } from 'vitest';
import { FACTS } from '../../src/facts/list.ts';
import type { Ports, World } from '../../src/facts/ports.ts';
import { judge } from '../../src/judge.ts';
import { type KindName, kindNamed } from '../../src/k8s/kinds.ts';
import type { JsonObject } from '../../src/k8s/object.ts';
import { onlyRead } from '../../src/k8s/projection.ts';
import { fixtureFiles, readFixture } from '../support/fixtures.ts';
import { networkPolicy } from '../support/network-objects.ts';

const POLICY = kindNamed('NetworkPolicy.networking.k8s.io');
const WATCHED: ReadonlySet<KindName> = new Set<KindName>(FACTS.flatMap(({ watched }) => watched));

describe('what is kept of an object', () => {
  it('is what its shape names, at every depth, and its apiVersion and kind', () => {
    const spec = {
      podSelector: { matchLabels: { app: 'qdrant' }, later: 1 },
      policyTypes: ['Ingress'],
      ingress: [
        { from: [{ ipBlock: { cidr: '10.0.0.0/8', note: 'x' } }], ports: [{ port: 'http', appProtocol: 'h2' }] },
      ],
      priority: 4,
    };
    const metadata = { labels: { team: 'search' }, managedFields: [{ manager: 'kubectl' }], finalizers: ['a/b'] };
    const object = { ...networkPolicy('one', spec, metadata), status: { conditions: [] } };
    expect(onlyRead(object, POLICY)).toEqual(
      networkPolicy(
        'one',
        {
          podSelector: { matchLabels: { app: 'qdrant' } },
          policyTypes: ['Ingress'],
          ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [{ port: 'http' }] }],
        },
        { labels: { team: 'search' } },
      ),
    );
  });

  it('is whether a field is there of which nothing is read', () => {
    const ingress = kindNamed('Ingress.networking.k8s.io');
    const object = { metadata: { name: 'a' }, spec: { defaultBackend: { service: { name: 'web' } } } };
    expect(onlyRead(object, ingress)).toEqual({ metadata: { name: 'a' }, spec: { defaultBackend: {} } });
  });

  it('is what is not set, and what has another type, as it is: whoever reads it has to see that', () => {
    const spec: JsonObject = {
      podSelector: null,
      ingress: [{ from: null }, null, 'text'],
      egress: { to: [] },
      policyTypes: 3,
    };
    expect(onlyRead(networkPolicy('one', spec), POLICY)).toEqual(networkPolicy('one', spec));
  });

  it('is every label and annotation but the copy that kubectl apply keeps of the object', () => {
    const copy = { 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
    const annotations: JsonObject = { 'example.com/a': 'b', constructor: 'c' };
    const object = networkPolicy('one', {}, { annotations: { ...annotations, ...copy } });
    expect(onlyRead(object, POLICY)).toEqual(networkPolicy('one', {}, { annotations }));
  });

  it('is the whole spec of a volume, whose source is a field of any name', () => {
    const volume = { metadata: { name: 'a' }, spec: { nfs: { server: 'files' } }, status: { phase: 'Bound' } };
    expect(onlyRead(volume, kindNamed('PersistentVolume'))).toEqual({ metadata: { name: 'a' }, spec: volume.spec });
  });

  it('is never what a name such as __proto__ would make of it', () => {
    const object: JsonObject = JSON.parse(
      '{"metadata":{"name":"a","__proto__":{"uid":"x"}},"__proto__":{"spec":{"podSelector":{}}}}',
    );
    const kept = onlyRead(object, POLICY);
    expect(kept).toEqual({ metadata: { name: 'a' } });
    expect(Object.getPrototypeOf(kept)).toBe(Object.prototype);
  });
});

/** The world of a fixture, as watches would remember it. */
function remembered(ports: Ports, keep: (object: JsonObject, kind: KindName) => JsonObject): Ports {
  const { cluster } = ports;
  const kept = (object: JsonObject, kind: KindName) => (WATCHED.has(kind) ? keep(object, kind) : object);
  const world: World = {
    ...cluster,
    async list(kind, namespace, signal) {
      const listed = await cluster.list(kind, namespace, signal);
      return listed.known ? { known: true, value: listed.value.map((object) => kept(object, kind)) } : listed;
    },
    async read(kind, namespace, name, signal) {
      const found = await cluster.read(kind, namespace, name, signal);
      return found.known && found.value ? { known: true, value: kept(found.value, kind) } : found;
    },
  };
  return { ...ports, cluster: world };
}

/** What all rules say of a fixture, as text that two worlds can be compared by. */
async function verdictsOf(file: ReturnType<typeof fixtureFiles>[number], keep?: Parameters<typeof remembered>[1]) {
  const { subject, policy, ports } = readFixture(file);
  const { verdicts } = await judge(
    subject,
    policy,
    keep ? remembered(ports, keep) : ports,
    new AbortController().signal,
  );
  return verdicts.map(({ rule, ...rest }) => JSON.stringify({ rule: rule.id, ...rest, policy: undefined }));
}

describe('a world that keeps nothing else', () => {
  it('is judged like the whole one, in every fixture of every rule', async () => {
    for (const file of fixtureFiles()) {
      const projected = await verdictsOf(file, (object, kind) => onlyRead(object, kindNamed(kind)));
      expect(projected, file.path).toEqual(await verdictsOf(file));
    }
  });

  it.each([...WATCHED])('would be judged otherwise without what is kept of %s', async (lost) => {
    const differing: string[] = [];
    for (const file of fixtureFiles()) {
      const bare = await verdictsOf(file, (object, kind) =>
        kind === lost ? { apiVersion: object['apiVersion'], kind: object['kind'], metadata: {} } : object,
      );
      if (JSON.stringify(bare) !== JSON.stringify(await verdictsOf(file))) differing.push(file.path);
    }
    expect(differing).not.toEqual([]);
  });
});
