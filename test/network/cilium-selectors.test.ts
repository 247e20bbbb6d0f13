import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LabelRequirement, selects } from '../../src/k8s/selectors.ts';
import { peerOfSelector, podsOfNamespace, type SelectorScope } from '../../src/network/cilium-selectors.ts';
import { describeSelector } from '../../src/network/selectors.ts';
import { RANDOM_CASES } from '../support/repeats.ts';

const NAMESPACED: SelectorScope = { namespaced: true, initializing: false };
const CLUSTERWIDE: SelectorScope = { namespaced: false, initializing: false };
const INITIALIZING: SelectorScope = { namespaced: false, initializing: true };

function described(...asked: Parameters<typeof peerOfSelector>): string {
  const peer = peerOfSelector(...asked);
  if (typeof peer === 'string') return 'nobody knows';
  if (peer.of !== 'pods') return peer.of;
  return `${describeSelector(peer.pods)} in ${peer.namespaces ? describeSelector(peer.namespaces) : 'its own'}`;
}

describe('a peer', () => {
  it.each<[object, SelectorScope, string]>([
    [{}, NAMESPACED, 'everything in its own'],
    [{}, CLUSTERWIDE, 'everything in everything'],
    [{}, INITIALIZING, 'everything'],
    [{ matchLabels: { app: 'a' } }, NAMESPACED, 'app=a in its own'],
    [{ matchLabels: { 'k8s:app': 'a', 'any:b': 'c' } }, NAMESPACED, 'app=a,b=c in its own'],
    [
      { matchLabels: { 'io.kubernetes.pod.namespace': 'dns', app: 'a' } },
      NAMESPACED,
      'app=a in kubernetes.io/metadata.name=dns',
    ],
    [{ matchLabels: { 'k8s:io.cilium.k8s.namespace.labels.team': 'a' } }, NAMESPACED, 'everything in team=a'],
    [
      { matchExpressions: [{ key: 'k8s:io.kubernetes.pod.namespace', operator: 'Exists' }] },
      NAMESPACED,
      'everything in kubernetes.io/metadata.name',
    ],
    [
      { matchExpressions: [{ key: 'any:io.kubernetes.pod.namespace', operator: 'DoesNotExist' }] },
      NAMESPACED,
      'everything',
    ],
    [
      { matchExpressions: [{ key: 'io.kubernetes.pod.namespace', operator: 'NotIn', values: ['a'] }] },
      CLUSTERWIDE,
      'everything',
    ],
    [
      { matchExpressions: [{ key: 'io.cilium.k8s.namespace.labels.team', operator: 'NotIn', values: ['a'] }] },
      NAMESPACED,
      'everything',
    ],
    [
      { matchExpressions: [{ key: 'io.cilium.k8s.namespace.labels.team', operator: 'NotIn', values: ['a'] }] },
      CLUSTERWIDE,
      'everything in team notin (a)',
    ],
    [{ matchLabels: { 'reserved:world': '' } }, NAMESPACED, 'nobody knows'],
    [{ matchLabels: { $world: '' } }, NAMESPACED, 'nobody knows'],
    [{ matchExpressions: [{ key: 'reserved:host', operator: 'DoesNotExist' }] }, NAMESPACED, 'nobody knows'],
    [{ matchLabels: { 'cidr:0.0.0.0/0': '' } }, NAMESPACED, 'nobody knows'],
    [{ matchLabels: { 'K8S:app': 'a' } }, NAMESPACED, 'nobody knows'],
    [{ matchLabels: { 'k8s:io.cilium.k8s.policy.cluster': 'other' } }, NAMESPACED, 'nobody knows'],
  ])('%j of %j is %s', (selector, scope, expected) => {
    expect(described(selector, scope)).toBe(expected);
  });
});

describe('an endpointSelector', () => {
  it.each<[object, boolean, string | undefined]>([
    [{}, true, 'everything'],
    [{ matchLabels: { 'k8s:app': 'a' } }, true, 'app=a'],
    // Cilium puts the namespace of the policy in its place.
    [{ matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'other', app: 'a' } }, true, 'app=a'],
    [{ matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'other' } }, false, undefined],
    [{ matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'qdrant', app: 'a' } }, false, 'app=a'],
    [{ matchLabels: { 'k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name': 'b' } }, false, undefined],
    [{ matchLabels: { 'k8s:io.cilium.k8s.namespace.labels.team': 'b' } }, false, 'everything'],
    [{ matchExpressions: [{ key: 'io.kubernetes.pod.namespace', operator: 'DoesNotExist' }] }, false, undefined],
    [{ matchLabels: { 'reserved:health': '' } }, false, undefined],
    [{ matchLabels: { 'reserved:init': '' } }, false, 'everything'],
    [{ matchExpressions: [{ key: 'reserved:host', operator: 'DoesNotExist' }] }, false, 'everything'],
    // What is not understood does not make it smaller.
    [{ matchLabels: { 'container:app': 'qdrant' } }, false, 'everything'],
  ])('%j (namespaced: %j) selects %s of the namespace', (selector, namespaced, expected) => {
    const pods = podsOfNamespace(selector, namespaced, 'qdrant');
    expect(pods && describeSelector(pods)).toBe(expected);
  });
});

