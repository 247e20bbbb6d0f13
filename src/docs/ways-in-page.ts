import { EXPOSING_ANNOTATIONS } from '../network/exposures.ts';
import { TLS_ANNOTATIONS } from '../network/ingress-tls.ts';
import { LOAD_BALANCER_CLASSES, RANGES_ANNOTATION, WIDENING_ANNOTATIONS } from '../network/load-balancers.ts';
import { WAY_IN_CONTROLLERS, type WayInController } from '../network/way-in-controllers.ts';
import { markdownTable } from './markdown-table.ts';

/** Renders docs/ways-in.md. */
export function waysInPage(): string {
  return `# Ways in

A protected namespace may be called from outside of the cluster only by the ranges in \`network.clients\` of the configuration. A range counts
where it is known that whoever opens the way in reads it. What a NetworkPolicy lets in is another lock on the same door: it sees the
address of the caller only where nothing on the way replaces it (\`externalTrafficPolicy: Local\`).

## Load balancers

\`spec.loadBalancerSourceRanges\` of a Service counts for these classes, and for those in the option \`classes\` of
[load-balancer-sources](rules/network/load-balancer-sources.md). A cloud that does not know source ranges ignores them: where the cluster's own
load balancer is one of those, kube-proxy holds the ranges, for what arrives with the address of its caller.

${markdownTable([
  ['spec.loadBalancerClass', 'who makes it', `reads ${RANGES_ANNOTATION}`, 'read in'],
  ...LOAD_BALANCER_CLASSES.map(({ name, controller, readsAnnotation, source }) => [
    name === undefined ? 'none' : `\`${name}\``,
    controller,
    readsAnnotation ? 'yes' : 'not for certain',
    source,
  ]),
])}

These annotations let in more, and are refused:

${markdownTable([
  ['annotation', 'but for', 'it', 'read in'],
  ...WIDENING_ANNOTATIONS.map(({ key, harmless, why, source }) => [`\`${key}\``, harmlessValue(harmless), why, source]),
])}

## Other networks

These annotations open a Service of any type to another network, or lead it there. They are refused
([service-exposure](rules/network/service-exposure.md)):

${markdownTable([
  ['annotation', 'but for', 'it', 'read in'],
  ...EXPOSING_ANNOTATIONS.map(({ key, harmless, why, source }) => [`\`${key}\``, harmlessValue(harmless), why, source]),
])}

## Ingresses and Gateways

The controller that the IngressClass or GatewayClass names tells where the ranges are. What stands in an object that is not read here is attested
by the class, in the option \`attestedClasses\` of [ingress-sources](rules/network/ingress-sources.md).

${markdownTable([
  ['controller', 'of', 'product', 'ranges', 'refused beside them', 'read in'],
  ...WAY_IN_CONTROLLERS.map((row) => [
    `\`${row.name}\``,
    row.of,
    row.retired === undefined ? row.product : `${row.product} (retired since ${row.retired}: let in with a warning)`,
    rangesOf(row),
    (row.widening ?? []).map(({ key }) => `\`${key}\``).join(', '),
    row.source,
  ]),
])}

A ReferenceGrant that lets routes of other namespaces lead to Services of this one is refused, unless the owner answers for those
namespaces ([reference-grants](rules/network/reference-grants.md)).

## TLS of Ingresses

Every host needs an entry in \`spec.tls\`. These annotations are let in with these values only:

${markdownTable([
  ['annotation', 'instead', 'read in'],
  ...TLS_ANNOTATIONS.map(({ key, required, source }) => [
    `\`${key}${key.endsWith('.') ? '*' : ''}\``,
    required,
    source,
  ]),
])}
`;
}

function harmlessValue(harmless: string | undefined): string {
  return harmless === undefined ? '' : `\`${harmless}\``;
}

function rangesOf({ ranges }: WayInController): string {
  switch (ranges.in) {
    case 'annotations':
      return ranges.keys.map((key) => `\`${key}\``).join(', ');
    case 'service':
      return 'those of the Service that it makes, which is judged itself';
    case 'elsewhere':
      return `not read: ${ranges.where}`;
  }
}
