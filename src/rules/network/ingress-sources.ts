import { z } from 'zod';
import type { Finding } from '../../engine/rule.ts';
import { isKind, type ObjectOf } from '../../k8s/kinds.ts';
import { parseRange } from '../../network/addresses.ts';
import type { NetworkSettings } from '../../network/settings.ts';
import { requiredOf, sourceProblem } from '../../network/source-ranges.ts';
import {
  type ClassController,
  LEGACY_CLASS_ANNOTATION,
  WAY_IN_CONTROLLERS,
  type WayInController,
} from '../../network/way-in-controllers.ts';
import { defineRule } from '../define.ts';
import { annotationPath, wideningFindings } from '../shared/annotations.ts';

type Ingress = ObjectOf<'Ingress.networking.k8s.io'>;
type Gateway = ObjectOf<'Gateway.gateway.networking.k8s.io'>;

interface Options {
  readonly attestedClasses: readonly string[];
}

const options: z.ZodType<Options> = z.strictObject({
  attestedClasses: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'IngressClasses and GatewayClasses of which you state that their listeners let in only network.clients, by what is not read here: a Middleware of Traefik, a SecurityPolicy of Envoy Gateway, an AuthorizationPolicy of Istio, a firewall.',
    ),
});

const ANNOTATIONS = [
  LEGACY_CLASS_ANNOTATION,
  ...WAY_IN_CONTROLLERS.flatMap(({ ranges, widening = [] }) => [
    ...(ranges.in === 'annotations' ? ranges.keys : []),
    ...widening.map(({ key }) => key),
  ]),
];

export const ingressSources = defineRule({
  id: 'ingress-sources',
  title: 'An Ingress or a Gateway lets in only the ranges of addresses that the configuration names',
  promise: 'network',
  why: 'A way in without ranges is open to the whole internet: a leaked key is then all that somebody needs.',
  fix: 'metadata:\n  annotations:\n    haproxy.org/allow-list: 198.51.100.0/24 # as in network.clients\nspec:\n  ingressClassName: haproxy',
  controls: [],
  needs: ['classController'],
  options,
  reads: {
    'Ingress.networking.k8s.io': ['spec.ingressClassName', ...ANNOTATIONS.map((key) => `metadata.annotations{${key}}`)],
    'Gateway.gateway.networking.k8s.io': ['spec.gatewayClassName', 'spec.addresses'],
  },
  check({ object, facts: { classController }, options: { attestedClasses }, settings: { network } }) {
    const path = isKind(object, 'Ingress.networking.k8s.io') ? 'spec.ingressClassName' : 'spec.gatewayClassName';
    const legacy = object.metadata?.annotations?.[LEGACY_CLASS_ANNOTATION];
    if (path === 'spec.ingressClassName' && legacy !== undefined && legacy !== null) {
      const required = 'remove it and name the class in spec.ingressClassName, which tells what its controller is';
      return [{ path: annotationPath(LEGACY_CLASS_ANNOTATION), value: legacy, required }];
    }
    const { className } = classController;
    const kind = path === 'spec.ingressClassName' ? 'Ingress' : 'Gateway';
    const known = WAY_IN_CONTROLLERS.find(({ name, of }) => of === kind && name === classController.controller);
    if (className !== undefined && attestedClasses.includes(className)) {
      return [...pastAttestation(object, known), ...retirement(known, path, className)];
    }
    if (!known) return [{ path, value: className, ...unknownController(classController, kind) }];
    return [...rangeFindings(object, known, path, network), ...retirement(known, path, className)];
  },
});

/** What is attested of a class stands elsewhere, and an annotation of the object itself may lead past it. */
function pastAttestation({ metadata }: Ingress | Gateway, known: WayInController | undefined): readonly Finding[] {
  return known?.ranges.in === 'elsewhere' ? wideningFindings(metadata?.annotations, known.widening ?? []) : [];
}

function unknownController({ className, controller }: ClassController, kind: WayInController['of']) {
  const products = WAY_IN_CONTROLLERS.filter(({ of, ranges }) => of === kind && ranges.in !== 'elsewhere');
  const required = `name a class of which it is known where its controller reads ranges (${products.map(({ product, name }) => `${product}: ${name}`).join(', ')}), or attest the class in the option attestedClasses of this rule`;
  if (className === undefined) return { required };
  const of = controller === undefined ? 'and there is no such class' : `a class of ${controller}`;
  return { found: `is ${className}, ${of}`, required };
}

function rangeFindings(
  object: Ingress | Gateway,
  { product, ranges, widening = [] }: WayInController,
  path: string,
  network: NetworkSettings,
): readonly Finding[] {
  switch (ranges.in) {
    case 'elsewhere': {
      const found = `is a class of ${product}, whose ranges stand in ${ranges.where}`;
      const required = 'see to them there, and then attest the class in the option attestedClasses of this rule';
      return [{ path, value: classNameOf(object), found, required }];
    }
    case 'service': {
      const elsewhere = isKind(object, 'Gateway.gateway.networking.k8s.io') ? (object.spec?.addresses ?? []) : [];
      if (elsewhere.length === 0) return [];
      const found = 'may name a Service that is there already, whose ranges are not judged here';
      return [
        {
          path: 'spec.addresses',
          value: elsewhere,
          found,
          required: `remove it: ${product} then makes a Service of its own`,
        },
      ];
    }
    case 'annotations': {
      const annotations = object.metadata?.annotations ?? {};
      const wide = wideningFindings(annotations, widening);
      const [preferred] = ranges.keys;
      const set = ranges.keys.filter((key) => annotations[key]);
      if (set.length === 0) {
        const found = 'is not set, which lets in everybody';
        return [{ path: annotationPath(preferred), value: undefined, found, required: requiredOf(network) }, ...wide];
      }
      // Which of them counts is the controller's affair.
      const narrow = set.flatMap((key): Finding[] => {
        const value = annotations[key] ?? '';
        const problem = sourceProblem(value.split(','), network, parseRange);
        return problem ? [{ path: annotationPath(key), value, ...problem }] : [];
      });
      return [...narrow, ...wide];
    }
  }
}

function retirement(known: WayInController | undefined, path: string, value: string | undefined): readonly Finding[] {
  if (known?.retired === undefined) return [];
  const tolerated = `${known.product} is retired since ${known.retired}: it gets no more fixes, and what it keeps out today it may let in tomorrow`;
  return [{ path, value, required: 'move to a controller that is cared for', tolerated }];
}

function classNameOf(object: Ingress | Gateway): string | undefined {
  const name = isKind(object, 'Gateway.gateway.networking.k8s.io')
    ? object.spec?.gatewayClassName
    : (object as Ingress).spec?.ingressClassName;
  return name ?? undefined;
}
