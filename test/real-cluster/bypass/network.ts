import { networkPolicy } from '../../support/network-objects.ts';
import { type Attempt, create, NAMESPACE, post } from './attempt.ts';

type Json = Record<string, unknown>;

const PATH = `/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/networkpolicies`;
const DENY = `${PATH}/default-deny`;
const ALL = { podSelector: {} };
const DATABASE = { podSelector: { matchLabels: { app: 'qdrant' } } };
const KEPT = { rule: 'default-deny-kept' };
const OWNER = { apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: 'c0ffee00-0000-4000-8000-000000000003' };

function policy(name: string, spec: Json): Json {
  return networkPolicy(name, spec as never, { namespace: NAMESPACE }) as Json;
}

function egress(name: string, rule: Json, selector: Json = DATABASE): Attempt['run'] {
  return create(policy(name, { ...selector, policyTypes: ['Egress'], egress: [rule] }));
}

function ingress(name: string, rule: Json, selector: Json = DATABASE): Attempt['run'] {
  return create(policy(name, { ...selector, ingress: [rule] }));
}

function patch(type: 'merge' | 'json', name: string, change: unknown): Attempt['run'] {
  const args = ['-n', NAMESPACE, 'patch', 'networkpolicy', name, `--type=${type}`, '-p', JSON.stringify(change)];
  return ({ kubectl }) => kubectl(args);
}

function remove(...args: string[]): Attempt['run'] {
  return ({ kubectl }) => kubectl(['-n', NAMESPACE, 'delete', 'networkpolicy', ...args]);
}

const PORTS = [{ port: 6333, endPort: 6335 }];
const deny = JSON.stringify(policy('dup', { ...ALL, policyTypes: ['Egress'], egress: [] }));

