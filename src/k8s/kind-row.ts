import type { FieldsShape } from './shape.ts';

/** How the API server asks the webhook about a kind. */
export interface AdmissionEntry {
  /** First label of the webhook's name: `pods` of `pods.admission.qdrant.io`. Kinds of one entry share a name. */
  readonly entry: string;
  /** Further resources through which what is judged can change: `pods/status`. */
  readonly alsoThrough?: readonly string[];
  /** A cluster goes on without it: what it is asked about is let in with warnings, or judged again later. */
  readonly advisory?: true;
}

/** What is known of a kind besides its names and its shape. */
export interface Traits {
  /** Where its pod template stands; empty for a Pod itself. Absent where it makes no pods. */
  readonly template?: readonly string[];
  /** Whether the API server takes it without a template: it then makes no pods. */
  readonly templateOptional?: true;
  /** The service account in kube-system under which its controller creates pods. */
  readonly podController?: string;
  /** Cluster-scoped: where it names the namespace that it points into; empty: it concerns every namespace. */
  readonly target?: readonly string[];
  /** A cluster may not serve it (it comes with a CRD, or with a later version): it then has no objects of it. */
  readonly optional?: true;
  /** The API server carries it out and stores nothing: it can be judged, and never be read. */
  readonly transient?: true;
  /** A field that is remembered with all that it holds, where names that no shape lists tell something, too. */
  readonly keptWhole?: string;
  readonly admission?: AdmissionEntry;
  /** What an audit counts its objects as, cluster-scoped ones in each namespace that is audited; absent: it is not audited. */
  readonly auditedAs?: 'pods' | 'templates' | 'claims' | 'network' | 'sources';
}

export interface Names<G extends string, K extends string> {
  /** Empty for the core group. */
  readonly group: G;
  readonly kind: K;
  /** Those that are read here, the one to ask for first. */
  readonly versions: readonly [string, ...string[]];
  readonly plural: string;
  readonly scope: 'Namespaced' | 'Cluster';
}

/** Group and kind in Kubernetes' own notation: `Pod`, `StatefulSet.apps`. */
type GroupKind<G extends string, K extends string> = G extends '' ? K : `${K}.${G}`;

/** What a row holds: everything that names a kind takes it from here. */
export interface KindRow<G extends string, K extends string, S extends FieldsShape> extends Names<G, K>, Traits {
  readonly name: GroupKind<G, K>;
  /** The fields that are read of its objects. */
  readonly shape: S;
  /** The first of its versions. */
  readonly version: string;
  readonly namespaced: boolean;
}

/** A row of the table of kinds. */
export function row<const G extends string, const K extends string, S extends FieldsShape>(
  names: Names<G, K>,
  shape: S,
  traits: Traits = {},
): KindRow<G, K, S> {
  const { group, kind, versions, scope } = names;
  const name = (group === '' ? kind : `${kind}.${group}`) as GroupKind<G, K>;
  return { ...names, ...traits, name, shape, version: versions[0], namespaced: scope === 'Namespaced' };
}

/** The names of a kind whose objects stand in namespaces, of version v1. */
export function namespaced<const G extends string, const K extends string>(
  group: G,
  kind: K,
  plural: string,
): Names<G, K> {
  return { group, kind, versions: ['v1'], plural, scope: 'Namespaced' };
}

/** The names of a kind whose objects stand in none, of version v1. */
export function clusterScoped<const G extends string, const K extends string>(
  group: G,
  kind: K,
  plural: string,
): Names<G, K> {
  return { group, kind, versions: ['v1'], plural, scope: 'Cluster' };
}
