import type { Finding } from '../../engine/rule.ts';
import { isKind, type ObjectOf } from '../../k8s/kinds.ts';
import { containsAddress, isUnambiguous } from '../../network/addresses.ts';
import { namedAddresses, writesEndpoints } from '../../network/endpoint-addresses.ts';
import { METADATA_ADDRESSES } from '../../network/special-addresses.ts';
import { defineRule } from '../define.ts';

type Slice = ObjectOf<'EndpointSlice.discovery.k8s.io'>;
type Endpoints = ObjectOf<'Endpoints'>;

const INSTEAD =
  'remove it, and let the selector of a Service find its pods: what else stands behind one is an address that network.dns, network.apiServer or network.console of the configuration names';

export const endpointAddresses = defineRule({
  id: 'endpoint-addresses',
  title: 'Behind Services stand the pods that their selectors find, and what the configuration names',
  promise: 'network',
  why: 'An address that somebody puts behind a Service by hand may be a host outside or a service of the cloud that hands out credentials: pods send there what they mean for their own.',
  fix: 'kind: Service\nspec:\n  selector: { app: qdrant }',
  controls: [],
  reads: {
    Endpoints: ['subsets[*].addresses[*].ip', 'subsets[*].notReadyAddresses[*].ip'],
    'EndpointSlice.discovery.k8s.io': ['addressType', 'endpoints[*].addresses'],
  },
  check({ object, subject: { user }, settings: { network } }) {
    if (writesEndpoints(user)) return [];
    if (!isKind(object, 'Endpoints') && object.addressType === 'FQDN') {
      return [
        {
          path: 'addressType',
          value: 'FQDN',
          required: 'write IPv4 or IPv6, and the addresses: a name may lead anywhere',
        },
      ];
    }
    const named = namedAddresses(network);
    return [...(isKind(object, 'Endpoints') ? inSubsets(object) : inSlice(object))].flatMap(
      ([path, value]): Finding[] => {
        if (isUnambiguous(value) && containsAddress(named, value)) return [];
        const found = `is ${value}, where a metadata service may hand out credentials`;
        return [{ path, value, ...(containsAddress(METADATA_ADDRESSES, value) && { found }), required: INSTEAD }];
      },
    );
  },
});

type AddressAt = readonly [path: string, address: string];

function* inSlice({ endpoints }: Slice): Generator<AddressAt> {
  for (const [i, { addresses }] of (endpoints ?? []).entries()) {
    for (const [j, address] of (addresses ?? []).entries()) yield [`endpoints[${i}].addresses[${j}]`, address];
  }
}

function* inSubsets({ subsets }: Endpoints): Generator<AddressAt> {
  for (const [i, subset] of (subsets ?? []).entries()) {
    for (const list of ['addresses', 'notReadyAddresses'] as const) {
      // Not ready now: it says itself when it is.
      for (const [j, { ip }] of (subset[list] ?? []).entries()) yield [`subsets[${i}].${list}[${j}].ip`, ip ?? ''];
    }
  }
}
