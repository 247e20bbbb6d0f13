import type { RoleMatches } from '../engine/pod-roles.ts';
import type { Profile } from '../engine/policy.ts';
import type { LabelSelector } from '../k8s/selectors.ts';
import type { AddressSet } from './addresses.ts';
import type { PortSet } from './ports.ts';

/** Pods of one namespace, by its exact name. */
export interface PodsOf {
  readonly of: 'pods';
  readonly namespace: string;
  /** Empty: all of them. */
  readonly pods: LabelSelector;
}

/** Addresses, in the cluster or outside of it. */
export interface Addresses {
  readonly of: 'addresses';
  readonly addresses: AddressSet;
}

/** A DNS name, which only the policies of some network plugins know. */
export interface Domain {
  readonly of: 'domain';
  readonly domain: string;
}

/** Who may connect. */
export type Source = PodsOf | Addresses;

/** Where connections may go, and to which ports there. */
export type Destination<To = PodsOf | Addresses> = To & { readonly ports: PortSet };

export const MESHES = ['none', 'ambient', 'sidecar'] as const;
/** The service mesh that carries the connections of pods. */
export type Mesh = (typeof MESHES)[number];

/** That NetworkPolicies are enforced, which no API tells: a statement of the cluster's owner. */
export interface Acknowledgement {
  /** The network plugin that enforces them. */
  readonly plugin: string;
  readonly responsible: string;
}

/** What a namespace is told of its network. */
export interface NetworkSettings {
  readonly profile: Profile;
  /** What pods are for: a role's reach goes by its selector alone, as a NetworkPolicy cannot ask for images. */
  readonly roles: RoleMatches;
  /** The labels of database pods: those of the role, else the ones that Qdrant's operator and chart write. */
  readonly databases: LabelSelector;
  /** The cluster's DNS. */
  readonly dns: readonly Destination[];
  /** Where the API server listens; empty: where the cluster itself says. */
  readonly apiServer: readonly Destination<Addresses>[];
  /** Who may call databases, besides pods of the role client. */
  readonly clients: readonly Source[];
  /** Who may read metrics. */
  readonly monitoring: readonly PodsOf[];
  /** Qdrant's console, and what leads there: for agents, and only in the profile hybrid. */
  readonly console: readonly Destination<PodsOf | Addresses | Domain>[];
  readonly mesh: Mesh;
  readonly acknowledgement?: Acknowledgement | undefined;
}
