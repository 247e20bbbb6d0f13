/** A CA certificate that clients trust. All times in this file are milliseconds since the Unix epoch. */
export interface Anchor {
  /** SHA-256 of the certificate, in hex. */
  readonly fingerprint: string;
  /** PEM. */
  readonly certificate: string;
  readonly notAfter: number;
}

/** A certificate authority that can sign: a CA certificate together with its private key. */
export interface Authority extends Anchor {
  /** PEM. Never logged. */
  readonly key: string;
  readonly notBefore: number;
}

/** The serving certificate of the webhook, and its key. */
export interface Leaf {
  /** PEM. */
  readonly certificate: string;
  /** PEM. Never logged. */
  readonly key: string;
  /** The fingerprint of the authority that signed it. */
  readonly authority: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** The next authority. It starts to sign once every API server trusts it. */
export interface Successor {
  readonly authority: Authority;
  readonly published?: Publication;
}

/** When, and in which revision, every entry of the webhook configuration was seen to trust the successor. */
export interface Publication {
  readonly at: number;
  /** {@link Published.revision} at that time. */
  readonly revision: string;
}

/** A former authority. It no longer signs, and its private key has been destroyed. */
export interface Retired extends Anchor {
  /** When the last certificate that it signed expires. Until then it must stay trusted. */
  readonly until: number;
}

/** Everything that the replicas share about certificates. It is kept in one Secret. */
export interface TrustState {
  readonly authority?: Authority;
  /** Signed by the current authority or by a retired one. */
  readonly leaf?: Leaf;
  /** The latest expiry of all certificates that the current authority has signed. */
  readonly lastLeafExpires?: number;
  readonly successor?: Successor;
  readonly retired: readonly Retired[];
}

/** The `caBundle` of one entry of the webhook configuration. */
export interface Bundle {
  /** The name of the entry. */
  readonly entry: string;
  /** The bundle as published, with base64 decoded. */
  readonly text: string;
  /** The certificates in it that could be parsed. */
  readonly anchors: readonly Anchor[];
}

/** The part of the webhook configuration that concerns certificates. */
export interface Published {
  /** Its resourceVersion, which changes with every write. */
  readonly version: string;
  /**
   * Changes only when the entries change. If it changed with labels and annotations too, anyone who edits those could
   * delay a rotation.
   */
  readonly revision: string;
  /** One per entry. */
  readonly bundles: readonly Bundle[];
}

/** Every certificate that API servers should trust, according to the Secret. */
export function anchorsOf({ authority, successor, retired }: TrustState): Anchor[] {
  return [...(authority ? [authority] : []), ...(successor ? [successor.authority] : []), ...retired];
}

/**
 * Joins certificates into a bundle. They are sorted, so that the same set always gives the same text: an API server
 * drops its connections to the webhook whenever the text changes.
 */
export function bundleText(anchors: readonly Anchor[]): string {
  const sorted = anchors.toSorted((a, b) => a.notAfter - b.notAfter || (a.fingerprint < b.fingerprint ? -1 : 1));
  return sorted.map(({ certificate }) => certificate).join('');
}

/** Whether every entry of the webhook configuration trusts an authority. True without a configuration: nobody calls us then. */
export function isTrustedEverywhere(published: Published | undefined, fingerprint: string): boolean {
  if (!published) return true;
  return published.bundles.every(({ anchors }) => anchors.some((anchor) => anchor.fingerprint === fingerprint));
}

export function isValid({ notBefore, notAfter }: Pick<Leaf, 'notBefore' | 'notAfter'>, now: number): boolean {
  return notBefore <= now && now < notAfter;
}
