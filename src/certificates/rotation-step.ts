import type { Lifetimes, Validity } from './lifetimes.ts';
import { type Draft, nextStep, type Observed, type Step, servableLeaf } from './plan.ts';
import type { Authority, Leaf, Published, TrustState } from './trust-state.ts';

/** The shared Secret as it was read. */
export interface StoredTrustState {
  /** The resourceVersion; undefined if there is no Secret. */
  readonly version?: string;
  readonly trustState: TrustState;
  /** Whether the Secret existed and every part of it could be used. */
  readonly intact: boolean;
}

/**
 * The two objects that all replicas read and write. A write returns false, and changes nothing, if somebody else has
 * written since the read.
 */
export interface CertificateStore {
  readSecret(): Promise<StoredTrustState>;
  /** Undefined if there is no webhook configuration. */
  readPublished(): Promise<Published | undefined>;
  /** Creates the Secret, still empty. */
  createSecret(): Promise<boolean>;
  writeSecret(trustState: TrustState, version: string): Promise<boolean>;
  /** Writes a bundle into every entry of the webhook configuration. */
  publish(bundle: string, published: Published): Promise<boolean>;
}

export interface Issuer {
  authority(validity: Validity): Promise<Authority>;
  leaf(authority: Authority, validity: Validity): Promise<Leaf>;
}

export interface RotationStepOptions {
  readonly store: CertificateStore;
  readonly issuer: Issuer;
  readonly lifetimes: Lifetimes;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** Is called with the certificate to serve from now on. */
  readonly serve: (leaf: Leaf) => Promise<void>;
}

export interface RotationStepResult {
  readonly step: Step;
  /** Whether the step was carried out. False if another replica wrote first. */
  readonly done: boolean;
  /** Whether there is a webhook configuration. */
  readonly isRegistered: boolean;
}

/**
 * Reads both objects, serves the leaf if API servers trust it, and carries out one step. Rejects when the store
 * rejects.
 */
export async function runRotationStep(options: RotationStepOptions): Promise<RotationStepResult> {
  const { store, issuer, lifetimes, now, serve } = options;
  const { observed, stored } = await observe(store);
  const leaf = servableLeaf(observed, now());
  if (leaf) await serve(leaf);
  const step = nextStep(observed, now(), lifetimes);
  return { step, done: await carryOut(step), isRegistered: observed.published !== undefined };

  async function carryOut(wanted: Step): Promise<boolean> {
    switch (wanted.do) {
      case 'wait':
        return true;
      case 'publish':
        return observed.published !== undefined && store.publish(wanted.bundle, observed.published);
      case 'write':
        // A missing Secret has no version to compare. Another replica may have created, used and lost one in the
        // meantime, so creating an empty Secret is a step of its own, and the next read gives us a version.
        if (stored.version === undefined) return store.createSecret();
        return store.writeSecret(await issueMissing(wanted.draft, issuer), stored.version);
    }
  }
}

/**
 * Reads the webhook configuration before the Secret. A certificate enters the Secret before it is published, so a
 * Secret that was read later contains everything that the configuration does, and a bundle made from it removes
 * nothing. A lost Secret contains nothing; the configuration is then read again afterwards, because by that time
 * it contains everything that was served while the Secret still existed.
 */
async function observe(store: CertificateStore): Promise<{ observed: Observed; stored: StoredTrustState }> {
  const before = await store.readPublished();
  const stored = await store.readSecret();
  const published = stored.intact ? before : await store.readPublished();
  return { observed: { trustState: stored.trustState, intact: stored.intact, published }, stored };
}

/** Issues every certificate that a draft asks for. */
async function issueMissing(draft: Draft, issuer: Issuer): Promise<TrustState> {
  const { authority: wanted, leaf: wantedLeaf, successor, ...rest } = draft;
  const authority = wanted && (await authorityOf(wanted, issuer));
  return {
    ...rest,
    ...(authority && { authority }),
    ...(await leafOf(wantedLeaf, authority, issuer)),
    ...(successor && { successor: { ...successor, authority: await authorityOf(successor.authority, issuer) } }),
  };
}

async function authorityOf(authority: NonNullable<Draft['authority']>, issuer: Issuer): Promise<Authority> {
  return 'issue' in authority ? issuer.authority(authority.issue) : authority;
}

async function leafOf(leaf: Draft['leaf'], authority: Authority | undefined, issuer: Issuer) {
  if (!leaf) return {};
  if (!('issue' in leaf)) return { leaf };
  if (!authority) throw new Error('a draft asks for a leaf, but has no authority to sign it');
  return { leaf: await issuer.leaf(authority, leaf.issue) };
}
