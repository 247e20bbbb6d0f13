import type { Issuer } from '../../src/certificates/rotation-step.ts';
import type { Anchor, Authority } from '../../src/certificates/trust-state.ts';

/** Issues certificates that are only names, a line each: `A1`, `A2` the authorities, `L1`, `L2` the leaves. */
export interface PaperIssuer extends Issuer {
  readonly authorities: readonly Authority[];
  /** The authorities that a bundle names. */
  read(bundle: string): Anchor[];
}

export function createPaperIssuer(): PaperIssuer {
  const authorities: Authority[] = [];
  let leaves = 0;
  return {
    authorities,
    read: (bundle) => authorities.filter(({ fingerprint }) => bundle.split('\n').includes(fingerprint)),
    async authority(validity) {
      const fingerprint = `A${authorities.length + 1}`;
      const authority = { fingerprint, certificate: `${fingerprint}\n`, key: `key of ${fingerprint}`, ...validity };
      authorities.push(authority);
      return authority;
    },
    async leaf({ fingerprint }, validity) {
      const certificate = `L${++leaves}`;
      return { certificate, key: `key of ${certificate}`, authority: fingerprint, ...validity };
    },
  };
}
