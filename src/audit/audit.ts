import type { KubeClient } from '../cluster/client.ts';
import { createListedWorld } from '../cluster/listed-world.ts';
import { listIfServed } from '../cluster/optional-kinds.ts';
import { KubeError } from '../cluster/wire.ts';
import type { Verdict } from '../engine/review.ts';
import { makeSubject } from '../engine/subject.ts';
import type { ImageSource, Ports } from '../facts/ports.ts';
import { judge } from '../judge.ts';
import { concernsAll, isKind, KINDS, type Kind, kindNamed } from '../k8s/kinds.ts';
import { isKubernetesObject, type JsonObject, type KubernetesObject } from '../k8s/object.ts';
import { shapeErrors } from '../k8s/shape-check.ts';
import type { Policy } from '../rules/define.ts';
import { createOwners, type OwnerNode, type Owners, ownerLookUp, ownerNode, type TopOwner } from './owners.ts';
import { withRunningImages } from './running-images.ts';

/** One object of a cluster of which some rule did not say `pass`. */
export interface AuditedObject {
  readonly kind: string;
  readonly name: string;
  /** A pod runs, a template would make pods, a claim holds data. */
  readonly counts: Counted;
  /** Field path of the pod in the object, as findings begin with it. */
  readonly base: string;
  readonly owner: TopOwner;
  /** Those that are not `pass`. */
  readonly verdicts: readonly Verdict[];
}

/** Something that could not be read or judged: it may hold anything. */
export interface Unread {
  /** A plural, or `Kind name`. */
  readonly what: string;
  readonly reason: string;
}

/** What stands in one namespace. */
export interface NamespaceAudit {
  readonly name: string;
  readonly policy: Policy;
  /** False where there is no such namespace yet. */
  readonly exists: boolean;
  readonly judged: Tally;
  /** Pods and Jobs that have come to their end, and ReplicaSets that a Deployment left behind: not judged. */
  readonly over: number;
  readonly objects: readonly AuditedObject[];
  readonly unread: readonly Unread[];
}

export interface AuditOptions {
  readonly client: KubeClient;
  /** By the name of the namespace. */
  readonly policies: ReadonlyMap<string, Policy>;
  /** What tells of images; left out: nobody is asked, and nothing of them can be told. */
  readonly images?: ImageSource | undefined;
  readonly now: Date;
  readonly signal: AbortSignal;
  readonly onProgress?: (doing: string) => void;
}

/** What objects are counted as. */
type Counted = NonNullable<Kind['auditedAs']>;

/** How many of each; all zero where there is none. */
export type Tally = Readonly<Record<Counted, number>>;

export const NONE: Tally = { pods: 0, templates: 0, claims: 0, network: 0, sources: 0 };

/** Controllers come before what they make, and pods last: who controls whom is then known. */
const AUDITED = KINDS.filter(({ auditedAs }) => auditedAs).sort(
  (a, b) => Number(a.name === 'Pod') - Number(b.name === 'Pod'),
);

/**
 * Judges what already stands in the namespaces of these policies, as if it were created now. Never rejects because of
 * the cluster: what cannot be read is in the answer as unread.
 */
export async function auditCluster(options: AuditOptions): Promise<readonly NamespaceAudit[]> {
  const { client, policies, images, signal } = options;
  const unreachable = await client.request({ method: 'GET', path: '/version', signal }).then(
    () => undefined,
    (error: unknown) => reasonOf(error),
  );
  const ports = { cluster: createListedWorld(client), ...(images && { images }) };
  const lookUp = ownerLookUp(client, signal);
  const audits: NamespaceAudit[] = [];
  for (const [name, policy] of policies) {
    const namespace = new NamespaceRun(
      name,
      policy,
      createOwners((ref) => lookUp(name, ref)),
      ports,
      options,
    );
    audits.push(await namespace.run(signal.aborted ? 'interrupted' : unreachable));
  }
  return audits;
}

interface Judged {
  readonly node: OwnerNode;
  readonly counts: Counted;
  readonly base: string;
  readonly verdicts: readonly Verdict[];
}

/** The audit of one namespace while it runs. */
class NamespaceRun {
  readonly #name: string;
  readonly #policy: Policy;
  readonly #owners: Owners;
  readonly #ports: Ports;
  readonly #options: AuditOptions;
  readonly #judged: Judged[] = [];
  readonly #unread: Unread[] = [];
  #tally = NONE;
  #over = 0;

  constructor(name: string, policy: Policy, owners: Owners, ports: Ports, options: AuditOptions) {
    this.#name = name;
    this.#policy = policy;
    this.#owners = owners;
    this.#ports = ports;
    this.#options = options;
  }

