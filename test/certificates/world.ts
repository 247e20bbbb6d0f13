import type { Lifetimes } from '../../src/certificates/lifetimes.ts';
import { round, type Store, type Stored } from '../../src/certificates/rotation-step.ts';
import { type Holding, isValid, type Leaf, type Published } from '../../src/certificates/trust-state.ts';
import { type Damage, damaged } from './damage.ts';
import { createPaperIssuer } from './paper-issuer.ts';

/** One request on its way to the API server, or (`wake`) a pause that may end. */
interface Pending {
  readonly kind: 'read' | 'write' | 'wake';
  /** Carries it out on the server; what it returns is the reply. */
  readonly carryOut: () => unknown;
  readonly reply: (value: unknown) => void;
  readonly fail: (error: Error) => void;
}

interface Replica {
  readonly id: number;
  /** How far its clock is off, in milliseconds. */
  readonly skew: number;
  up: boolean;
  /** Counts its restarts: what an earlier life still does, does not count. */
  life: number;
  serving: Leaf | undefined;
  pending: Pending | undefined;
  /** When it last found nothing to do. */
  settledAt: number;
}

interface PublishedVersion {
  readonly at: number;
  readonly version: string;
  /** Nothing: there is no webhook configuration. */
  readonly text: string | undefined;
  /** Not written by a replica: what it trusts is not the program's doing. */
  readonly byOutsider: boolean;
}

export type Outcome = 'answered' | 'refused' | 'reply lost';

export interface WorldOptions {
  readonly lifetimes: Lifetimes;
  /** One clock error a replica, in milliseconds. */
  readonly skews: readonly number[];
  /** How long an API server may go on with what the webhook configuration was. */
  readonly lag: number;
}

/**
 * An API server's storage with the two objects, replicas that run the real rounds against it, and somebody in between
 * who decides which request is carried out when, and whose reply is lost. Certificates are only names here.
 */
export class World {
  time = 1_700_000_000_000;
  readonly replicas: Replica[];
  /** Requests of replicas that died; the server may still carry them out. */
  readonly orphans: Pending[] = [];
  readonly issued = createPaperIssuer();
  /** Every time an authority began to sign that some API server did not trust yet, though it did trust what was served. */
  readonly #hastyPromotions: string[] = [];
  readonly #options: WorldOptions;
  /** Authorities that nobody can know of any more: outsiders took them out of both objects. */
  readonly #forgotten = new Set<string>();
  #secret: (Stored & { readonly version: string }) | undefined;
  #history: PublishedVersion[];
  #versions = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#history = [{ at: this.time, version: this.#nextVersion(), text: '', byOutsider: true }];
    this.replicas = options.skews.map((skew, id) => ({
      id,
      skew,
      up: false,
      life: 0,
      serving: undefined,
      pending: undefined,
      settledAt: this.time,
    }));
  }

  get secret(): Stored | undefined {
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
    void this.#live(replica, replica.life);
  }

  crash(id: number): void {
    const replica = this.#replica(id);
    if (!replica.up) return;
    if (replica.pending?.kind === 'write') this.orphans.push(replica.pending);
    replica.up = false;
    replica.life++;
    replica.pending = undefined;
    replica.serving = undefined;
  }

  /** Lets the request on which a replica waits meet its fate, and the replica go on to the next. */
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
    // The replica has no other work than promises: a turn of the event loop takes it to its next request.
    await new Promise((done) => setImmediate(done));
  }

  /** Steps one replica until it finds nothing to do. */
  async settle(id: number): Promise<void> {
    const replica = this.#replica(id);
    const before = replica.settledAt;
    replica.settledAt = Number.NEGATIVE_INFINITY;
    for (let steps = 0; steps < 200; steps++) {
      await this.step(id, 'answered');
      if (replica.settledAt > Number.NEGATIVE_INFINITY) return;
    }
    replica.settledAt = before;
    throw new Error(`replica ${id} does not come to rest`);
  }

  carryOutOrphan(index: number): void {
    const [orphan] = this.orphans.splice(index % Math.max(1, this.orphans.length), 1);
    orphan?.carryOut();
  }

  /** Somebody else writes the webhook configuration; nothing for the text removes it. */
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
    this.#secret = { version: this.#nextVersion(), intact: false, holding: damaged(this.#secret.holding, damage) };
    this.#noteForgotten();
  }

  /** What is wrong right now with what the replicas serve, in words. */
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

  /** Somebody brings back what the webhook configuration was at an earlier time. */
  restorePublished(index: number): void {
    this.overwritePublished((this.#history.at(-1 - index) ?? this.published).text);
  }

  /** Replicas that serve nothing valid. */
  withoutValidLeaf(): number[] {
    return this.replicas
      .filter(({ up, serving }) => up && !(serving && isValid(serving, this.time)))
      .map(({ id }) => id);
  }

  async #live(replica: Replica, life: number): Promise<void> {
    const isAlive = (): boolean => replica.life === life;
    const ask = <T>(kind: Pending['kind'], carryOut: () => T): Promise<T> =>
      new Promise((reply, fail) => {
        if (!isAlive()) return;
        replica.pending = { kind, carryOut, reply: (value) => reply(value as T), fail };
      });
    let lastRead = this.published;
    const store: Store = {
      readSecret: () => ask('read', () => this.#secret ?? { holding: { retired: [] }, intact: false }),
      readPublished: () =>
        ask('read', () => {
          lastRead = this.published;
          return this.#publishedAsRead();
        }),
      createSecret: () =>
        ask('write', () => {
          if (this.#secret) return false;
          this.#secret = { version: this.#nextVersion(), intact: false, holding: { retired: [] } };
          return true;
        }),
      writeSecret: (holding, version) => {
        const read = lastRead;
        return ask('write', () => this.#replaceSecret(holding, version, read));
      },
      publish: (text, { version }) =>
        ask('write', () => {
          if (this.published.text === undefined || this.published.version !== version) return false;
          this.#write(text, false);
          return true;
        }),
    };
    while (isAlive()) {
      try {
        const { step } = await round({
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
        // Tried again, as the real loop does.
      }
      await ask('wake', () => undefined).catch(() => undefined);
    }
  }

  /** What outsiders did to the configuration after it was last read, nobody could know. */
  #checkPromotion(before: Holding, { authority }: Holding, lastRead: PublishedVersion): void {
    if (!authority || before.successor?.authority.fingerprint !== authority.fingerprint) return;
    // Without a configuration nobody calls, and nobody can be told.
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

  /** What API servers may go by at this moment. */
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

  #replaceSecret(holding: Holding, version: string, lastRead: PublishedVersion): boolean {
    if (this.#secret?.version !== version) return false;
    this.#checkPromotion(this.#secret.holding, holding, lastRead);
    this.#secret = { version: this.#nextVersion(), holding, intact: true };
    return true;
  }

  #write(text: string | undefined, byOutsider: boolean): void {
    this.#history.push({ at: this.time, version: this.#nextVersion(), text, byOutsider });
  }

  /** Where an outsider has been at both objects at once, nobody can know what is being served. */
  #noteForgotten(): void {
    const { byOutsider } = this.published;
    if (!byOutsider || this.#secret?.intact) return;
    for (const { fingerprint } of this.issued.authorities) this.#forgotten.add(fingerprint);
    // The program starts as if for the first time; what API servers still know from before cannot match.
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
