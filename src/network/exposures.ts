import type { WideningAnnotation } from './source-ranges.ts';

const CILIUM = 'cilium/cilium@v1.20.2: pkg/annotation/k8s.go, clustermesh.go';
const TAILSCALE = 'tailscale/tailscale@03ddd1b: cmd/k8s-operator/svc.go, sts.go';
const JOINS =
  'joins the Service with those of its name in other clusters of the mesh, whose pods then call these, and are called in their place';
const LEADS_AWAY = 'makes Tailscale lead the Service to a machine of the tailnet, outside of the cluster';

/** Annotations that open a Service of any type to another network, or lead it there. Sorted by key. */
export const EXPOSING_ANNOTATIONS: readonly (WideningAnnotation & { readonly source: string })[] = [
  { key: 'io.cilium/global-service', harmless: 'false', why: JOINS, source: CILIUM },
  { key: 'service.cilium.io/global', harmless: 'false', why: JOINS, source: CILIUM },
  {
    key: 'tailscale.com/expose',
    harmless: 'false',
    why: 'makes Tailscale open the Service to the tailnet, by a pod of its own in another namespace',
    source: TAILSCALE,
  },
  { key: 'tailscale.com/tailnet-fqdn', why: LEADS_AWAY, source: TAILSCALE },
  { key: 'tailscale.com/tailnet-ip', why: LEADS_AWAY, source: TAILSCALE },
  { key: 'tailscale.com/ts-tailnet-target-ip', why: LEADS_AWAY, source: TAILSCALE },
];
