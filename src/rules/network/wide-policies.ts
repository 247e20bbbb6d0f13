import { selects } from '../../k8s/selectors.ts';
import { policyProblems } from '../../network/policy-problems.ts';
import { definePodRule } from '../define.ts';

export const widePolicies = definePodRule({
  id: 'wide-policies',
  title: 'No NetworkPolicy that selects the pod opens more than its role allows',
  promise: 'network',
  why: 'A policy that was there before this program, or came in while it was not asked, opens connections all the same: what enters behind it is not isolated.',
  fix: 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: default-deny\nspec:\n  podSelector: {}\n  policyTypes: [Ingress, Egress]',
  controls: ['cis:5.3.2'],
  needs: ['networkPolicies', 'apiServer'],
  // A namespace cannot be changed; labels can, and bring other policies with them.
  reads: ['metadata.namespace', 'metadata.labels'],
  check({ pod, subject: { namespace }, facts, settings }) {
    const site = { namespace, settings: settings.network, apiServer: facts.apiServer };
    return facts.networkPolicies.flatMap((policy) => {
      if (!selects(policy.spec?.podSelector ?? {}, pod.metadata.labels)) return [];
      const [first] = policyProblems(policy, site);
      if (!first) return [];
      const { path, found } = first.finding;
      const name = policy.metadata?.name ?? '';
      return [
        {
          path: `${pod.base}metadata.labels`,
          value: name,
          found: `are selected by NetworkPolicy ${name}, whose ${path} ${found}`,
          required: 'narrow that policy, or delete it',
        },
      ];
    });
  },
});
