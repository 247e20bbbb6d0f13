import type { Subject } from '../engine/subject.ts';
import { type Pod, podOf } from '../k8s/pod-template.ts';

/** An image that a pod makes its node pull. */
export interface PodImage {
  /** From the pod: `spec.containers[0].image`. */
  readonly field: string;
  /** The name of its container or volume. */
  readonly name: string | undefined;
  /** The reference as it is written there; undefined where none is. */
  readonly image: string | undefined;
}

/** Every image of a pod: containers, init and ephemeral containers, volumes. */
export function imagesOf({ containers, volumes }: Pod): PodImage[] {
  return [
    ...containers.map(({ list, index, container: { image, name } }) => ({
      field: `spec.${list}[${index}].image`,
      name: name ?? undefined,
      image: image ?? undefined,
    })),
    ...volumes.flatMap(({ name, image: source }, index) =>
      source == null
        ? []
        : [
            {
              field: `spec.volumes[${index}].image.reference`,
              name: name ?? undefined,
              image: source.reference ?? undefined,
            },
          ],
    ),
  ];
}

/**
 * The images that a request brings in: of an UPDATE those that did not stand in the same field before. What runs already
 * was judged when it came, and adding a debug container must not hang on the registry of another.
 */
export function newImages({ operation, kind, pod, oldObject }: Subject): PodImage[] {
  if (!pod) return [];
  const before = operation === 'UPDATE' && oldObject && kind ? podOf(oldObject, kind) : undefined;
  if (!before) return imagesOf(pod);
  const known = new Map(imagesOf(before).map(({ field, image }) => [field, image]));
  return imagesOf(pod).filter(({ field, image }) => image === undefined || known.get(field) !== image);
}
