import { EMBEDDINGS } from './address-text.ts';
import { type AddressSet, ALL_ADDRESSES, NO_ADDRESSES, parseRange, subtract, union } from './addresses.ts';

/** Ranges that mean something of their own, whoever uses them. */
export interface SpecialRange {
  readonly name: string;
  readonly ranges: readonly string[];
  /** What sets it apart. */
  readonly source: string;
  /** That packets to it may reach the internet all the same, by a translator or a relay. */
  readonly leadsOut?: true;
}

/**
 * From the IANA registries of special-purpose addresses, and of multicast. Ranges that these call globally reachable are
 * not here, and of 192.0.0.0/24 only what is assigned. IPv4-mapped addresses have no row: written as a range they are IPv4.
 */
export const SPECIAL_RANGES: readonly SpecialRange[] = [
  { name: 'this network', ranges: ['0.0.0.0/8'], source: 'RFC 791' },
  { name: 'private use', ranges: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'], source: 'RFC 1918' },
  { name: 'shared address space', ranges: ['100.64.0.0/10'], source: 'RFC 6598' },
  { name: 'loopback', ranges: ['127.0.0.0/8', '::1/128'], source: 'RFC 1122, RFC 4291' },
  { name: 'unspecified', ranges: ['::/128'], source: 'RFC 4291' },
  { name: 'link local', ranges: ['169.254.0.0/16', 'fe80::/10'], source: 'RFC 3927, RFC 4291' },
  { name: 'site local', ranges: ['fec0::/10'], source: 'RFC 3879' },
  { name: 'unique local', ranges: ['fc00::/7'], source: 'RFC 4193' },
  { name: 'IPv4 service continuity', ranges: ['192.0.0.0/29', '192.0.0.8/32'], source: 'RFC 7335, RFC 7600' },
  { name: 'NAT64 discovery', ranges: ['192.0.0.170/31'], source: 'RFC 7050' },
  { name: 'documentation', ranges: ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'], source: 'RFC 5737' },
  { name: 'documentation', ranges: ['2001:db8::/32', '3fff::/20'], source: 'RFC 3849, RFC 9637' },
  { name: 'benchmarking', ranges: ['198.18.0.0/15', '2001:2::/48'], source: 'RFC 2544, RFC 5180' },
  { name: 'multicast', ranges: ['224.0.0.0/4', 'ff00::/8'], source: 'RFC 5771, RFC 4291' },
  { name: 'reserved', ranges: ['240.0.0.0/4'], source: 'RFC 1112, RFC 8190' },
  { name: 'discard only', ranges: ['100::/64'], source: 'RFC 6666' },
  { name: 'segment routing', ranges: ['5f00::/16'], source: 'RFC 9602' },
  { name: 'NAT64', ranges: ['64:ff9b::/96', '64:ff9b:1::/48'], source: 'RFC 6052, RFC 8215', leadsOut: true },
  { name: '6to4', ranges: ['2002::/16'], source: 'RFC 3056', leadsOut: true },
  { name: 'Teredo', ranges: ['2001::/32'], source: 'RFC 4380', leadsOut: true },
];

/** An address at which a provider hands out credentials, or what leads to them, to whoever can reach it. */
export interface MetadataService {
  readonly provider: string;
  readonly addresses: readonly string[];
  readonly source: string;
}

const CLOUD_INIT = 'canonical/cloud-init@04eacd0: cloudinit/sources';

export const METADATA_SERVICES: readonly MetadataService[] = [
  {
    provider: 'AWS, Azure, Google Cloud, Oracle Cloud, IBM Cloud, OpenStack and most others',
    addresses: ['169.254.169.254'],
    source: CLOUD_INIT,
  },
  { provider: 'AWS', addresses: ['fd00:ec2::254'], source: `${CLOUD_INIT}/DataSourceEc2.py` },
  {
    provider: 'AWS (credentials of ECS tasks)',
    addresses: ['169.254.170.2'],
    source: 'Amazon ECS Developer Guide: task IAM role',
  },
  {
    provider: 'AWS (EKS Pod Identity)',
    addresses: ['169.254.170.23', 'fd00:ec2::23'],
    source: 'Amazon EKS User Guide: Set up the Amazon EKS Pod Identity Agent',
  },
  { provider: 'Azure (wire server)', addresses: ['168.63.129.16'], source: `${CLOUD_INIT}/helpers/azure.py` },
  {
    provider: 'Google Cloud',
    addresses: ['fd20:ce::254'],
    source: 'Compute Engine: View and query VM metadata',
  },
  {
    provider: 'Google Cloud (GKE metadata server)',
    addresses: ['169.254.169.252'],
    source: 'GKE: Control communication between Pods and Services using network policies',
  },
  { provider: 'Oracle Cloud', addresses: ['fd00:c1::a9fe:a9fe'], source: `${CLOUD_INIT}/DataSourceOracle.py` },
  {
    provider: 'Oracle Cloud Classic',
    addresses: ['192.0.0.192'],
    source: 'Oracle Cloud Infrastructure Compute Classic: Retrieving Instance Metadata',
  },
  { provider: 'Alibaba Cloud', addresses: ['100.100.100.200'], source: `${CLOUD_INIT}/DataSourceAliYun.py` },
  {
    provider: 'Tencent Cloud',
    addresses: ['169.254.0.23'],
    source: 'DataDog/datadog-agent@5ef84e1: pkg/util/cloudproviders/tencent/tencent.go',
  },
  { provider: 'OpenStack, Hetzner', addresses: ['fe80::a9fe:a9fe'], source: `${CLOUD_INIT}/DataSourceOpenStack.py` },
  { provider: 'Akamai', addresses: ['fd00:a9fe:a9fe::1'], source: `${CLOUD_INIT}/DataSourceAkamai.py` },
  {
    provider: 'Scaleway',
    addresses: ['169.254.42.42', 'fd00:42::42'],
    source: `${CLOUD_INIT}/DataSourceScaleway.py`,
  },
];

/** The set of a list of ranges and addresses. Throws at what is neither: the lists are ours. */
function rangesOf(texts: readonly string[]): AddressSet {
  return union(
    ...texts.map((text) => {
      const range = parseRange(text);
      if (!range.ok) throw new TypeError(`${text}: ${range.error}`);
      return range.value;
    }),
  );
}

/** A set together with the IPv6 addresses that lead to its IPv4 addresses. */
function withEmbedded(set: AddressSet): AddressSet {
  const v6 = EMBEDDINGS.flatMap(({ upper }) =>
    set.v4.map(({ start, end }) => ({ start: (upper << 32n) + start, end: (upper << 32n) + end })),
  );
  return union(set, { ...NO_ADDRESSES, v6 });
}

const INSIDE = rangesOf(SPECIAL_RANGES.filter(({ leadsOut }) => !leadsOut).flatMap(({ ranges }) => ranges));

/** Whatever may be reached over the internet, IPv6 that leads to public IPv4 addresses included. */
export const PUBLIC_ADDRESSES: AddressSet = subtract(ALL_ADDRESSES, withEmbedded(INSIDE));

/** Where instance metadata services listen, as IPv6 that leads there, too. */
export const METADATA_ADDRESSES: AddressSet = withEmbedded(
  rangesOf(METADATA_SERVICES.flatMap(({ addresses }) => addresses)),
);