/** Ways out through the policies of the namespace. */
export const NETWORK_ATTEMPTS: readonly Attempt[] = [
  { way: 'the default deny', what: 'deleted', run: remove('default-deny'), refusedBy: KEPT },
  { way: 'the default deny', what: 'deleted with all others', run: remove('--all'), refusedBy: KEPT },
  {
    way: 'the default deny',
    what: 'deleted as an orphan',
    run: remove('default-deny', '--cascade=orphan'),
    refusedBy: KEPT,
  },
  {
    way: 'the default deny',
    what: 'deleted by a raw request with options',
    run: ({ kubectl }) => kubectl(['delete', '--raw', `${DENY}?gracePeriodSeconds=0&propagationPolicy=Background`]),
    refusedBy: KEPT,
  },
  {
    way: 'the default deny',
    what: 'given an owner that is gone',
    run: patch('merge', 'default-deny', { metadata: { ownerReferences: [OWNER] } }),
    refusedBy: KEPT,
  },
  {
    way: 'the default deny',
    what: 'without its second type',
    run: patch('json', 'default-deny', [{ op: 'remove', path: '/spec/policyTypes/1' }]),
    refusedBy: KEPT,
  },
  {
    way: 'the default deny',
    what: 'for pods that nobody makes',
    run: patch('merge', 'default-deny', {
      spec: { podSelector: { matchExpressions: [{ key: 'x', operator: 'Exists' }] } },
    }),
    refusedBy: KEPT,
  },
  {
    way: 'the default deny',
    what: 'replaced by an empty one, which the API server fills in for Ingress',
    run: ({ kubectl }) =>
      kubectl(['replace', '--raw', DENY, '-f', '-'], { stdin: JSON.stringify(policy('default-deny', {})) }),
    refusedBy: KEPT,
  },
  {
    way: 'the default deny',
    what: 'taken over by another field manager',
    run: ({ kubectl }) =>
      kubectl(['apply', '--server-side', '--force-conflicts', '--field-manager=mallory', '-f', '-'], {
        stdin: JSON.stringify(policy('default-deny', { ...ALL, policyTypes: ['Ingress'] })),
      }),
    refusedBy: KEPT,
  },
  {
    way: 'the default deny',
    what: 'with an opening for everything',
    run: patch('merge', 'default-deny', { spec: { egress: [{}] } }),
    refusedBy: KEPT,
  },
  {
    way: 'an open rule',
    what: 'egress without anything',
    run: egress('open', {}, ALL),
    refusedBy: { rule: 'policy-peers' },
  },
  {
    way: 'an open rule',
    what: 'ingress with an empty list',
    run: ingress('open', { from: [] }),
    refusedBy: { rule: 'policy-peers' },
  },
  {
    way: 'an open rule',
    what: 'port 53 to everywhere',
    run: egress('dns', { ports: [{ port: 53, protocol: 'UDP' }] }),
    refusedBy: { rule: 'policy-peers' },
  },
  {
    way: 'an open rule',
    what: 'under a generated name',
    run: create({
      ...policy('', { ...ALL, ingress: [{}] }),
      metadata: { generateName: 'open-', namespace: NAMESPACE },
    }),
    refusedBy: { rule: 'policy-peers' },
  },
  {
    way: 'an open rule',
    what: 'patched into a narrow policy',
    run: async (tools) => {
      await create(policy('narrow', DATABASE))(tools);
      return patch('merge', 'narrow', { spec: { ingress: [{}] } })(tools);
    },
    refusedBy: { rule: 'policy-peers' },
  },
  {
    way: 'duplicate keys in a policy',
    what: 'harmless first, harmful last',
    run: post(PATH, deny.replace('"egress":[]', '"egress":[],"egress":[{}]')),
    refusedBy: { rule: 'policy-peers' },
  },
  {
    way: 'duplicate keys in a policy',
    what: 'harmful first, harmless last',
    run: post(PATH, deny.replace('"egress":[]', '"egress":[{}],"egress":[]')),
    refusedBy: 'nobody, and nothing harmful enters',
  },
  {
    way: 'addresses',
    what: 'the internet in two halves',
    run: egress('halves', { to: [{ ipBlock: { cidr: '0.0.0.0/1' } }, { ipBlock: { cidr: '128.0.0.0/1' } }] }),
    refusedBy: { rule: 'metadata-address' },
  },
  {
    way: 'addresses',
    what: 'the internet without what is private',
    run: egress('public', {
      to: [
        {
          ipBlock: {
            cidr: '0.0.0.0/0',
            except: [
              '10.0.0.0/8',
              '172.16.0.0/12',
              '192.168.0.0/16',
              '169.254.0.0/16',
              '100.64.0.0/10',
              '168.63.129.16/32',
              '192.0.0.0/24',
            ],
          },
        },
      ],
    }),
    refusedBy: { rule: 'policy-egress' },
  },
  {
    way: 'addresses',
    what: 'all of IPv6',
    run: ingress('six', { from: [{ ipBlock: { cidr: '::/0' } }] }),
    refusedBy: { rule: 'policy-ingress' },
  },
  {
    way: 'addresses',
    what: 'the metadata service, with its host bits set',
    run: egress('metadata', { to: [{ ipBlock: { cidr: '169.254.169.254/32' } }], ports: [{ port: 80 }] }),
    refusedBy: { rule: 'metadata-address' },
  },
  {
    way: 'selectors',
    what: 'all namespaces',
    run: ingress('all', { from: [{ namespaceSelector: {} }], ports: PORTS }),
    refusedBy: { rule: 'policy-ingress' },
  },
  {
    way: 'selectors',
    what: 'every namespace that is not called so',
    run: egress('not', {
      to: [
        {
          namespaceSelector: {
            matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['x'] }],
          },
        },
      ],
    }),
    refusedBy: { rule: 'policy-egress' },
  },
  {
    way: 'selectors',
    what: 'a namespace by a label that anybody may have',
    run: egress('team', { to: [{ namespaceSelector: { matchLabels: { team: 'ours' } }, ...DATABASE }], ports: PORTS }),
    refusedBy: { rule: 'policy-egress' },
  },
  {
    way: 'selectors',
    what: 'an or that looks like an and',
    run: egress('or', {
      to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }, DATABASE],
      ports: PORTS,
    }),
    refusedBy: { rule: 'policy-egress' },
  },
  {
    way: 'selectors',
    what: 'every pod, as if it were a database',
    run: egress(
      'every',
      { to: [DATABASE], ports: PORTS },
      { podSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: [] }] } },
    ),
    refusedBy: 'the API server',
  },
  {
    way: 'selectors',
    what: 'pods without any label of a role',
    run: egress('roleless', { to: [DATABASE], ports: PORTS }, ALL),
    refusedBy: { rule: 'policy-egress' },
  },
  {
    way: 'ports',
    what: 'one more than the range',
    run: egress('ports', { to: [DATABASE], ports: [{ port: 6333, endPort: 6336 }] }),
    refusedBy: { rule: 'policy-egress' },
  },
  {
    way: 'ports',
    what: 'the same numbers of SCTP',
    run: egress('sctp', { to: [DATABASE], ports: [{ port: 6333, protocol: 'SCTP' }] }),
    refusedBy: { rule: 'policy-egress' },
  },
  {
    way: 'ports',
    what: 'by a name that the other end gives meaning to',
    run: egress('name', { to: [DATABASE], ports: [{ port: 'http' }] }),
    refusedBy: { rule: 'policy-egress' },
  },
  {
    way: 'policyTypes',
    what: 'rules for a direction that the policy is not for',
    run: create(policy('ignored', { ...DATABASE, policyTypes: ['Egress'], ingress: [{}] })),
    refusedBy: 'nobody, and nothing harmful enters',
  },
];
