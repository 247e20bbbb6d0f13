import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LabelSelector } from '../../src/k8s/selectors.ts';
import { type Change, changesOf } from '../../src/network/changes.ts';
import type { Direction, NetworkPolicy } from '../../src/network/default-deny.ts';
import { RANDOM_CASES } from '../support/repeats.ts';

const namespace = 'qdrant';

function policy(name: string, spec: object): NetworkPolicy {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace }, spec };
}

const labelled = (app: string) => ({ matchLabels: { app } });
const DENY = policy('default-deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
const PORTS = [{ port: 6333 }];
const ALLOW = policy('allow-apps', {
  podSelector: labelled('db'),
  policyTypes: ['Ingress'],
  ingress: [
    { from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'apps' } } }], ports: PORTS },
  ],
});

/** The essence of changes, for tables. */
function told(before: readonly NetworkPolicy[], after: readonly NetworkPolicy[]): string[] {
  return changesOf({ namespace, before, after }).map(({ does, direction, pods, connections, policies, except }) =>
    [
      does,
      direction,
      JSON.stringify(pods),
      ...connections.map((each) => `${each.peer.of} by ${each.policies}${each.except.length > 0 ? ' except' : ''}`),
      ...(policies.length > 0 ? [`(${policies})`] : []),
      ...(except.length > 0 ? [`except ${JSON.stringify(except)}`] : []),
    ].join(' '),
  );
}

