import { describe, expect, it } from 'vitest';
import type { NetworkPolicy } from '../../src/network/default-deny.ts';
import { describePeer } from '../../src/network/peers.ts';
import { describePorts } from '../../src/network/ports.ts';
import { reachOf, unreadableFor } from '../../src/network/reach.ts';

function policy(name: string, spec: object): NetworkPolicy {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace: 'qdrant' }, spec };
}

const DENY = policy('default-deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });

/** `from: peer on ports through policy path`, by direction. */
function told(labels: Record<string, string>, policies: readonly NetworkPolicy[]) {
  return reachOf(labels, policies).map(({ direction, isolatedBy, opened }) => [
    `${direction} ${isolatedBy.length === 0 ? 'open' : isolatedBy.join(' ')}`,
    ...opened.map(({ peer, ports, through }) =>
      [
        describePeer(peer, 'qdrant'),
        `on ${describePorts(ports)}`,
        ...through.map(({ policy: name, path }) => `${name} ${path}`),
      ].join(' '),
    ),
  ]);
}

const peerPods = (app: string) => ({ podSelector: { matchLabels: { app } } });

describe('what policies leave to a pod', () => {
  it('is everything where none selects it', () => {
    const other = policy('other', {
      podSelector: { matchLabels: { app: 'other' } },
      policyTypes: ['Ingress', 'Egress'],
    });
    expect(told({ app: 'db' }, [other])).toEqual([['Ingress open'], ['Egress open']]);
  });

  it('is everything in a direction in which none isolates it: egress, where nobody says policyTypes', () => {
    expect(told({}, [policy('in', { podSelector: {} })])).toEqual([['Ingress in'], ['Egress open']]);
  });

  it('is the union of what they open, one row per peer, with each rule', () => {
    const policies = [
      DENY,
      policy('a', {
        podSelector: { matchLabels: { app: 'db' } },
        ingress: [
          { from: [peerPods('x'), peerPods('y')], ports: [{ port: 6333 }] },
          { from: [peerPods('x')], ports: [{ port: 6334 }] },
        ],
      }),
      policy('b', { podSelector: {}, ingress: [{ from: [peerPods('x')], ports: [{ port: 6335 }] }] }),
    ];
    expect(told({ app: 'db' }, policies)[0]).toEqual([
      'Ingress a b default-deny',
      'pods app=x of namespace qdrant on TCP 6333–6335 a spec.ingress[0].from[0] a spec.ingress[1].from[0] b spec.ingress[0].from[0]',
      'pods app=y of namespace qdrant on TCP 6333 a spec.ingress[0].from[1]',
    ]);
    expect(told({ app: 'other' }, policies)[0]).toEqual([
      'Ingress b default-deny',
      'pods app=x of namespace qdrant on TCP 6335 b spec.ingress[0].from[0]',
    ]);
  });

  it.each<[string, object, string]>([
    [
      'a namespace by its name',
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'apps' } } },
      'all pods of namespace apps',
    ],
    [
      'two of them',
      {
        namespaceSelector: {
          matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['b', 'a'] }],
        },
      },
      'all pods of namespace a or b',
    ],
    [
      'a name and a label, which it may lose',
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'apps', team: 'x' } } },
      'all pods of namespaces kubernetes.io/metadata.name=apps,team=x',
    ],
    [
      'any namespace',
      { namespaceSelector: {}, podSelector: { matchLabels: { app: 'x' } } },
      'pods app=x of every namespace',
    ],
    ['namespaces by a label', { namespaceSelector: { matchLabels: { team: 'x' } } }, 'all pods of namespaces team=x'],
    [
      'a range without a part of it',
      { ipBlock: { cidr: '10.0.0.0/30', except: ['10.0.0.0/32'] } },
      '10.0.0.1/32, 10.0.0.2/31',
    ],
    [
      'many ranges',
      { ipBlock: { cidr: '10.0.0.0/24', except: ['10.0.0.0/32'] } },
      '10.0.0.1/32, 10.0.0.2/31, 10.0.0.4/30, 10.0.0.8/29 and 4 more',
    ],
  ])('names %s', (_, from, expected) => {
    const [ingress] = told({}, [policy('p', { podSelector: {}, ingress: [{ from: [from] }] })]);
    expect(ingress?.[1]).toBe(`${expected} on all ports p spec.ingress[0].from[0]`);
  });

  it('is what a rule without peers opens: everything', () => {
    const [, egress] = told({}, [
      policy('p', { podSelector: {}, egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }] }),
    ]);
    expect(egress).toEqual(['Egress p', 'everything, in the cluster and outside of it on UDP 53 p spec.egress[0]']);
  });
});

describe('what cannot be read', () => {
  const wrong = policy('wrong', {
    podSelector: { matchLabels: { app: 'db' } },
    ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/33' } }] }],
  });
  const odd = policy('odd', { podSelector: { matchExpressions: [{ key: 'app', operator: 'Like', values: ['d*'] }] } });

  it('is told of policies that select the pod, and of those of which nobody knows', () => {
    expect(unreadableFor({ app: 'db' }, [wrong, odd, DENY])).toEqual([
      { policy: 'wrong', path: 'spec.ingress[0].from[0]', problem: 'expected at most 32 bits behind the slash' },
      {
        policy: 'odd',
        path: 'spec.podSelector.matchExpressions[0].operator',
        problem: 'expected In, NotIn, Exists or DoesNotExist',
      },
    ]);
    expect(unreadableFor({ app: 'other' }, [wrong, DENY])).toEqual([]);
  });
});
