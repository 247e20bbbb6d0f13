import { describe, expect, it } from 'vitest';
import { unknown } from '../../src/engine/fact.ts';
import type { JsonObject } from '../../src/k8s/object.ts';
import { toCidrs } from '../../src/network/addresses.ts';
import { describePorts } from '../../src/network/ports.ts';
import type { Addresses, Destination } from '../../src/network/settings.ts';
import { learnFact, subjectOf } from '../support/learn-fact.ts';
import { networkPolicy } from '../support/network-objects.ts';
import { pod } from '../support/pods.ts';
import { policyWithAllRules } from '../support/policies.ts';
import { listing } from '../support/worlds.ts';

const ROLES = { roles: { operator: { selector: { matchLabels: { app: 'operator' } } } } };
const { settings: OPERATORS } = policyWithAllRules(ROLES);
const { settings: CONFIGURED } = policyWithAllRules(ROLES, [], {
  network: { apiServer: [{ cidr: '198.51.100.7/32', ports: [8443] }] },
});

const TO_ADDRESSES = { to: [{ ipBlock: { cidr: '10.96.0.1/32' } }] };
const OF_OPERATOR = networkPolicy('operator', {
  podSelector: { matchLabels: { app: 'operator' } },
  policyTypes: ['Egress'],
  egress: [TO_ADDRESSES],
});

const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'kubernetes', namespace: 'default' },
  spec: { clusterIPs: ['10.96.0.1', 'fd00:10::1'], ports: [{ port: 443, protocol: 'TCP' }] },
};
const SLICE = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'kubernetes', namespace: 'default' },
  ports: [{ port: 6443 }, { port: 53, protocol: 'UDP' }],
  endpoints: [{ addresses: ['172.18.0.2'] }, { addresses: ['not an address'] }, { addresses: null }],
};
const BOTH = [SLICE, SERVICE];

async function places(
  subject: Parameters<typeof subjectOf>[0],
  objects: readonly JsonObject[],
  settings = OPERATORS,
): Promise<unknown> {
  const learnt = await learnFact('apiServer', subjectOf(subject), objects, settings);
  if (!learnt.known) return learnt.reason;
  return (learnt.value as readonly Destination<Addresses>[]).map(
    ({ addresses, ports }) => `${toCidrs(addresses).join(' ')} ${describePorts(ports)}`,
  );
}

const FOUND = ['172.18.0.2/32 TCP 6443', '10.96.0.1/32 TCP 443', 'fd00:10::1/128 TCP 443'];

describe('the fact apiServer', () => {
  it('is where Service and EndpointSlice default/kubernetes say', async () => {
    expect(await places(OF_OPERATOR, BOTH)).toEqual(FOUND);
    expect(await places(pod(), [...BOTH, OF_OPERATOR])).toEqual(FOUND);
    expect(await places(OF_OPERATOR, [SLICE])).toEqual(FOUND.slice(0, 1));
  });

  it('is what the configuration says, whatever the cluster says', async () => {
    expect(await places(OF_OPERATOR, BOTH, CONFIGURED)).toEqual(['198.51.100.7/32 TCP 8443']);
  });

  it.each<[what: string, spec: JsonObject]>([
    [
      'names no addresses',
      { podSelector: { matchLabels: { app: 'operator' } }, egress: [{ to: [{ podSelector: {} }] }] },
    ],
    ['is for pods that may not reach it', { podSelector: { matchLabels: { app: 'qdrant' } }, egress: [TO_ADDRESSES] }],
    ['opens nothing on the way out', { podSelector: { matchLabels: { app: 'operator' } }, ingress: [{}] }],
  ])('is not asked for by a policy that %s', async (_, spec) => {
    expect(await places(networkPolicy('p', spec), [])).toEqual([]);
  });

  it.each<[what: string, objects: readonly JsonObject[], reason: RegExp]>([
    ['there is no slice', [SERVICE], /^EndpointSlice default\/kubernetes is not there: set network\.apiServer$/],
    [
      'the slice is of another namespace',
      [{ ...SLICE, metadata: { ...SLICE.metadata, namespace: 'qdrant' } }],
      /is not there/,
    ],
    [
      'the slice cannot be read',
      [{ ...SLICE, endpoints: {} }],
      /^EndpointSlice kubernetes cannot be read: endpoints is /,
    ],
    ['the Service cannot be read', [SLICE, { ...SERVICE, spec: [] }], /^Service kubernetes cannot be read: spec is /],
  ])('is unknown where %s', async (_, objects, reason) => {
    expect(await places(OF_OPERATOR, objects)).toMatch(reason);
  });

  it('is unknown where nothing can be learnt', async () => {
    const away = listing(async () => unknown('the watch has not synced'));
    expect(await learnFact('apiServer', subjectOf(OF_OPERATOR), away, OPERATORS)).toEqual(
      unknown('the watch has not synced'),
    );
  });
});
