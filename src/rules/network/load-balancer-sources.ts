import { z } from 'zod';
import type { Finding } from '../../engine/rule.ts';
import {
  LOAD_BALANCER_CLASSES,
  loadBalancerClassOf,
  PEER_PORT,
  RANGES_ANNOTATION,
  type Service,
  WIDENING_ANNOTATIONS,
} from '../../network/load-balancers.ts';
import type { NetworkSettings } from '../../network/settings.ts';
import { requiredOf, sourceProblem } from '../../network/source-ranges.ts';
import { defineRule } from '../define.ts';
import { annotationPath, wideningFindings } from '../shared/annotations.ts';

interface Options {
  readonly classes: readonly string[];
}

const options: z.ZodType<Options> = z.strictObject({
  classes: z
    .array(z.string().min(1))
    .default([])
    .describe('Further values of spec.loadBalancerClass whose controllers keep to spec.loadBalancerSourceRanges.'),
});

const NO_PEERS =
  'let nobody from outside reach the port of peers: open 6333 and 6334 in a Service of its own (the open-source chart puts all of service.ports on its own Service: leave service.type at ClusterIP there)';

export const loadBalancerSources = defineRule({
  id: 'load-balancer-sources',
  title:
    'A load balancer lets in only the ranges of addresses that the configuration names, and nobody to the port of peers',
  promise: 'network',
  why: 'A load balancer without ranges is open to the whole internet, and on the port of its peers a database asks nobody for a key.',
  fix: 'spec:\n  type: LoadBalancer\n  allocateLoadBalancerNodePorts: false\n  loadBalancerSourceRanges: [198.51.100.0/24] # as in network.clients\n  ports:\n    - { name: http, port: 6333, targetPort: 6333 }',
  controls: [],
  options,
  reads: {
    Service: [
      'spec.type',
      'spec.loadBalancerClass',
      'spec.loadBalancerSourceRanges',
      'spec.ports[*].port',
      'spec.ports[*].targetPort',
      ...[RANGES_ANNOTATION, ...WIDENING_ANNOTATIONS.map(({ key }) => key)].map(
        (key) => `metadata.annotations{${key}}`,
      ),
    ],
  },
  check({ object, options: { classes }, settings: { network } }) {
    if (object.spec?.type !== 'LoadBalancer') return [];
    return [
      ...sourceFindings(object, classes, network),
      ...wideningFindings(object.metadata?.annotations, WIDENING_ANNOTATIONS),
      ...portFindings(object),
    ];
  },
});

function sourceFindings(service: Service, classes: readonly string[], network: NetworkSettings): readonly Finding[] {
  const ranges = service.spec?.loadBalancerSourceRanges ?? [];
  const known = loadBalancerClassOf(service, classes);
  if (!known) {
    const names = LOAD_BALANCER_CLASSES.flatMap(({ name }) => name ?? []).join(', ');
    const value = service.spec?.loadBalancerClass;
    const required = `leave it out or write one of which it is known that its controller keeps to ranges (${names}), or name it in the option classes of this rule`;
    return [{ path: 'spec.loadBalancerClass', value, required }];
  }
  const path = 'spec.loadBalancerSourceRanges';
  if (ranges.length > 0) {
    const problem = sourceProblem(ranges, network);
    return problem ? [{ path, value: ranges, ...problem }] : [];
  }
  const annotation = service.metadata?.annotations?.[RANGES_ANNOTATION]?.trim();
  if (!annotation) {
    return [{ path, value: undefined, found: 'is not set, which lets in everybody', required: requiredOf(network) }];
  }
  const at = { path: annotationPath(RANGES_ANNOTATION), value: annotation };
  if (!known.readsAnnotation) {
    const found = `is set, and ${known.controller} may not read it`;
    return [{ ...at, found, required: 'write the ranges into spec.loadBalancerSourceRanges' }];
  }
  const problem = sourceProblem(annotation.split(','), network);
  return problem ? [{ ...at, ...problem }] : [];
}

function portFindings({ spec }: Service): readonly Finding[] {
  return (spec?.ports ?? []).flatMap(({ port, targetPort }, index): Finding[] => {
    const path = `spec.ports[${index}]`;
    if (port === PEER_PORT) return [{ path: `${path}.port`, value: port, required: NO_PEERS }];
    if (targetPort === PEER_PORT) return [{ path: `${path}.targetPort`, value: targetPort, required: NO_PEERS }];
    // Each pod says itself which of its ports bears a name.
    if (typeof targetPort !== 'string') return [];
    const required = 'write the number of the port: a name may mean another in every pod, that of peers among them';
    return [{ path: `${path}.targetPort`, value: targetPort, required }];
  });
}
