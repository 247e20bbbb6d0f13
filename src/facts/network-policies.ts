import { defineFact } from './define.ts';

/** The NetworkPolicies of the namespace that the subject stands in, in no order. */
export const networkPolicies = defineFact({
  name: 'networkPolicies',
  title: 'the NetworkPolicies of the namespace',
  watched: ['NetworkPolicy.networking.k8s.io'],
  learn: ({ subject, objects }) => objects.list('NetworkPolicy.networking.k8s.io', subject.namespace),
});
