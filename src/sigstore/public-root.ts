import tuf from '@sigstore/tuf/package.json' with { type: 'json' };
import seeds from '@sigstore/tuf/seeds.json' with { type: 'json' };
import type { TrustRoot } from './tasks.ts';
import { readTrustRoot } from './trust-material.ts';

/** The root of Sigstore's public instance as it was when this program was built: no network is needed for it. */
export interface ShippedRoot {
  readonly root: TrustRoot;
  /** The package that it came with, and its version. */
  readonly source: string;
}

const PUBLIC_GOOD = 'https://tuf-repo-cdn.sigstore.dev';

/** Reads the root that is shipped. @throws if it is not there: the program was put together wrongly */
export function shippedPublicRoot(): ShippedRoot {
  const target = seeds[PUBLIC_GOOD].targets['trusted_root.json'];
  const read = readTrustRoot(Buffer.from(target, 'base64').toString('utf8'));
  if (!read.ok) throw new Error(`the trust root that is shipped cannot be used: ${read.error}`);
  return { root: read.value, source: `${tuf.name} ${tuf.version}` };
}
