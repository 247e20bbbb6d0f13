import type { Finding } from '../../engine/rule.ts';
import type { ObjectOf } from '../../k8s/kinds.ts';
import { coversHost, isAllowed, isMeant, TLS_ANNOTATIONS } from '../../network/ingress-tls.ts';
import { defineRule } from '../define.ts';
import { annotationPath } from '../shared/annotations.ts';

type Ingress = ObjectOf<'Ingress.networking.k8s.io'>;

export const ingressTls = defineRule({
  id: 'ingress-tls',
  title: 'An Ingress serves every host by TLS, and leads nothing elsewhere',
  promise: 'network',
  why: 'Without TLS keys, vectors and payloads pass through foreign networks for everybody to read, and an annotation is enough to switch it off or to send a copy away.',
  fix: 'spec:\n  tls:\n    - hosts: [qdrant.example.com]\n      secretName: qdrant-tls\n  rules:\n    - host: qdrant.example.com',
  controls: [],
  needs: ['classController'],
  reads: {
    'Ingress.networking.k8s.io': [
      'spec.ingressClassName',
      'spec.defaultBackend',
      'spec.rules[*].host',
      'spec.tls[*].hosts',
      ...TLS_ANNOTATIONS.map(({ key }) => `metadata.annotations{${key}}`),
    ],
  },
  check: ({ object, facts: { classController } }) => [
    ...annotationFindings(object, classController.controller),
    ...hostFindings(object),
  ],
});

function annotationFindings({ metadata }: Ingress, controller: string | undefined): readonly Finding[] {
  const annotations = Object.entries(metadata?.annotations ?? {});
  return TLS_ANNOTATIONS.flatMap((row): Finding[] => {
    const meant = annotations.filter(([key]) => isMeant(row, key));
    if (meant.length === 0 && controller !== undefined && row.neededBy === controller) {
      return [{ path: annotationPath(row.key), value: undefined, required: row.required }];
    }
    return meant
      .filter(([, value]) => !isAllowed(row, value ?? ''))
      .map(([key, value]) => ({ path: annotationPath(key), value: value ?? undefined, required: row.required }));
  });
}

function hostFindings({ spec }: Ingress): readonly Finding[] {
  const covered = (spec?.tls ?? []).flatMap(({ hosts }) => hosts ?? []);
  const findings = (spec?.rules ?? []).flatMap(({ host }, index): Finding[] => {
    if (host && coversHost(covered, host)) return [];
    const required = host
      ? 'name it in the hosts of an entry of spec.tls'
      : 'name the host, and a certificate for it in spec.tls: without a name it is whatever is asked for, with TLS or without';
    return [{ path: `spec.rules[${index}].host`, value: host || undefined, required }];
  });
  if (!spec?.defaultBackend) return findings;
  const required = 'remove it, and write a rule for each host: what no rule is for has no certificate either';
  return [...findings, { path: 'spec.defaultBackend', value: undefined, found: 'is set', required }];
}