/** Somebody that Cilium knows, by labels of the form `source:key`. */
type Identity = Readonly<Record<string, string>>;

const POD_NAMESPACE = 'k8s:io.kubernetes.pod.namespace';

/** Whether Cilium takes somebody for a peer: what it adds to a selector, and how it matches, told a second time. */
function isSelected(identity: Identity, given: readonly LabelRequirement[], scope: SelectorScope): boolean {
  const keys = given.map(({ key = '' }) => ((key ?? '').includes(':') ? (key ?? '') : `any:${key}`));
  const added: LabelRequirement[] = [];
  if (!keys.some((key) => key.startsWith('reserved:'))) {
    const named = keys.some((key) => key === POD_NAMESPACE || key === 'any:io.kubernetes.pod.namespace');
    const labelled = keys.some((key) => /^(any|k8s):io\.cilium\.k8s\.namespace\.labels\./.test(key));
    if (!named && scope.namespaced && !labelled) added.push({ key: POD_NAMESPACE, operator: 'In', values: ['qdrant'] });
    if (!named && !scope.namespaced && !scope.initializing) added.push({ key: POD_NAMESPACE, operator: 'Exists' });
  }
  const all = [...given.map((each, at) => ({ ...each, key: keys[at] ?? '' })), ...added];
  return all.every(({ key, operator, values }) => {
    const wanted = key ?? '';
    const carried = Object.keys(identity).find((own) =>
      wanted.startsWith('any:') ? own.slice(own.indexOf(':') + 1) === wanted.slice(4) : own === wanted,
    );
    const value = carried === undefined ? undefined : identity[carried];
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    const isIn = value !== undefined && (values ?? []).includes(value);
    return operator === 'In' ? isIn : !isIn;
  });
}

interface Pod {
  readonly namespace: string;
  readonly team: string;
  readonly labels: Readonly<Record<string, string>>;
}

function identityOf({ namespace, team, labels }: Pod): Identity {
  return {
    ...Object.fromEntries(Object.entries(labels).map(([key, value]) => [`k8s:${key}`, value])),
    [POD_NAMESPACE]: namespace,
    'k8s:io.cilium.k8s.namespace.labels.team': team,
    'k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name': namespace,
  };
}

const STRANGERS: readonly Identity[] = [
  { 'reserved:world': '' },
  { 'reserved:world': '', 'cidr:203.0.113.0/24': '' },
  { 'reserved:host': '' },
  { 'reserved:init': '' },
];

const values = fc.subarray(['qdrant', 'shop', 'x'], { minLength: 1 });
const requirement: fc.Arbitrary<LabelRequirement> = fc
  .tuple(
    fc.constantFrom(
      'app',
      'k8s:app',
      'any:app',
      'io.kubernetes.pod.namespace',
      'k8s:io.kubernetes.pod.namespace',
      'k8s:io.cilium.k8s.namespace.labels.team',
      'io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name',
      'reserved:host',
      'reserved:world',
      'cidr:203.0.113.0/24',
    ),
    fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
    values,
  )
  .map(([key, operator, some]) => ({ key, operator, values: operator.endsWith('In') ? some : [] }));
const pod: fc.Arbitrary<Pod> = fc.record({
  namespace: fc.constantFrom('qdrant', 'shop'),
  team: fc.constantFrom('qdrant', 'shop', 'x'),
  labels: fc.dictionary(fc.constantFrom('app', 'tier'), fc.constantFrom('qdrant', 'shop', 'x'), {
    noNullPrototype: true,
  }),
});

it('a peer is never less than whom Cilium lets in', () => {
  const scopes = fc.constantFrom(NAMESPACED, CLUSTERWIDE, INITIALIZING);
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 4 }), scopes, pod, (matchExpressions, scope, somebody) => {
      const peer = peerOfSelector({ matchExpressions }, scope);
      if (typeof peer === 'string' || peer.of !== 'pods') return;
      for (const stranger of STRANGERS) expect(isSelected(stranger, matchExpressions, scope)).toBe(false);
      if (!isSelected(identityOf(somebody), matchExpressions, scope)) return;
      const { namespace, team, labels } = somebody;
      expect(selects(peer.pods, labels)).toBe(true);
      const ofNamespace = { 'kubernetes.io/metadata.name': namespace, team };
      expect(peer.namespaces ? selects(peer.namespaces, ofNamespace) : namespace === 'qdrant').toBe(true);
    }),
    { numRuns: RANDOM_CASES },
  );
});
