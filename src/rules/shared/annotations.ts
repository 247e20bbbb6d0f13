import type { Finding } from '../../engine/rule.ts';
import type { ObjectMeta } from '../../k8s/object.ts';
import type { WideningAnnotation } from '../../network/source-ranges.ts';

/** The path of an annotation. */
export function annotationPath(key: string): string {
  return `metadata.annotations[${JSON.stringify(key)}]`;
}

/** Those annotations of an object that let in more than the ranges beside them. */
export function wideningFindings(
  annotations: ObjectMeta['annotations'],
  table: readonly WideningAnnotation[],
): readonly Finding[] {
  return table.flatMap(({ key, harmless, why }) => {
    const value = annotations?.[key];
    if (value === undefined || value === null || value === harmless) return [];
    const required = harmless === undefined ? 'remove it' : `set it to ${JSON.stringify(harmless)} or remove it`;
    return { path: annotationPath(key), value, required: `${required}: it ${why}` };
  });
}
