import { type ImageReference, isWithin, type RegistryScope } from '../k8s/core/image-reference.ts';
import type { Authority } from './authorities.ts';
import type { ImagePolicy, ImageSet } from './settings.ts';

/** Whether an image belongs to a set. Structural: registries equal, paths by whole segments, repositories as a whole. */
export function isIn(reference: ImageReference, { scopes, repositories }: ImageSet): boolean {
  return (
    scopes.some((scope) => isWithin(reference, scope)) ||
    repositories.some(({ registry, path }) => registry === reference.registry && path === reference.repository)
  );
}

/** The policies that hold for an image: it has to meet each. */
export function policiesFor(reference: ImageReference, policies: readonly ImagePolicy[]): ImagePolicy[] {
  return policies.filter(({ images }) => isIn(reference, images));
}

/** Whom these policies name, each once. */
export function authoritiesOf(policies: readonly ImagePolicy[]): Authority[] {
  const byName = new Map(policies.flatMap(({ authorities }) => authorities.map((each) => [each.name, each])));
  return [...byName.values()];
}

/** Whether its registry may be asked at all. @param allowed undefined: any */
export function isAllowed(reference: ImageReference, allowed: readonly RegistryScope[] | undefined): boolean {
  return allowed === undefined || allowed.some((scope) => isWithin(reference, scope));
}
