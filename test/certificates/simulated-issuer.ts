import type { Issuer } from '../../src/certificates/rotation-step.ts';
import type { Anchor, Authority } from '../../src/certificates/trust-state.ts';

/** Issues certificates that are nothing but a name: `A1`, `A2` and so on for authorities, `L1`, `L2` for leaves. */
export interface SimulatedIssuer extends Issuer {
  readonly authorities: readonly Authority[];
  /** Returns the authorities whose names a bundle contains, one per line. */
  read(bundle: string): Anchor[];
}

export function createSimulatedIssuer(): SimulatedIssuer {
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
