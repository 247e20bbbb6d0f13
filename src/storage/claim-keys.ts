import type { Claim } from '../k8s/claims.ts';
import { CATALOG } from './catalog.ts';
import { keysOf } from './conditions.ts';
import type { ClaimKey, Condition, KeySource, Provisioner } from './provisioner.ts';

/** Where a claim carries a key and its value. */
export const CLAIM_MAPS = ['annotations', 'labels'] as const;
export type ClaimMap = (typeof CLAIM_MAPS)[number];

/** The labels and annotations of a claim by which whoever makes it overrides what a class of this driver says. */
export function claimKeysOf(row: Provisioner): readonly ClaimKey[] {
  const { name, claimKeys = [], claimParameters, unread } = row;
  const own: ClaimKey[] =
    unread && /^[^/]+\.[^/]+$/.test(name)
      ? [
          {
            in: 'either',
            key: `${name}/`,
            match: 'prefix',
            why: 'may override the class: nobody could read this driver',
          },
        ]
      : [];
  const parameters = claimParameters ? parametersOf(row).map((key) => asClaimKey(key, claimParameters)) : [];
  return [...claimKeys, ...parameters.filter(({ key }) => !claimKeys.some((each) => each.key === key)), ...own];
}

/** Those of all drivers, without what is a name for anything where no driver of its own reads it. */
export const CLAIM_KEYS: readonly ClaimKey[] = distinct(CATALOG.flatMap(claimKeysOf));

/** The row that a label or an annotation falls under, unless its value takes nothing away. */
export function overridingKey(
  row: Provisioner | undefined,
  map: ClaimMap,
  key: string,
  value: string,
): ClaimKey | undefined {
  const keys = row ? claimKeysOf(row) : CLAIM_KEYS.filter((each) => each.key.includes('/'));
  return keys.find((each) => isRead(each, map, key) && value !== each.allowed);
}

/** Whether some driver reads a label or an annotation of a claim. */
export function carriesDriverKeys({ metadata }: Pick<Claim, 'metadata'>): boolean {
  return CLAIM_MAPS.some((map) =>
    Object.keys(metadata[map] ?? {}).some((key) => CLAIM_KEYS.some((each) => isRead(each, map, key))),
  );
}

function isRead(each: ClaimKey, map: ClaimMap, key: string): boolean {
  return (
    (each.in === 'either' || each.in === map) && (each.match === 'key' ? key === each.key : key.startsWith(each.key))
  );
}

interface ParameterKey {
  readonly key: string;
  readonly allowed?: string;
  readonly why?: string;
}

/** Every parameter that says whether data is encrypted, with which key, or where it goes. */
function parametersOf({ condition, customerKey, elsewhere = [] }: Provisioner): ParameterKey[] {
  const flags = condition ? flagsOf(condition) : [];
  const keys = [...(condition ? keysOf(condition) : []), ...(customerKey ? keysIn(customerKey) : [])];
  return distinct([
    ...flags.map((key) => ({ key, allowed: 'true' })),
    ...keys.map((key) => ({ key })),
    ...elsewhere.map(({ key, why }) => ({ key, why: `becomes a parameter: ${why}` })),
  ]);
}

function flagsOf(condition: Condition): string[] {
  if (condition.kind === 'all' || condition.kind === 'any') return condition.of.flatMap(flagsOf);
  return condition.kind === 'true' ? [condition.key] : [];
}

/** The parameters that name the customer's key. */
export function keysIn(source: KeySource): readonly string[] {
  const when = source.when ? keysOf(source.when) : [];
  if (source.from === 'parameter') return [...source.keys, ...when];
  return source.from === 'parts' ? [...source.parts.map(({ key }) => key), ...when] : when;
}

function asClaimKey(
  { key, allowed, why = 'wins over this parameter of the class' }: ParameterKey,
  where: NonNullable<Provisioner['claimParameters']>,
): ClaimKey {
  return { in: where, key, match: 'key', ...(allowed && { allowed }), why };
}

/** The first of those with the same key. */
function distinct<T extends { readonly key: string }>(entries: readonly T[]): T[] {
  return entries.filter(({ key }, i) => entries.findIndex((other) => other.key === key) === i);
}
