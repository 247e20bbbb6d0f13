import type { JsonObject } from '../../src/k8s/object.ts';

/** A NetworkPolicy of the namespace `qdrant`. */
export function networkPolicy(name: string, spec: JsonObject, metadata: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: 'qdrant', ...metadata },
    spec,
  };
}

/** Denies every pod of a namespace whatever no other policy opens: without it no pod enters. */
export function defaultDeny(namespace = 'qdrant'): JsonObject {
  return networkPolicy('default-deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }, { namespace });
}
