import type { TrustState } from '../../src/certificates/trust-state.ts';

/** The parts of the Secret that can be lost. */
export const DAMAGES = ['leaf', 'authority key', 'trusted', 'successor', 'state', 'everything'] as const;
export type Damage = (typeof DAMAGES)[number];

/** Returns what the decoder reads from a Secret that has lost one part. */
export function damaged(trustState: TrustState, damage: Damage): TrustState {
  const { authority, leaf, lastLeafExpires, successor, retired } = trustState;
  switch (damage) {
    case 'leaf':
      return without(trustState, 'leaf');
    case 'authority key': {
      if (!authority) return trustState;
      const { fingerprint, certificate, notAfter } = authority;
      const lost = { fingerprint, certificate, notAfter, until: lastLeafExpires ?? notAfter };
      return { ...without(trustState, 'authority'), retired: [...retired, lost] };
    }
    case 'trusted':
      return {
        ...(leaf?.authority === authority?.fingerprint ? trustState : without(trustState, 'leaf')),
        retired: [],
      };
    case 'successor':
      return without(trustState, 'successor');
    case 'state':
      return {
        ...without(trustState, 'lastLeafExpires'),
        ...(successor && { successor: { authority: successor.authority } }),
        retired: retired.map((one) => ({ ...one, until: one.notAfter })),
      };
    case 'everything':
      return { retired: [] };
  }
}

function without(trustState: TrustState, key: 'authority' | 'leaf' | 'lastLeafExpires' | 'successor'): TrustState {
  const { [key]: _, ...rest } = trustState;
  return rest;
}
