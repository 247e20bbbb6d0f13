import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { output, run } from '../harness/run.ts';
import { SetupError } from '../harness/setup-error.ts';

/** Pods get addresses from here; the range exists inside of the cluster's namespaces only. */
export const POD_RANGE = '10.98.0.0/16';

/** One machine's place in the network. */
export interface Place {
  /** Name of its network namespace. */
  readonly namespace: string;
  /** Its address, where this machine and the other nodes reach it. */
  readonly address: string;
  /** From here its pods get their addresses. */
  readonly podRange: string;
}

/**
 * The cluster's own network: every node is a namespace, joined by a switch in another one, of which this machine sees a single
 * interface. Nothing leads from there to the outside, and no firewall of this machine comes between the nodes.
 */
export interface Network {
  /** Name of this machine's interface; the names of the namespaces begin with it. */
  readonly name: string;
  /** This machine's address in it. */
  readonly outside: string;
  /** All its addresses, e.g. "10.99.0.0/24". */
  readonly range: string;
  /** A node that comes back gets the same address again: kube-proxy stops over another one. */
  addPlace(node: string, serviceRange: string): Promise<Place>;
  /** Takes the namespace away; the node's address then answers nobody, as with a machine without power. */
  removePlace(place: Place): Promise<void>;
}

const PREFIX_LENGTH = 24;
const SUBNETS = Array.from({ length: 256 }, (_, third) => `10.99.${third}`);

async function ip(...args: readonly string[]): Promise<void> {
  await output('ip', args);
}

/** The first argv that runs a command in a network namespace. `ip netns exec` would mount another /sys, without the cgroups. */
export function inNamespace(namespace: string): readonly string[] {
  return ['nsenter', `--net=/run/netns/${namespace}`, '--'];
}

function isFree(subnet: string): boolean {
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return addresses.every(({ address }) => !address.startsWith(`${subnet}.`));
}

/** Takes a subnet by making the namespace of its switch, which only one can do. */
async function takeSubnet(wanted: string | undefined): Promise<{ readonly subnet: string; readonly name: string }> {
  for (const subnet of wanted === undefined ? SUBNETS : [wanted]) {
    const name = `qa-${subnet.replaceAll('.', '-')}`;
    if (isFree(subnet) && (await run('ip', ['netns', 'add', `${name}-switch`])).code === 0) {
      return { subnet, name };
    }
  }
  throw new SetupError(
    `${wanted === undefined ? 'all subnets from 10.99.0 to 10.99.255 are' : `the subnet ${wanted} is`} in use`,
  );
}

async function setUpSwitch(name: string, outside: string): Promise<void> {
  const namespace = `${name}-switch`;
  await ip('-netns', namespace, 'link', 'add', 'switch', 'type', 'bridge');
  await ip('-netns', namespace, 'link', 'set', 'switch', 'up');
  await ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'outside', 'netns', namespace);
  await ip('-netns', namespace, 'link', 'set', 'outside', 'master', 'switch', 'up');
  await ip('address', 'add', `${outside}/${PREFIX_LENGTH}`, 'dev', name);
  await ip('link', 'set', name, 'up');
}

async function setUpPlace(place: Place, switchNamespace: string, port: string, serviceRange: string): Promise<void> {
  const { namespace, address } = place;
  await ip('netns', 'add', namespace);
  await ip('link', 'add', 'eth0', 'netns', namespace, 'type', 'veth', 'peer', 'name', port, 'netns', switchNamespace);
  await ip('-netns', switchNamespace, 'link', 'set', port, 'master', 'switch', 'up');
  await ip('-netns', namespace, 'link', 'set', 'lo', 'up');
  await ip('-netns', namespace, 'address', 'add', `${address}/${PREFIX_LENGTH}`, 'dev', 'eth0');
  await ip('-netns', namespace, 'link', 'set', 'eth0', 'up');
  // A process of the node finds a route before kube-proxy's rules replace the Service's address by that of a pod.
  await ip('-netns', namespace, 'route', 'add', serviceRange, 'dev', 'eth0');
  await output('nsenter', [`--net=/run/netns/${namespace}`, '--', 'sh', '-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward']);
}

async function connect(one: Place, other: Place): Promise<void> {
  await ip('-netns', one.namespace, 'route', 'add', other.podRange, 'via', other.address);
  await ip('-netns', other.namespace, 'route', 'add', one.podRange, 'via', one.address);
}

/** Makes the network, on a free subnet such as "10.99.0" unless one is given. When that fails, nothing of it is left; else `removalCommand` removes it. */
export async function createNetwork(wanted?: string): Promise<Network> {
  if (wanted !== undefined && !isIPv4(`${wanted}.0`)) {
    throw new SetupError(`subnet ${wanted}: expected three numbers such as 10.99.0`);
  }
  const { subnet, name } = await takeSubnet(wanted);
  const outside = `${subnet}.1`;
  const places: Place[] = [];
  const numbers = new Map<string, number>();
  try {
    await setUpSwitch(name, outside);
  } catch (error) {
    await run('ip', ['link', 'delete', name]);
    await run('ip', ['netns', 'delete', `${name}-switch`]);
    throw error;
  }
  return {
    name,
    outside,
    range: `${subnet}.0/${PREFIX_LENGTH}`,
    async addPlace(node, serviceRange) {
      const number = numbers.get(node) ?? numbers.size + 1;
      numbers.set(node, number);
      const place = {
        namespace: `${name}-${node}`,
        address: `${subnet}.${number + 1}`,
        podRange: `10.98.${number}.0/24`,
      };
      await setUpPlace(place, `${name}-switch`, `port${number}`, serviceRange);
      for (const other of places) {
        await connect(place, other);
      }
      places.push(place);
      return place;
    },
    async removePlace(place) {
      places.splice(places.indexOf(place), 1);
      for (const other of places) {
        await ip('-netns', other.namespace, 'route', 'delete', place.podRange);
      }
      await ip('-netns', place.namespace, 'link', 'delete', 'eth0');
      await ip('netns', 'delete', place.namespace);
    },
  };
}
