/** A certificate whose signatures are trusted. Instants here and below are milliseconds since the epoch. */
export interface Anchor {
  /** SHA-256 of the certificate, in hex. */
  readonly fingerprint: string;
  /** PEM. */
  readonly certificate: string;
  readonly notAfter: number;
}

/** A certificate authority that can sign: the certificate and its key. */
export interface Authority extends Anchor {
  /** PEM. Never logged. */
  readonly key: string;
  readonly notBefore: number;
}

/** What the webhook serves with. */
export interface Leaf {
  /** PEM. */
  readonly certificate: string;
  /** PEM. Never logged. */
  readonly key: string;
  /** Fingerprint of the authority that signed it. */
  readonly authority: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** An authority that is to sign once every API server trusts it. */
export interface Successor {
  readonly authority: Authority;
  readonly published?: Publication;
}

/** That every entry of the webhook configuration was seen to trust it. */
export interface Publication {
  readonly at: number;
  /** In which revision. */
  readonly revision: string;
}

/** An authority that signs no more; its key is gone. */
export interface Retired extends Anchor {
  /** From here on nothing valid is signed by it. */
  readonly until: number;
}

/** All that the replicas share, in one Secret. */
export interface Holding {
  readonly authority?: Authority;
  /** Signed by the authority or by a retired one. */
  readonly leaf?: Leaf;
  /** The latest expiry of any certificate that the authority has signed. */
  readonly leavesUntil?: number;
  readonly successor?: Successor;
  readonly retired: readonly Retired[];
}

/** What one entry of the webhook configuration makes the API server trust. */
export interface Bundle {
  /** Name of the entry. */
  readonly entry: string;
  /** Exactly as published, decoded. */
  readonly text: string;
  /** Those in it that could be read. */
  readonly anchors: readonly Anchor[];
}

/** The webhook configuration, as far as certificates go. */
export interface Published {
  /** Its resource version, which every write changes. */
  readonly version: string;
  /** Changes with the entries only: nobody else's label or annotation makes a rotation wait. */
  readonly revision: string;
  /** One an entry. */
  readonly bundles: readonly Bundle[];
}

/** Everything that the Secret makes the API server trust. */
export function anchorsOf({ authority, successor, retired }: Holding): Anchor[] {
  return [...(authority ? [authority] : []), ...(successor ? [successor.authority] : []), ...retired];
}

/** One text from many certificates. Its order depends on nothing else: API servers start over for each other text. */
export function bundleText(anchors: readonly Anchor[]): string {
  const sorted = anchors.toSorted((a, b) => a.notAfter - b.notAfter || (a.fingerprint < b.fingerprint ? -1 : 1));
  return sorted.map(({ certificate }) => certificate).join('');
}

/** Whether every entry trusts it. True where there is no configuration: then nobody calls. */
export function everywhere(published: Published | undefined, fingerprint: string): boolean {
  if (!published) return true;
  return published.bundles.every(({ anchors }) => anchors.some((anchor) => anchor.fingerprint === fingerprint));
}

export function isValid({ notBefore, notAfter }: Pick<Leaf, 'notBefore' | 'notAfter'>, now: number): boolean {
  return notBefore <= now && now < notAfter;
}
