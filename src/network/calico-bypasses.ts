import type { Finding } from '../engine/rule.ts';
import { isKind } from '../k8s/kinds.ts';
import type { KubernetesObject } from '../k8s/object.ts';
import { DEFAULT_TIER } from './calico-policies.ts';

/**
 * What opens connections in Calico without being a policy: a NetworkSet gives addresses of any kind the labels by which
 * policies of its namespace know pods, and the default deny of NetworkPolicies is what the tier default does in the end.
 *
 * Source: projectcalico/calico@1256525: libcalico-go/lib/backend/syncersv1/updateprocessors/{networkset,tier}processor.go.
 */
export function calicoBypassFindings(object: KubernetesObject): readonly Finding[] {
  if (isKind(object, 'NetworkSet.projectcalico.org') || isKind(object, 'NetworkSet.crd.projectcalico.org')) {
    const { nets } = object.spec ?? {};
    if (!nets?.length) return [];
    const found = 'gives these addresses labels by which policies of the namespace take them for its pods';
    return [
      { path: 'spec.nets', value: nets, found, required: 'name addresses in a NetworkPolicy of networking.k8s.io/v1' },
    ];
  }
  if (isKind(object, 'Tier.projectcalico.org') || isKind(object, 'Tier.crd.projectcalico.org')) {
    const { defaultAction } = object.spec ?? {};
    if (object.metadata?.name !== DEFAULT_TIER || defaultAction?.toLowerCase() !== 'pass') return [];
    const found = 'is Pass in the tier default: what no NetworkPolicy opens gets past them all the same';
    return [{ path: 'spec.defaultAction', value: defaultAction, found, required: 'set it to Deny' }];
  }
  return [];
}
