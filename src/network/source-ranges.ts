import type { Result } from '../k8s/result.ts';
import {
  type AddressSet,
  ALL_ADDRESSES,
  isSubset,
  isUnambiguous,
  NO_ADDRESSES,
  parseCidr,
  subtract,
  union,
  widestCidr,
} from './addresses.ts';
import type { NetworkSettings } from './settings.ts';

/** What is wrong with the ranges of addresses from which a way in is open. */
export interface SourceProblem {
  readonly found: string;
  readonly required: string;
}

/** An annotation by which whoever keeps to ranges lets in more than those. */
export interface WideningAnnotation {
  readonly key: string;
  /** The value with which it does no harm. */
  readonly harmless?: string;
  /** What it does, after `it`. */
  readonly why: string;
}

/** The addresses outside of the cluster that the configuration lets call the databases. */
function allowedSources({ clients }: NetworkSettings): AddressSet {
  return union(...clients.flatMap((source) => (source.of === 'addresses' ? [source.addresses] : [])));
}

/**
 * What is wrong with ranges, taken together: one that cannot be read or is read in several ways, all addresses of a family, be it in pieces and
 * whatever the configuration says, or an address that the configuration does not name. Undefined where nothing is.
 * @param read how whoever keeps to the ranges reads one
 */
export function sourceProblem(
  ranges: readonly string[],
  settings: NetworkSettings,
  read: (range: string) => Result<AddressSet, string> = parseCidr,
): SourceProblem | undefined {
  const sets: AddressSet[] = [];
  for (const range of ranges) {
    // Spaces around a range mean nothing to those who read it.
    const text = range.trim();
    const parsed = read(text);
    if (!parsed.ok) return { found: `holds ${JSON.stringify(range)}, which is no range`, required: parsed.error };
    if (!isUnambiguous(text)) {
      const found = `holds ${JSON.stringify(range)}, which not everybody reads alike`;
      return { found, required: 'write IPv4 ranges as such, and no zeros before a number' };
    }
    sets.push(parsed.value);
  }
  const open = union(...sets);
  const required = requiredOf(settings);
  const family = everythingIn(open);
  if (family !== undefined) return { found: `lets in every ${family} address`, required };
  const beyond = widestCidr(subtract(open, allowedSources(settings)));
  return beyond === undefined
    ? undefined
    : { found: `lets in ${beyond}, which network.clients does not name`, required };
}

/** The family whose addresses are all in a set. */
function everythingIn(set: AddressSet): 'IPv4' | 'IPv6' | undefined {
  if (isSubset({ ...NO_ADDRESSES, v4: ALL_ADDRESSES.v4 }, set)) return 'IPv4';
  return isSubset({ ...NO_ADDRESSES, v6: ALL_ADDRESSES.v6 }, set) ? 'IPv6' : undefined;
}

/** What to write, where there are ranges that may be written. */
export function requiredOf(settings: NetworkSettings): string {
  const example = widestCidr(allowedSources(settings));
  return example === undefined
    ? 'name the ranges of the callers in network.clients of the configuration first, which names none'
    : `write only ranges that network.clients of the configuration names, such as ${example}`;
}
