import { type Known, known } from '../engine/fact.ts';
import { defaultClass, namedClass } from '../k8s/claims.ts';
import type { ObjectMeta } from '../k8s/object.ts';
import type { ResolvedClass } from '../storage/linked-objects.ts';
import type { ObjectReader } from './define.ts';

const CLASS = 'StorageClass.storage.k8s.io';

/** No class is named, and none stands in. */
export const NO_CLASS: ResolvedClass = { name: undefined, byDefault: false, storageClass: undefined };

/** The class that a claim or a volume is made by. The API server fills in the default on CREATE of a claim, a template has none yet. */
export async function resolveClass(
  metadata: ObjectMeta | null | undefined,
  spec: { readonly storageClassName?: string | null } | null | undefined,
  objects: ObjectReader<typeof CLASS>,
): Promise<Known<ResolvedClass>> {
  const name = namedClass(metadata, spec);
  if (name === '') return known({ name, byDefault: false, storageClass: undefined });
  if (name !== undefined) {
    const found = await objects.read(CLASS, '', name);
    return found.known ? known({ name, byDefault: false, storageClass: found.value }) : found;
  }
  const listed = await objects.list(CLASS, '');
  if (!listed.known) return listed;
  const storageClass = defaultClass(listed.value);
  return known({ name: storageClass?.metadata?.name ?? undefined, byDefault: true, storageClass });
}
