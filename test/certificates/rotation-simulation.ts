import type { Lifetimes } from '../../src/certificates/lifetimes.ts';
import { type CertificateStore, runRotationStep, type StoredTrustState } from '../../src/certificates/rotation-step.ts';
import { isValid, type Leaf, type Published, type TrustState } from '../../src/certificates/trust-state.ts';
import { type Damage, damaged } from './damage.ts';
import { createSimulatedIssuer } from './simulated-issuer.ts';

/** A request on its way to the API server, or, for `wake`, a pause between two steps. */
interface Pending {
  readonly kind: 'read' | 'write' | 'wake';
  /** Carries out the request on the server and returns the reply. */
  readonly carryOut: () => unknown;
  readonly reply: (value: unknown) => void;
  readonly fail: (error: Error) => void;
}

interface Replica {
  readonly id: number;
  /** The error of its clock, in milliseconds. */
  readonly skew: number;
  up: boolean;
  /** How often it was restarted. Whatever a former incarnation still does is ignored. */
  incarnation: number;
  serving: Leaf | undefined;
  pending: Pending | undefined;
  /** When it last had nothing left to do. */
  settledAt: number;
}

interface PublishedVersion {
  readonly at: number;
  readonly version: string;
  /** The bundle; undefined if there is no webhook configuration. */
  readonly text: string | undefined;
  /** Whether somebody else than a replica wrote it, so that the program is not to blame for what it trusts. */
  readonly byOutsider: boolean;
}

export type Outcome = 'answered' | 'refused' | 'reply lost';

export interface SimulationOptions {
  readonly lifetimes: Lifetimes;
  /** One clock error per replica, in milliseconds. */
  readonly skews: readonly number[];
  /** How long an API server may keep using an old version of the webhook configuration, in milliseconds. */
  readonly lag: number;
}

/**
 * The storage of an API server with the two objects, and replicas that run the real rotation steps against it. The
 * test decides when each request is carried out and whether its reply arrives. Certificates are nothing but names.
 */
