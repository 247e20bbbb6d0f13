import { describe, expect, it } from 'vitest';
import { containsAddress } from '../../src/network/addresses.ts';
import { ENDPOINT_WRITERS, namedAddresses } from '../../src/network/endpoint-addresses.ts';
import { judgeBy } from '../support/judge-rule.ts';
import { subjectOf } from '../support/learn-fact.ts';
import { policyWithAllRules } from '../support/policies.ts';

const SLICE = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    name: 'qdrant-1',
    labels: { 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' },
  },
  addressType: 'IPv4',
  endpoints: [{ addresses: ['10.244.1.7'] }],
};

async function outcomeFor(username: string): Promise<string | undefined> {
  const user = { username, groups: ['system:authenticated'] };
  return (await judgeBy('endpoint-addresses', subjectOf(SLICE, { uid: 'a', user }), []))[0];
}

describe('endpoints', () => {
  it.each(ENDPOINT_WRITERS)('are written by %s', async (username) => {
    expect(await outcomeFor(username)).toBe('pass');
  });

  it.each([
    'alice',
    'endpointslice-controller',
    'system:serviceaccount:qdrant:endpointslice-controller',
    'system:serviceaccount:kube-system:endpointslice-controller2',
    'system:node:worker-1',
  ])('are not written by %s, whatever their labels say', async (username) => {
    expect(await outcomeFor(username)).toBe('fail');
  });
});

describe('the addresses that may stand behind a Service', () => {
  const { settings } = policyWithAllRules({ network: { clients: [{ cidr: '198.51.100.0/24' }] } }, [], {
    network: { apiServer: [{ cidr: '10.20.0.0/28' }], dns: [{ cidr: '169.254.0.0/16' }] },
  });
  const named = namedAddresses(settings.network);

  it.each([
    ['10.20.0.4', true],
    ['::ffff:10.20.0.4', true],
    ['169.254.20.10', true],
    ['169.254.169.254', false],
    ['10.20.0.16', false],
    // Who may call is nobody to call.
    ['198.51.100.7', false],
    ['', false],
    ['10.20.0.4/28', false],
  ])('%s: %s', (address, expected) => {
    expect(containsAddress(named, address)).toBe(expected);
  });
});
