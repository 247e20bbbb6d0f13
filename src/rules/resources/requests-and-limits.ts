import { containerFinding } from '../../engine/findings.ts';
import type { Finding } from '../../engine/rule.ts';
import { definePodRule } from '../define.ts';
import { COMPUTE, COMPUTE_FIELDS, containersWithResources, isSet, shareOf } from '../shared/compute-shares.ts';

export const requestsAndLimits = definePodRule({
  id: 'requests-and-limits',
  title: 'Every container requests cpu and memory, and is limited in both',
  promise: 'resources',
  why: 'A container without limits takes what its node has, and the database beside it is slowed down or killed for want of memory.',
  fix: 'resources:\n  requests: { cpu: "2", memory: 8Gi }\n  limits: { cpu: "2", memory: 8Gi }',
  controls: [],
  overriddenBy: 'guaranteed',
  reads: COMPUTE_FIELDS,
  check({ pod }) {
    const findings: Finding[] = [];
    for (const at of containersWithResources(pod)) {
      const { resources } = at.container;
      for (const { name, setIt } of COMPUTE) {
        const own = shareOf(resources, name);
        // What the pod as a whole requests and is limited to holds for all of its containers together.
        const whole = shareOf(pod.spec.resources, name);
        const limited = own.limit !== undefined || whole.limit !== undefined;
        if (!limited) {
          findings.push(containerFinding(pod, at, `resources.limits.${name}`, resources?.limits?.[name], setIt));
        }
        if (own.request !== undefined || whole.request !== undefined) continue;
        // A request that is not set is the limit, of which all is said.
        if (!limited && !isSet(resources?.requests, name)) continue;
        const value = resources?.requests?.[name];
        findings.push(
          containerFinding(pod, at, `resources.requests.${name}`, value, 'set it to a quantity above zero'),
        );
      }
    }
    return findings;
  },
});
