import { anything, fields, list, metadata } from '../shape.ts';

const entity = fields({
  nets: list('string'),
  notNets: list('string'),
  selector: 'string',
  namespaceSelector: 'string',
  services: fields({ name: 'string', namespace: 'string' }),
  serviceAccounts: anything,
  domains: list('string'),
  ports: list('intOrString'),
  notPorts: list('intOrString'),
});
const rules = list(fields({ action: 'string', protocol: 'intOrString', source: entity, destination: entity }));

const policy = {
  tier: 'string',
  selector: 'string',
  types: list('string'),
  ingress: rules,
  egress: rules,
} as const;

/** NetworkPolicy of projectcalico.org/v3, and of crd.projectcalico.org/v1, where Calico keeps it. */
export const calicoNetworkPolicy = fields({ metadata, spec: fields(policy) });

/** GlobalNetworkPolicy of the same groups. */
export const calicoGlobalNetworkPolicy = fields({
  metadata,
  spec: fields({ ...policy, namespaceSelector: 'string' }),
});

/** NetworkSet of the same groups: addresses that selectors of policies select by its labels. */
export const calicoNetworkSet = fields({ metadata, spec: fields({ nets: list('string') }) });

/** Tier of the same groups. */
export const calicoTier = fields({ metadata, spec: fields({ defaultAction: 'string' }) });