  async run(unreachable: string | undefined): Promise<NamespaceAudit> {
    let exists = true;
    if (unreachable !== undefined) this.#unread.push({ what: 'the namespace', reason: unreachable });
    else exists = await this.#exists();
    if (exists && unreachable === undefined) for (const kind of AUDITED) await this.#auditKind(kind);
    return {
      name: this.#name,
      policy: this.#policy,
      exists,
      judged: this.#tally,
      over: this.#over,
      objects: await Promise.all(
        this.#judged.map(async ({ node, ...judged }) => ({
          kind: node.kind,
          name: node.name,
          ...judged,
          owner: await this.#owners.topOf(node),
        })),
      ),
      unread: this.#unread,
    };
  }

  /** Only a clear no counts as one. */
  async #exists(): Promise<boolean> {
    try {
      return (
        (await this.#options.client.read(kindNamed('Namespace'), '', this.#name, this.#options.signal)) !== undefined
      );
    } catch (error) {
      this.#unread.push({ what: 'the namespace', reason: reasonOf(error) });
      return true;
    }
  }

  async #auditKind(kind: Kind): Promise<void> {
    const { client, signal, onProgress } = this.#options;
    // What stands in no namespace concerns this one, too.
    const where = { namespace: kind.namespaced ? this.#name : '', optional: kind.optional ?? false };
    let seen = 0;
    try {
      signal.throwIfAborted();
      for await (const { items, remaining } of listIfServed(client, kind, where, signal)) {
        const total = seen + items.length + (remaining ?? 0);
        for (const item of items) {
          seen += 1;
          onProgress?.(`${this.#name}: ${kind.plural} ${seen}/${total}`);
          await this.#auditObject(item, kind.auditedAs ?? 'templates');
        }
      }
    } catch (error) {
      const reason = signal.aborted ? 'interrupted' : reasonOf(error);
      this.#unread.push({ what: kind.plural, reason: seen === 0 ? reason : `after ${seen}: ${reason}` });
    }
  }

  async #auditObject(object: JsonObject, counts: Counted): Promise<void> {
    if (!isKubernetesObject(object)) throw new KubeError('the API server sent an object without apiVersion and kind');
    const node = ownerNode(object);
    if (counts === 'templates') this.#owners.add(node);
    try {
      const [error] = shapeErrors(object);
      if (error) throw new Error(`${error.path} is ${error.found}: expected ${error.expected}`);
      if (isOver(object, node, this.#owners)) this.#over += 1;
      else await this.#judge(object, node, counts);
    } catch (error) {
      // What a rule throws is a bug of ours, which is no acceptance.
      this.#unread.push({ what: `${node.kind} ${node.name}`, reason: reasonOf(error) });
    }
  }

  async #judge(object: KubernetesObject, node: OwnerNode, counts: Counted): Promise<void> {
    // What is there is no longer created: what the scheduler or a controller wrote into it since is no violation.
    const operation = counts === 'templates' ? 'CREATE' : 'UPDATE';
    const made = makeSubject({ object, operation, namespace: this.#name, now: this.#options.now });
    const subject = concernsAll(object) ? { ...made, namespace: this.#name } : made;
    if (!subject.pod && (counts === 'pods' || counts === 'templates')) return;
    const { signal } = this.#options;
    const policy =
      counts === 'pods' ? await withRunningImages(subject, this.#policy, this.#ports, signal) : this.#policy;
    const { verdicts } = await judge(subject, policy, this.#ports, signal);
    this.#tally = { ...this.#tally, [counts]: this.#tally[counts] + 1 };
    const notable = verdicts.filter(({ outcome }) => outcome !== 'pass');
    if (notable.length > 0) this.#judged.push({ node, counts, base: subject.pod?.base ?? '', verdicts: notable });
  }
}

/** Whether an object neither runs nor makes pods any more. */
function isOver(object: KubernetesObject, { controller }: OwnerNode, owners: Owners): boolean {
  if (isKind(object, 'Pod')) return object.status?.phase === 'Succeeded' || object.status?.phase === 'Failed';
  if (isKind(object, 'Job.batch')) {
    const ends = object.status?.conditions?.filter(({ type }) => type === 'Complete' || type === 'Failed');
    return ends?.some((end) => end.status === 'True') ?? false;
  }
  // An old revision: the template that counts is that of its Deployment.
  const idle = isKind(object, 'ReplicaSet.apps') && object.spec?.replicas === 0;
  return idle && controller !== undefined && owners.has(controller.uid);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