export class RotationSimulation {
  time = 1_700_000_000_000;
  readonly replicas: Replica[];
  /** Writes of replicas that have crashed. The server may still carry them out. */
  readonly orphans: Pending[] = [];
  readonly issued = createSimulatedIssuer();
  /** Each time an authority began to sign before some API server trusted it, although that API server trusted what was served until then. */
  readonly #hastyPromotions: string[] = [];
  readonly #options: SimulationOptions;
  /** Authorities that no replica can know any more, because outsiders removed them from both objects. */
  readonly #forgotten = new Set<string>();
  #secret: (StoredTrustState & { readonly version: string }) | undefined;
  #history: PublishedVersion[];
  #versions = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#history = [{ at: this.time, version: this.#nextVersion(), text: '', byOutsider: true }];
    this.replicas = options.skews.map((skew, id) => ({
      id,
      skew,
      up: false,
      incarnation: 0,
      serving: undefined,
      pending: undefined,
      settledAt: this.time,
    }));
  }

  get secret(): StoredTrustState | undefined {
    return this.#secret;
  }

  get published(): PublishedVersion {
    const last = this.#history.at(-1);
    if (!last) throw new Error('the history is never empty');
    return last;
  }

  start(id: number): void {
    const replica = this.#replica(id);
    if (replica.up) return;
    replica.up = true;
    replica.settledAt = this.time;
    void this.#live(replica, replica.incarnation);
  }

  crash(id: number): void {
    const replica = this.#replica(id);
    if (!replica.up) return;
    if (replica.pending?.kind === 'write') this.orphans.push(replica.pending);
    replica.up = false;
    replica.incarnation++;
    replica.pending = undefined;
    replica.serving = undefined;
  }

  /** Decides what becomes of the pending request of a replica, and lets the replica go on to its next one. */
  async step(id: number, outcome: Outcome): Promise<void> {
    const { pending } = this.#replica(id);
    if (!pending) return;
    this.#replica(id).pending = undefined;
    if (outcome === 'refused') {
      pending.fail(new Error('no answer'));
    } else {
      const value = pending.carryOut();
      if (outcome === 'answered') pending.reply(value);
      else pending.fail(new Error('the reply was lost'));
    }
    // The replica only awaits promises, so by the next iteration of the event loop it has made its next request.
    await new Promise((done) => setImmediate(done));
  }

  /** Answers the requests of one replica until it has nothing left to do. */
  async settle(id: number): Promise<void> {
    const replica = this.#replica(id);
    const before = replica.settledAt;
    replica.settledAt = Number.NEGATIVE_INFINITY;
    for (let steps = 0; steps < 200; steps++) {
      await this.step(id, 'answered');
      if (replica.settledAt > Number.NEGATIVE_INFINITY) return;
    }
    replica.settledAt = before;
    throw new Error(`replica ${id} never has nothing left to do`);
  }

  carryOutOrphan(index: number): void {
    const [orphan] = this.orphans.splice(index % Math.max(1, this.orphans.length), 1);
    orphan?.carryOut();
  }

  /** Somebody else writes the webhook configuration; an undefined bundle deletes it. */
  overwritePublished(text: string | undefined): void {
    this.#write(text, true);
    this.#noteForgotten();
  }

  deleteSecret(): void {
    this.#secret = undefined;
    this.#noteForgotten();
  }

  damageSecret(damage: Damage): void {
    if (!this.#secret) return;
    this.#secret = {
      version: this.#nextVersion(),
      intact: false,
      trustState: damaged(this.#secret.trustState, damage),
    };
    this.#noteForgotten();
  }

  /** Describes every way in which what the replicas serve right now is wrong. */
  violations(): string[] {
    const problems = [...this.#hastyPromotions];
    for (const { id, serving } of this.replicas) {
      if (!serving || !isValid(serving, this.time) || this.#forgotten.has(serving.authority)) continue;
      for (const { version, text, byOutsider } of this.#visible()) {
        if (byOutsider || text === undefined || this.#trusts(text, serving.authority)) continue;
        problems.push(
          `replica ${id} serves ${serving.certificate}, signed by ${serving.authority}: ${version} has ${text}`,
        );
      }
    }
    return problems;
  }

  /** Somebody restores an earlier version of the webhook configuration. */
  restorePublished(index: number): void {
    this.overwritePublished((this.#history.at(-1 - index) ?? this.published).text);
  }

  /** Returns the replicas that run and serve no valid leaf. */
  withoutValidLeaf(): number[] {
    return this.replicas
      .filter(({ up, serving }) => up && !(serving && isValid(serving, this.time)))
      .map(({ id }) => id);
  }

  async #live(replica: Replica, incarnation: number): Promise<void> {
    const isAlive = (): boolean => replica.incarnation === incarnation;
    const ask = <T>(kind: Pending['kind'], carryOut: () => T): Promise<T> =>
      new Promise((reply, fail) => {
        if (!isAlive()) return;
        replica.pending = { kind, carryOut, reply: (value) => reply(value as T), fail };
      });
    let lastRead = this.published;
    const store: CertificateStore = {
      readSecret: () => ask('read', () => this.#secret ?? { trustState: { retired: [] }, intact: false }),
      readPublished: () =>
        ask('read', () => {
          lastRead = this.published;
          return this.#publishedAsRead();
        }),
      createSecret: () =>
        ask('write', () => {
          if (this.#secret) return false;
          this.#secret = { version: this.#nextVersion(), intact: false, trustState: { retired: [] } };
          return true;
        }),
      writeSecret: (trustState, version) => {
        const read = lastRead;
        return ask('write', () => this.#replaceSecret(trustState, version, read));
      },
      publish: (bundle, { version }) =>
        ask('write', () => {
          if (this.published.text === undefined || this.published.version !== version) return false;
          this.#write(bundle, false);
          return true;
        }),
    };
    while (isAlive()) {
      try {
        const { step } = await runRotationStep({
          store,
          issuer: this.issued,
          lifetimes: this.#options.lifetimes,
          now: () => this.time + replica.skew,
          serve: async (leaf) => {
            if (isAlive()) replica.serving = leaf;
          },
        });
        if (step.do === 'wait' && isAlive()) replica.settledAt = this.time;
      } catch {
        // The real loop tries again, too.
      }
      await ask('wake', () => undefined).catch(() => undefined);
    }
  }

  /** Ignores what outsiders did to the configuration after it was last read, because the replica could not know. */
  #checkPromotion(before: TrustState, { authority }: TrustState, lastRead: PublishedVersion): void {
    if (!authority || before.successor?.authority.fingerprint !== authority.fingerprint) return;
    // Without a configuration nobody calls, and there is nowhere to publish.
    if (lastRead.text === undefined) return;
    const visible = this.#visible();
    const known = visible.slice(0, visible.findIndex(({ version }) => version === lastRead.version) + 1);
    for (const { serving } of this.replicas) {
      if (!serving || !isValid(serving, this.time) || this.#forgotten.has(serving.authority)) continue;
      for (const { version, text = '' } of known) {
        if (!this.#trusts(text, serving.authority) || this.#trusts(text, authority.fingerprint)) continue;
        this.#hastyPromotions.push(`${authority.fingerprint} began to sign with ${version} still in force: ${text}`);
      }
    }
  }

  /** Returns every version of the configuration that some API server may be using right now. */
  #visible(): PublishedVersion[] {
    const from = this.time - this.#options.lag;
    return this.#history.filter((_, i) => (this.#history[i + 1]?.at ?? Number.POSITIVE_INFINITY) > from);
  }

  #trusts(text: string, authority: string): boolean {
    return this.issued.read(text).some(({ fingerprint }) => fingerprint === authority);
  }

  #publishedAsRead(): Published | undefined {
    const { version, text } = this.published;
    if (text === undefined) return undefined;
    return { version, revision: version, bundles: [{ entry: 'pods', text, anchors: this.issued.read(text) }] };
  }

  #replaceSecret(trustState: TrustState, version: string, lastRead: PublishedVersion): boolean {
    if (this.#secret?.version !== version) return false;
    this.#checkPromotion(this.#secret.trustState, trustState, lastRead);
    this.#secret = { version: this.#nextVersion(), trustState, intact: true };
    return true;
  }

  #write(text: string | undefined, byOutsider: boolean): void {
    this.#history.push({ at: this.time, version: this.#nextVersion(), text, byOutsider });
  }

  /** If outsiders have destroyed both objects at once, no replica can know what is being served. */
  #noteForgotten(): void {
    const { byOutsider } = this.published;
    if (!byOutsider || this.#secret?.intact) return;
    for (const { fingerprint } of this.issued.authorities) this.#forgotten.add(fingerprint);
    // The program starts from scratch, and API servers that still use older versions cannot trust it.
    this.#history = this.#history.map((version) => ({ ...version, byOutsider: true }));
  }

  #nextVersion(): string {
    return `v${++this.#versions}`;
  }

  #replica(id: number): Replica {
    const replica = this.replicas[id];
    if (!replica) throw new Error(`no replica ${id}`);
    return replica;
  }
}
