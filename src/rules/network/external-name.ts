import { z } from 'zod';
import { defineRule } from '../define.ts';

interface Options {
  readonly clusterDomain: string;
}

const options: z.ZodType<Options> = z.strictObject({
  clusterDomain: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'expected a DNS name in lower case')
    .default('cluster.local')
    .describe("The domain of the cluster's own DNS: names of Services end in svc and this."),
});

export const externalName = defineRule({
  id: 'external-name',
  title: 'A Service is another name for Services of this cluster only',
  promise: 'network',
  why: 'Pods take the name of a Service for something inside: by it they are led to any host outside, and whoever may write the Service leads them elsewhere later.',
  fix: 'spec:\n  type: ExternalName\n  externalName: metrics.monitoring.svc.cluster.local',
  controls: [],
  options,
  reads: { Service: ['spec.type', 'spec.externalName'] },
  check({ object: { spec }, options: { clusterDomain } }) {
    if (spec?.type !== 'ExternalName') return [];
    const value = spec.externalName ?? undefined;
    // The cluster's DNS answers for all of these names itself, and NetworkPolicies hold for whatever stands behind them.
    if (value?.replace(/\.$/, '').endsWith(`.svc.${clusterDomain}`)) return [];
    return [
      {
        path: 'spec.externalName',
        value,
        required: `write the name of a Service of this cluster, which ends in .svc.${clusterDomain}`,
      },
    ];
  },
});
