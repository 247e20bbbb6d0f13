import { z } from 'zod';
import type { RoleMatches } from '../engine/pod-roles.ts';
import type { Profile } from '../engine/policy.ts';
import type { LabelSelector } from '../k8s/selectors.ts';
import { type AddressSet, NO_ADDRESSES, parseCidr } from './addresses.ts';
import { type PortSet, tcp, udp, union } from './ports.ts';
import {
  type Addresses,
  type Destination,
  type Domain,
  MESHES,
  type NetworkSettings,
  type PodsOf,
  type Source,
} from './settings.ts';

const port = z.int().min(1).max(65535);
const namespace = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'expected the name of a namespace: lower case letters, digits and dashes')
  .describe('The exact name of a namespace.');
const labels = z.record(z.string().min(1), z.string());
const requirement = z
  .strictObject({
    key: z.string().min(1),
    operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
    values: z.array(z.string()).optional(),
  })
  .refine(
    ({ operator, values = [] }) => operator.endsWith('In') === values.length > 0,
    'expected values with In and NotIn, and none with Exists and DoesNotExist',
  );
const pods = z
  .strictObject({ matchLabels: labels.optional(), matchExpressions: z.array(requirement).optional() })
  .describe('Which of its pods, by their labels; left out: all.');
const cidr = z
  .string()
  .superRefine((text, context) => {
    const parsed = parseCidr(text);
    if (!parsed.ok) context.addIssue({ code: 'custom', message: parsed.error });
  })
  .describe('A range of addresses: 203.0.113.0/24, 2001:db8::/64.');
const domain = z
  .string()
  .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, 'expected a whole DNS name in lower case, without wildcards')
  .describe('A DNS name, for policies of network plugins that know names.');

const podsOf = z.strictObject({ namespace, pods: pods.optional() });
const rangeOf = z.strictObject({ cidr });
const ports = z.array(port).min(1);

const ONE_OF = 'expected namespace (with pods) or cidr';
const destination = z.union(
  [podsOf.extend({ ports: ports.default([53]) }), rangeOf.extend({ ports: ports.default([53]) })],
  {
    error: ONE_OF,
  },
);
const consoleEntry = z.union(
  [
    podsOf.extend({ port: port.default(443) }),
    rangeOf.extend({ port: port.default(443) }),
    z.strictObject({ domain, port: port.default(443) }),
  ],
  { error: 'expected namespace (with pods), cidr or domain' },
);

/** Where nearly every cluster has its DNS, and the address of the cache that nodes may run. */
const DNS: z.infer<typeof destination>[] = [
  {
    namespace: 'kube-system',
    pods: {
      matchExpressions: [{ key: 'k8s-app', operator: 'In', values: ['kube-dns', 'coredns', 'node-local-dns'] }],
    },
    ports: [53],
  },
  { cidr: '169.254.20.10/32', ports: [53] },
];

/** The labels of database pods that Qdrant's operator and its chart write. */
const DATABASES: LabelSelector = { matchLabels: { app: 'qdrant' } };

/** `network` of the configuration: for all namespaces. */
export const shared = z
  .strictObject({
    dns: z
      .array(destination)
      .min(1, 'expected at least one: without DNS no pod finds another')
      .default(DNS)
      .describe("The cluster's DNS, the only one that pods may ask. OpenShift: namespace openshift-dns, ports [5353]."),
    apiServer: z
      .array(z.strictObject({ cidr, ports: ports.default([443, 6443]) }))
      .default([])
      .describe('Where the API server listens; left out: where Service and EndpointSlice default/kubernetes say.'),
    mesh: z
      .enum(MESHES)
      .default('none')
      .describe('The service mesh that carries the connections of pods: what it needs is opened, and nothing more.'),
    enforcement: z
      .strictObject({
        plugin: z.string().min(1).describe('The network plugin: cilium, calico, …'),
        responsible: z.string().min(1).describe('Who answers for it.'),
      })
      .optional()
      .describe(
        'That the network plugin enforces NetworkPolicies: no API tells. Left out: admissions carry a warning.',
      ),
  })
  .prefault({})
  .describe('The network of the cluster, for all namespaces.');

/** `network` of an entry of `namespaces`. */
export const perNamespace = z
  .strictObject({
    clients: z
      .array(z.union([podsOf, rangeOf], { error: ONE_OF }))
      .default([])
      .describe('Who may call the databases on ports 6333 and 6334, besides pods of the role client.'),
    monitoring: z.array(podsOf).default([]).describe('Who may read metrics.'),
    console: z
      .array(consoleEntry)
      .default([])
      .describe(
        "Where agents reach Qdrant's console: a proxy in the cluster, ranges, names. Only with profile hybrid.",
      ),
  })
  .prefault({})
  .describe('Who may connect with the pods of this namespace, and where they may go.');

/** What a namespace is told of its network, from both. */
export function resolve(
  all: z.infer<typeof shared>,
  own: z.infer<typeof perNamespace>,
  { profile, roles }: { readonly profile: Profile; readonly roles: RoleMatches },
): NetworkSettings {
  return {
    profile,
    roles,
    databases: roles.database?.selector ?? DATABASES,
    dns: all.dns.map((entry) => ({ ...placeOf(entry), ports: union(udp(...entry.ports), tcp(...entry.ports)) })),
    apiServer: all.apiServer.map((entry) => ({ ...addressesOf(entry), ports: tcp(...entry.ports) })),
    clients: own.clients.map(placeOf),
    monitoring: own.monitoring.map(podsAt),
    // In private there is no console: what stands here is refused when the configuration is loaded.
    console: own.console.map(consoleOf),
    mesh: all.mesh,
    acknowledgement: all.enforcement,
  };
}

type Place = { readonly namespace: string; readonly pods?: LabelSelector | undefined } | { readonly cidr: string };

function placeOf(place: Place): Source {
  return 'cidr' in place ? addressesOf(place) : podsAt(place);
}

function podsAt({ namespace: name, pods: selector }: Exclude<Place, { cidr: string }>): PodsOf {
  return { of: 'pods', namespace: name, pods: selector ?? {} };
}

function addressesOf({ cidr: text }: { readonly cidr: string }): Addresses {
  return { of: 'addresses', addresses: rangeIn(text) };
}

/** The schema has read it already. */
function rangeIn(text: string): AddressSet {
  const parsed = parseCidr(text);
  return parsed.ok ? parsed.value : NO_ADDRESSES;
}

function consoleOf(entry: z.infer<typeof consoleEntry>): Destination<PodsOf | Addresses | Domain> {
  const to: PortSet = tcp(entry.port);
  if ('domain' in entry) return { of: 'domain', domain: entry.domain, ports: to };
  return { ...placeOf(entry), ports: to };
}