describe('a change of policies', () => {
  const DB = JSON.stringify(labelled('db'));
  it.each<[string, NetworkPolicy[], NetworkPolicy[], string[]]>([
    ['nothing', [DENY, ALLOW], [ALLOW, DENY], []],
    ['another name', [DENY], [policy('deny', DENY.spec ?? {})], []],
    ['a policy that opens', [DENY], [DENY, ALLOW], [`opens Ingress ${DB} pods by allow-apps`]],
    ['a policy less', [DENY, ALLOW], [DENY], [`closes Ingress ${DB} pods by allow-apps`]],
    [
      'the default deny gone',
      [DENY, ALLOW],
      [ALLOW],
      [`frees Ingress {} (default-deny) except [${DB}]`, 'frees Egress {} (default-deny)'],
    ],
    ['a first policy', [], [ALLOW], [`isolates Ingress ${DB} pods by allow-apps (allow-apps)`]],
    [
      'the same for all pods as well',
      [DENY, ALLOW],
      [DENY, policy('allow-apps', { ...ALLOW.spec, podSelector: {} })],
      ['opens Ingress {} pods by allow-apps except'],
    ],
    [
      'from a rule to two, in two policies',
      [DENY, policy('a', { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] })],
      [
        DENY,
        policy('b', { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/9' } }] }] }),
        policy('c', { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.128.0.0/9' } }] }] }),
      ],
      [],
    ],
    [
      'a rule without peers',
      [DENY, ALLOW],
      [DENY, policy('allow-apps', { ...ALLOW.spec, ingress: [{ ports: PORTS }] })],
      [`opens Ingress ${DB} everything by allow-apps`],
    ],
    [
      'what one selector isolates and another opens, where both select',
      [policy('one', { podSelector: labelled('db') })],
      [
        policy('one', { podSelector: labelled('db') }),
        policy('two', { podSelector: { matchLabels: { tier: 'x' } }, ingress: [{ ports: PORTS }] }),
      ],
      [
        `isolates Ingress {"matchLabels":{"tier":"x"}} everything by two (two) except [${JSON.stringify({
          matchExpressions: [
            { key: 'app', operator: 'In', values: ['db'] },
            { key: 'tier', operator: 'In', values: ['x'] },
          ],
        })}]`,
        `opens Ingress ${JSON.stringify({
          matchExpressions: [
            { key: 'app', operator: 'In', values: ['db'] },
            { key: 'tier', operator: 'In', values: ['x'] },
          ],
        })} everything by two`,
      ],
    ],
  ])('tells %s', (_, before, after, expected) => {
    expect(told(before, after)).toEqual(expected);
  });
});

/** A small world: which pods there are, who may be at the other end, and on which port. */
const PODS = ['a', 'b', 'c'].flatMap((app) => [{ app }, { app, tier: 'x' }, { app, tier: 'y' }]);
const OTHERS = [
  ...['qdrant', 'apps'].flatMap((space) => PODS.map((labels) => ({ space, labels }))),
  ...[1, 2, 200].map((address) => ({ address })),
];
const NUMBERS = [53, 6333, 6334];
type Other = { readonly space: string; readonly labels: Record<string, string> } | { readonly address: number };

const selector: fc.Arbitrary<LabelSelector> = fc.oneof(
  fc.constant({}),
  fc.constantFrom('a', 'b', 'c').map(labelled),
  fc.constantFrom('x', 'y').map((tier) => ({ matchLabels: { tier } })),
  fc.constantFrom('NotIn', 'In').map((operator) => ({
    matchExpressions: [{ key: 'app', operator, values: ['a', 'b'] }],
  })),
  fc.constantFrom('Exists', 'DoesNotExist').map((operator) => ({ matchExpressions: [{ key: 'tier', operator }] })),
);
const peer = fc.oneof(
  selector.map((podSelector) => ({ podSelector })),
  fc.record({
    podSelector: selector,
    namespaceSelector: fc.constantFrom({}, { matchLabels: { 'kubernetes.io/metadata.name': 'apps' } }),
  }),
  fc.constantFrom('10.0.0.0/30', '10.0.0.0/24', '10.0.0.200/32').map((cidr) => ({ ipBlock: { cidr } })),
  fc.constant({ ipBlock: { cidr: '10.0.0.0/24', except: ['10.0.0.0/31'] } }),
);
const ports = fc.constantFrom([], [{ port: 53 }], [{ port: 6333, endPort: 6334 }], [{ port: 6334 }]);
const peers = fc.array(peer, { maxLength: 2 });
const spec = fc.record(
  {
    podSelector: selector,
    policyTypes: fc.constantFrom(['Ingress'], ['Egress'], ['Ingress', 'Egress']),
    ingress: fc.array(fc.record({ from: peers, ports }), { maxLength: 2 }),
    egress: fc.array(fc.record({ to: peers, ports }), { maxLength: 2 }),
  },
  { requiredKeys: ['podSelector'] },
);
const policies = fc.array(spec, { maxLength: 4 }).map((specs) => specs.map((each, index) => policy(`p${index}`, each)));

/** The semantics of NetworkPolicies once more, for one pod, one peer and one port. */
function allowed(
  all: readonly NetworkPolicy[],
  direction: Direction,
  pod: Record<string, string>,
  other: Other,
  port: number,
): boolean {
  const isolating = all.filter(({ spec: own }) => {
    const types = own?.policyTypes ?? (own?.egress?.length ? ['Ingress', 'Egress'] : ['Ingress']);
    return types.includes(direction) && chooses(own?.podSelector ?? {}, pod);
  });
  if (isolating.length === 0) return true;
  return isolating.some(({ spec: own }) => {
    const rules: readonly { from?: unknown; to?: unknown; ports?: unknown }[] =
      (direction === 'Ingress' ? own?.ingress : own?.egress) ?? [];
    return rules.some((rule) => {
      const ends = ((direction === 'Ingress' ? rule.from : rule.to) ?? []) as readonly PeerSpec[];
      const range = (rule.ports ?? []) as readonly { port: number; endPort?: number }[];
      const onPort =
        range.length === 0 || range.some((each) => port >= each.port && port <= (each.endPort ?? each.port));
      return onPort && (ends.length === 0 || ends.some((end) => meets(end, other)));
    });
  });
}

interface PeerSpec {
  readonly podSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

function meets({ podSelector, namespaceSelector, ipBlock }: PeerSpec, other: Other): boolean {
  if (ipBlock)
    return (
      'address' in other &&
      within(ipBlock.cidr, other.address) &&
      !(ipBlock.except ?? []).some((each) => within(each, other.address))
    );
  if ('address' in other) return false;
  const space = { 'kubernetes.io/metadata.name': other.space };
  const inSpace = namespaceSelector ? chooses(namespaceSelector, space) : other.space === namespace;
  return inSpace && chooses(podSelector ?? {}, other.labels);
}

/** All ranges here begin with 10.0.0. */
function within(cidr: string, address: number): boolean {
  const [first = 0, length = 0] = [Number(cidr.slice('10.0.0.'.length).split('/')[0]), Number(cidr.split('/')[1])];
  return address >= first && address < first + 2 ** (32 - length);
}

function chooses({ matchLabels, matchExpressions }: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  for (const [key, value] of Object.entries(matchLabels ?? {})) if (labels[key] !== value) return false;
  for (const { key = '', operator, values } of matchExpressions ?? []) {
    const value = labels[key ?? ''];
    if (operator === 'In' && !(value !== undefined && values?.includes(value))) return false;
    if (operator === 'NotIn' && value !== undefined && values?.includes(value)) return false;
    if (operator === 'Exists' && value === undefined) return false;
    if (operator === 'DoesNotExist' && value !== undefined) return false;
  }
  return true;
}

/** Whether a change says that it opens, or closes, this connection of this pod. */
function says(
  change: Change,
  way: 'opens' | 'closes',
  direction: Direction,
  pod: Record<string, string>,
  other: Other,
  port: number,
): boolean {
  const { does, pods, connections, except } = change;
  if (change.direction !== direction || !chooses(pods, pod) || except.some((each) => chooses(each, pod))) return false;
  const listed = connections.some((each) => {
    const { peer: end } = each;
    const onPort = each.ports.TCP.some(({ start, end: last }) => port >= start && port < last);
    if (!onPort || each.except.some((some) => chooses(some, pod))) return false;
    if (end.of === 'everything') return true;
    if (end.of === 'addresses') {
      const value = 'address' in other ? BigInt(10 * 2 ** 24 + other.address) : -1n;
      return end.addresses.v4.some(({ start, end: last }) => value >= start && value < last);
    }
    return meets({ podSelector: end.pods, ...(end.namespaces && { namespaceSelector: end.namespaces }) }, other);
  });
  if (does === 'frees') return way === 'opens';
  if (does === 'isolates') return way === 'closes' && !listed;
  return does === way && listed;
}

describe('whatever a change does to a connection', () => {
  it('is told', () => {
    fc.assert(
      fc.property(policies, policies, (before, after) => {
        const changes = changesOf({ namespace, before, after });
        for (const direction of ['Ingress', 'Egress'] as const) {
          for (const pod of PODS) {
            for (const other of OTHERS) {
              for (const port of NUMBERS) {
                const [was, is] = [before, after].map((all) => allowed(all, direction, pod, other, port));
                if (was === is) continue;
                const way = is ? 'opens' : 'closes';
                const isTold = changes.some((change) => says(change, way, direction, pod, other, port));
                expect({ way, direction, pod, other, port, isTold }).toMatchObject({ isTold: true });
              }
            }
          }
        }
      }),
      { numRuns: RANDOM_CASES / 5 },
    );
  });

  it('is nothing where policies are only put in another order, or called something else', () => {
    fc.assert(
      fc.property(policies, (before) => {
        const after = before.toReversed().map((each, index) => policy(`other-${index}`, each.spec ?? {}));
        expect(changesOf({ namespace, before, after })).toEqual([]);
      }),
      { numRuns: RANDOM_CASES },
    );
  });
});
