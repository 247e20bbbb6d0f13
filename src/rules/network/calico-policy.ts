import { calicoBypassFindings } from '../../network/calico-bypasses.ts';
import { pluginPolicyFindings } from '../../network/plugin-policies.ts';
import { defineRule } from '../define.ts';

export const calicoPolicy = defineRule({
  id: 'calico-policy',
  title: 'Calico opens no more to protected pods than their NetworkPolicies may',
  promise: 'network',
  why: 'What a policy of Calico allows, or passes on from the tier default, no NetworkPolicy denies any more.',
  fix: "spec:\n  selector: app == 'qdrant'\n  types: [Egress]\n  egress:\n    - action: Allow\n      protocol: TCP\n      destination: { selector: app == 'qdrant', ports: [6333, 6334] }",
  controls: ['cis:5.3.2'],
  needs: ['apiServer'],
  reads: {
    'GlobalNetworkPolicy.crd.projectcalico.org': ['spec'],
    'GlobalNetworkPolicy.projectcalico.org': ['spec'],
    'NetworkPolicy.crd.projectcalico.org': ['spec'],
    'NetworkPolicy.projectcalico.org': ['spec'],
    'NetworkSet.crd.projectcalico.org': ['spec.nets'],
    'NetworkSet.projectcalico.org': ['spec.nets'],
    'Tier.crd.projectcalico.org': ['spec.defaultAction'],
    'Tier.projectcalico.org': ['spec.defaultAction'],
  },
  check({ object, subject: { namespace }, facts: { apiServer }, settings }) {
    return [
      ...calicoBypassFindings(object),
      ...pluginPolicyFindings(object, { namespace, settings: settings.network, apiServer }),
    ];
  },
});
