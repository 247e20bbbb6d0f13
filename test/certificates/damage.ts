import type { Holding } from '../../src/certificates/trust-state.ts';

/** Parts of the Secret that can be lost. */
export const DAMAGES = ['leaf', 'authority key', 'trusted', 'successor', 'state', 'everything'] as const;
export type Damage = (typeof DAMAGES)[number];

/** What the decoder makes of a Secret of which a part is lost. */
export function damaged(holding: Holding, damage: Damage): Holding {
  const { authority, leaf, leavesUntil, successor, retired } = holding;
  switch (damage) {
    case 'leaf':
      return without(holding, 'leaf');
    case 'authority key': {
      if (!authority) return holding;
      const { fingerprint, certificate, notAfter } = authority;
      const lost = { fingerprint, certificate, notAfter, until: leavesUntil ?? notAfter };
      return { ...without(holding, 'authority'), retired: [...retired, lost] };
    }
    case 'trusted':
      return { ...(leaf?.authority === authority?.fingerprint ? holding : without(holding, 'leaf')), retired: [] };
    case 'successor':
      return without(holding, 'successor');
    case 'state':
      return {
        ...without(holding, 'leavesUntil'),
        ...(successor && { successor: { authority: successor.authority } }),
        retired: retired.map((one) => ({ ...one, until: one.notAfter })),
      };
    case 'everything':
      return { retired: [] };
  }
}

function without(holding: Holding, key: 'authority' | 'leaf' | 'leavesUntil' | 'successor'): Holding {
  const { [key]: _, ...rest } = holding;
  return rest;
}
