import type { Finding } from '../engine/rule.ts';
import { isKind } from '../k8s/kinds.ts';
import type { KubernetesObject } from '../k8s/object.ts';

const WAY_OUT = 'leave it out, or ask for an exemption';

/**
 * What Cilium would send elsewhere of what reaches or leaves a namespace. Connections that an Envoy listener takes over
 * are not asked whether the pod may make them; a CiliumEnvoyConfig takes over Services of its own namespace, and so does
 * a CiliumLocalRedirectPolicy, and whatever address it names, for all pods of a node.
 *
 * Source: cilium/cilium@v1.20.2: bpf/bpf_lxc.c (ENABLE_L7_LB), pkg/k8s/apis/cilium.io/v2/{cec,clrp}_types.go.
 */
export function ciliumRedirectFindings(object: KubernetesObject, namespace: string): readonly Finding[] {
  if (isKind(object, 'CiliumEnvoyConfig.cilium.io')) {
    if (!object.spec?.resources?.length) return [];
    const found = 'make a proxy that sends what it gets wherever it is told to, past the policies of pods';
    // They may hold keys: what stands there is not told.
    return [{ path: 'spec.resources', found, required: WAY_OUT }];
  }
  if (isKind(object, 'CiliumLocalRedirectPolicy.cilium.io')) {
    const found = 'sends what is meant for another address to pods of this namespace';
    return [{ path: 'spec', value: object.spec, found, required: WAY_OUT }];
  }
  if (!isKind(object, 'CiliumClusterwideEnvoyConfig.cilium.io')) return [];
  return (object.spec?.services ?? []).flatMap((service, at) => {
    if ((service.namespace || 'default') !== namespace) return [];
    const found = `takes over Service ${namespace}/${service.name}, and sends what it gets past the policies of pods`;
    return [{ path: `spec.services[${at}]`, value: service, found, required: WAY_OUT }];
  });
}
