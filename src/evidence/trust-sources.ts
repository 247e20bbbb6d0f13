import { join } from 'node:path';
import type { ImagesSettings } from '../images/settings.ts';
import type { TrustRootSource } from '../sigstore/trust-roots.ts';

/**
 * Where the trust roots come from that the policies of a configuration rest on, by name.
 * @param folder that can be written, for what TUF mirrors say
 */
export function trustSources(
  { policies, trustRoots }: Pick<ImagesSettings, 'policies' | 'trustRoots'>,
  folder: string,
): ReadonlyMap<string, TrustRootSource> {
  const names = policies.flatMap(({ authorities }) => authorities.flatMap(({ trustRoot }) => trustRoot ?? []));
  return new Map([...new Set(names)].map((name) => [name, sourceOf(name, trustRoots, folder)]));
}

function sourceOf(name: string, trustRoots: ImagesSettings['trustRoots'], folder: string): TrustRootSource {
  const { file, tufMirror } = (Object.hasOwn(trustRoots, name) && trustRoots[name]) || {};
  if (tufMirror) {
    const { url, rootFile, refreshEveryMs } = tufMirror;
    const mirror = { url, initialRoot: rootFile, cache: join(folder, 'tuf', name), everyMs: refreshEveryMs };
    return { kind: 'tuf', mirror, ...(file !== undefined && { first: file }) };
  }
  // Only the one that ships with the program needs no entry: the configuration is checked for that.
  return file === undefined ? { kind: 'shipped' } : { kind: 'file', path: file };
}
