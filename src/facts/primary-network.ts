import { known, unknown } from '../engine/fact.ts';
import { defineFact } from './define.ts';

/**
 * A Namespace that carries it, with any value, gets a network of its own in place of the pod network as soon as a
 * UserDefinedNetwork is there (ovn-kubernetes/ovn-kubernetes@8871cd9: go-controller/pkg/types/const.go,
 * pkg/networkmanager/nad_controller.go). No other plugin is known to have that: Kube-OVN chooses subnets and VPCs by
 * Namespace, where its policies hold.
 */
const USER_DEFINED = 'k8s.ovn.org/primary-user-defined-network';

/**
 * The network that pods of the namespace have first, known only where that is the pod network of the cluster: what
 * NetworkPolicies reach of another, nobody has shown. Files that bring no Namespace show no such label, and are read as
 * those of a namespace without; an API server that cannot say is not.
 */
export const primaryNetwork = defineFact({
  name: 'primaryNetwork',
  title: 'the primary network of the namespace',
  watched: ['Namespace'],
  async learn({ subject: { namespace }, objects }) {
    const found = await objects.read('Namespace', '', namespace);
    if (!found.known) return objects.hasLive ? found : known('pod-network');
    if (!found.value) return unknown(`Namespace ${namespace} is not there`);
    const { labels } = found.value.metadata ?? {};
    if (!Object.hasOwn(labels ?? {}, USER_DEFINED)) return known('pod-network');
    return unknown(`Namespace ${namespace} has the label ${USER_DEFINED}: its pods may have another network`);
  },
});
