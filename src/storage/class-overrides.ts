import type { Finding } from '../engine/rule.ts';
import type { StorageClass } from '../k8s/storage/objects.ts';
import { CATALOG, provisionerOf } from './catalog.ts';
import { type Parameters, setTo } from './parameters.ts';
import type { Provisioner } from './provisioner.ts';

/**
 * Parameters that send the data, or a copy of it, elsewhere. Paths begin at the class.
 * @param key those that leave it encrypted and only the key open; else those that do not even do that
 */
export function elsewhereProblems({ elsewhere = [] }: Provisioner, parameters: Parameters, key = false): Finding[] {
  return elsewhere
    .filter(({ keyOnly = false }) => keyOnly === key)
    .flatMap(({ key: name, why, harmless = [] }): Finding[] => {
      const value = parameters.get(name);
      if (value === undefined || harmless.includes(value)) return [];
      const path = parameters.pathOf(name);
      const required = `leave it out: ${why}`;
      return harmless.length > 0
        ? [{ path, value, required: `${setTo(harmless)}, or ${required}` }]
        : [{ path, found: 'is set', required }];
    });
}

/** Annotations by which whoever may update a class says something else than its parameters. Paths begin at the class. */
export function annotationProblems(storageClass: StorageClass): Finding[] {
  const row = provisionerOf(storageClass.provisioner ?? '');
  return annotationsRead(storageClass).flatMap(([key]) => {
    const known = row?.classAnnotations?.find((annotation) => annotation.key === key);
    if (known?.narrows) return [];
    return {
      path: `metadata.annotations[${JSON.stringify(key)}]`,
      found: 'is set',
      required: `remove it: ${known?.why ?? 'nothing is known of what this driver makes of it'}`,
    };
  });
}

/**
 * The annotations of a class that its driver reads. Where nobody knows the driver, or could read it, those that bear its
 * domain: nothing says that it does not.
 */
export function annotationsRead({ provisioner, metadata }: StorageClass): [key: string, value: string | null][] {
  const name = provisioner ?? '';
  const row = provisionerOf(name);
  const known = row?.read !== undefined && new Set((row.classAnnotations ?? []).map(({ key }) => key));
  const domain = domainOf(name);
  return Object.entries(metadata?.annotations ?? {}).filter(([key]) =>
    known ? known.has(key) : key.includes('/') && isRelated(domainOf(key), domain),
  );
}

/** Keys of annotations by which a class of some driver ceases to show encryption. */
export const DECIDING_ANNOTATIONS: readonly string[] = [
  ...new Set(
    CATALOG.flatMap(({ classAnnotations = [] }) => classAnnotations.filter(({ narrows }) => !narrows)).map(
      ({ key }) => key,
    ),
  ),
];

/** `csi.example.com` of the driver `csi.example.com`, `rancher.io` of `rancher.io/local-path`. */
function domainOf(name: string): string {
  return name.slice(0, name.includes('/') ? name.indexOf('/') : undefined).toLowerCase();
}

/** Whether one domain lies in the other; those of Kubernetes are everybody's. */
function isRelated(a: string, b: string): boolean {
  const [shorter, longer] = a.length < b.length ? [a, b] : [b, a];
  if (!shorter.includes('.') || /^(.*\.)?(kubernetes|k8s)\.io$/.test(a)) return false;
  return longer === shorter || longer.endsWith(`.${shorter}`);
}
