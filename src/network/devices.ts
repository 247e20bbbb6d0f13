/** What the kubelet itself gives, and hands out no device. `hugepages-` with a size is memory, too. */
const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'];
const HUGE_PAGES = /^hugepages-[0-9]+[KMGTPE]i$/;

/**
 * Whether a container gets a device by a resource of this name. The API server takes any name with a domain; those of
 * `kubernetes.io` count here, too, though it calls them native: by `deviceclass.resource.kubernetes.io/<class>` the
 * scheduler claims a device as by DRA (k8s.io/api@v0.37.2: resource/v1/types.go).
 */
export function isDevice(resource: string): boolean {
  return !COMPUTE.includes(resource) && !HUGE_PAGES.test(resource);
}

/** A device that is no network interface, with what was read of the plugin that hands it out. */
interface Device {
  readonly resource: string;
  readonly read: string;
}

/**
 * Processors that Qdrant builds indexes on. Names only, never their domains: plugins for network cards hand these out
 * under the domains of their vendors (k8snetworkplumbingwg/sriov-network-device-plugin@40b6f50: README.md).
 */
const PROCESSORS: readonly Device[] = [
  { resource: 'amd.com/gpu', read: 'ROCm/k8s-device-plugin@ed76468: internal/pkg/plugin/plugin.go' },
  {
    resource: 'gpu.intel.com/i915',
    read: 'intel/intel-device-plugins-for-kubernetes@94a91bc: cmd/gpu_plugin/gpu_plugin.go',
  },
  {
    resource: 'gpu.intel.com/xe',
    read: 'intel/intel-device-plugins-for-kubernetes@94a91bc: cmd/gpu_plugin/gpu_plugin.go',
  },
  { resource: 'nvidia.com/gpu', read: 'NVIDIA/k8s-device-plugin@1b826ac: api/config/v1/consts.go, resources.go' },
  {
    resource: 'nvidia.com/gpu.shared',
    read: 'NVIDIA/k8s-device-plugin@1b826ac: api/config/v1/consts.go, resources.go',
  },
];

/** Their names. */
export const NO_INTERFACE: readonly string[] = PROCESSORS.map(({ resource }) => resource);
