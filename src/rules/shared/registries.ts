import { z } from 'zod';
import { type ImageReference, isWithin, parseRegistryScope, registryScope } from '../../k8s/core/image-reference.ts';

/** A list of registries, or parts of them, in a configuration. */
export const registries = z.array(
  z
    .string()
    .refine(
      (text) => parseRegistryScope(text) !== undefined,
      'expected a registry by its host, and whole path segments where only a part is meant: registry.example.com/team',
    ),
);

/** Whether an image lies within one of these registries. Structural: host equal, path by whole segments. */
export function isAmong(reference: ImageReference, scopes: readonly string[]): boolean {
  return scopes.some((text) => isWithin(reference, registryScope(text)));
}
