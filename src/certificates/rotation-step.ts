import type { Lifetimes, Validity } from './lifetimes.ts';
import { type Draft, type Observed, plan, type Step, servable } from './plan.ts';
import type { Authority, Holding, Leaf, Published } from './trust-state.ts';

/** The shared Secret as it was read. */
export interface Stored {
  /** Nothing where there is no Secret. */
  readonly version?: string;
  readonly holding: Holding;
  readonly intact: boolean;
}

/** Where the replicas meet. Writes say whether they took place: not if somebody else wrote since the reading. */
export interface Store {
  readSecret(): Promise<Stored>;
  readPublished(): Promise<Published | undefined>;
  /** Makes it without any content. */
  createSecret(): Promise<boolean>;
  writeSecret(holding: Holding, version: string): Promise<boolean>;
  publish(text: string, published: Published): Promise<boolean>;
}

export interface Issuer {
  authority(validity: Validity): Promise<Authority>;
  leaf(authority: Authority, validity: Validity): Promise<Leaf>;
}

export interface RoundOptions {
  readonly store: Store;
  readonly issuer: Issuer;
  readonly lifetimes: Lifetimes;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Takes what is to be served from now on. */
  readonly serve: (leaf: Leaf) => Promise<void>;
}

export interface Round {
  readonly step: Step;
  /** Whether the step took place; false where another replica was faster. */
  readonly done: boolean;
  /** Whether there is a webhook configuration. */
  readonly isRegistered: boolean;
}

/** Looks, serves what can be served, and takes one step. Rejects where the store does. */
export async function round({ store, issuer, lifetimes, now, serve }: RoundOptions): Promise<Round> {
  const { observed, stored } = await observe(store);
  const leaf = servable(observed, now());
  if (leaf) await serve(leaf);
  const step = plan(observed, now(), lifetimes);
  const done = await take(step);
  return { step, done, isRegistered: observed.published !== undefined };

  async function take(wanted: Step): Promise<boolean> {
    switch (wanted.do) {
      case 'wait':
        return true;
      case 'publish':
        return observed.published !== undefined && store.publish(wanted.text, observed.published);
      case 'write':
        // A Secret that is not there has no version to compare: in between, another may have come, been used, and gone.
        if (stored.version === undefined) return store.createSecret();
        return store.writeSecret(await fulfil(wanted.draft, issuer), stored.version);
    }
  }
}

/**
 * The webhook configuration first, then the Secret: what was added to the first is in the second already, so that a
 * bundle made from the second takes nothing away. Only where the Secret is lost it is the other way round: what was
 * served until then is in the configuration by then.
 */
async function observe(store: Store): Promise<{ observed: Observed; stored: Stored }> {
  const before = await store.readPublished();
  const stored = await store.readSecret();
  const published = stored.intact ? before : await store.readPublished();
  return { observed: { holding: stored.holding, intact: stored.intact, published }, stored };
}

async function fulfil(draft: Draft, issuer: Issuer): Promise<Holding> {
  const { authority: wanted, leaf: wantedLeaf, successor, ...rest } = draft;
  const authority = wanted && (await issued(wanted, issuer));
  return {
    ...rest,
    ...(authority && { authority }),
    ...(await leafOf(wantedLeaf, authority, issuer)),
    ...(successor && { successor: { ...successor, authority: await issued(successor.authority, issuer) } }),
  };
}

async function issued(authority: NonNullable<Draft['authority']>, issuer: Issuer): Promise<Authority> {
  return 'issue' in authority ? issuer.authority(authority.issue) : authority;
}

async function leafOf(leaf: Draft['leaf'], authority: Authority | undefined, issuer: Issuer) {
  if (!leaf) return {};
  if (!('issue' in leaf)) return { leaf };
  if (!authority) throw new Error('a draft wants a leaf and has no authority to sign it');
  return { leaf: await issuer.leaf(authority, leaf.issue) };
}
