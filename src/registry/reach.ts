import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import {
  type AddressSet,
  ALL_ADDRESSES,
  containsAddress,
  NO_ADDRESSES,
  parseRange,
  subtract,
  union,
} from '../network/addresses.ts';
import { METADATA_ADDRESSES, PUBLIC_ADDRESSES, SPECIAL_RANGES } from '../network/special-addresses.ts';
import { ContentFailure } from './content-failure.ts';

/** The addresses of a host name, in the order in which they are tried. Rejects with the error of node:dns. */
export type Lookup = (hostname: string) => Promise<readonly string[]>;

export const SYSTEM_LOOKUP: Lookup = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address }) => address);

/** Which addresses a connection may lead to. */
export interface Reach {
  /** Connections of one reach are never used for another. */
  readonly name: 'public' | 'private';
  readonly allowed: AddressSet;
}

/** A place that must not be asked: whoever named it may want us to go where he cannot. */
export class ForbiddenPlace extends ContentFailure {}

/** Never of a registry, whatever is configured. */
const NEVER = union(
  METADATA_ADDRESSES,
  ...SPECIAL_RANGES.filter(({ name }) => ['this network', 'unspecified', 'link local', 'multicast'].includes(name))
    .flatMap(({ ranges }) => ranges)
    .map((range) => {
      const parsed = parseRange(range);
      return parsed.ok ? parsed.value : NO_ADDRESSES;
    }),
);

/** What a name may lead to that the configuration says nothing of. @param cluster addresses of pods, services and nodes */
export function publicReach(cluster: AddressSet): Reach {
  return { name: 'public', allowed: subtract(subtract(PUBLIC_ADDRESSES, METADATA_ADDRESSES), cluster) };
}

/** What the configuration calls private. */
export const PRIVATE_REACH: Reach = { name: 'private', allowed: subtract(ALL_ADDRESSES, NEVER) };

/** Refuses an address that stands in place of a host name: node:net looks up no such. @param hostname of a URL */
export function checkLiteral(hostname: string, reach: Reach): void {
  const literal = bareHost(hostname);
  if (isIP(literal) !== 0 && !containsAddress(reach.allowed, literal)) throw forbidden(hostname, literal, reach);
}

/** The host without the brackets that a URL puts around IPv6. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** The addresses of a name. One that is forbidden forbids them all: whoever mixes them means harm, or is misconfigured. */
export async function lookUpWithin(hostname: string, reach: Reach, look: Lookup): Promise<readonly string[]> {
  const addresses = await look(hostname);
  const wrong = addresses.find((address) => !containsAddress(reach.allowed, address));
  if (wrong !== undefined) throw forbidden(hostname, wrong, reach);
  return addresses;
}

/**
 * The `lookup` of a connection. What it answers is what node:net connects to, so that a name cannot mean another address
 * between check and use (DNS rebinding).
 */
export function checkedLookup(reach: Reach, look: Lookup): LookupFunction {
  return (hostname, options, callback) => {
    lookUpWithin(hostname, reach, look).then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: isIP(address) }));
        const [first] = found;
        if (first === undefined) callback(new Error(`${hostname} has no address`), '');
        else if (options.all) callback(null, found);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}

/** Names that only a cluster or the machine itself can mean. */
const INSIDE_NAME = /(^[^.]*$)|(\.|^)(localhost|local|internal|svc|cluster\.local)$/;

/**
 * The same for a proxy, which looks the name up itself: it must not mean anything inside, and where we know addresses of
 * it these must be allowed.
 */
export async function checkForProxy(hostname: string, reach: Reach, look: Lookup): Promise<void> {
  checkLiteral(hostname, reach);
  if (isIP(bareHost(hostname)) !== 0 || reach.name === 'private') return;
  if (INSIDE_NAME.test(hostname.toLowerCase())) {
    throw new ForbiddenPlace('unreachable', `${hostname} is a name inside the cluster or the machine${ADVICE}`);
  }
  try {
    await lookUpWithin(hostname, reach, look);
  } catch (error) {
    // Behind a proxy, public names need not be known.
    if (error instanceof ForbiddenPlace) throw error;
  }
}

const ADVICE =
  ', which a name in an image may not lead to: if that is meant, set privateAddresses for this registry under images.registries, or list the host in its privateHosts';

function forbidden(hostname: string, address: string, { name }: Reach): ForbiddenPlace {
  const what = hostname === address || bareHost(hostname) === address ? hostname : `${hostname} leads to ${address}`;
  const why =
    name === 'public'
      ? `${what}, no public address${ADVICE}`
      : `${what}, a link-local address or a metadata service: no registry may have that`;
  return new ForbiddenPlace('unreachable', why);
}
