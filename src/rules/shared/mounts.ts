import type { Volume } from '../../k8s/core/pod-shape.ts';
import type { ContainerAt, Pod } from '../../k8s/pod-template.ts';

/** A volume of a pod where a container sees it. */
export interface Mount {
  /** Absolute, in its shortest form. */
  readonly path: string;
  readonly volume: Volume | undefined;
}

/** Where a container sees the volumes of its pod. */
export function mountsOf(pod: Pod, { container }: ContainerAt): Mount[] {
  // A pod may have thousands of both. Of a name the first counts, as where one looks through the list.
  const volumes = new Map<Volume['name'], Volume>();
  for (const volume of pod.volumes) if (!volumes.has(volume.name)) volumes.set(volume.name, volume);
  return (container.volumeMounts ?? []).map(({ name, mountPath }) => ({
    path: absolutePath(mountPath ?? '', '/'),
    volume: volumes.get(name),
  }));
}

/** The mount that a path lies on: the deepest one above it. Undefined: the container's own layer, on the node's disk. */
export function mountAt(path: string, mounts: readonly Mount[]): Mount | undefined {
  let deepest: Mount | undefined;
  for (const mount of mounts) {
    // Of two at one path the later covers the earlier.
    if (isAbove(mount.path, path) && !(deepest && deepest.path.length > mount.path.length)) deepest = mount;
  }
  return deepest;
}

function isAbove(directory: string, path: string): boolean {
  if (directory === '/') return true;
  if (!path.startsWith(directory)) return false;
  return path.length === directory.length || path[directory.length] === '/';
}

/** Nearly all paths are absolute and have no empty step, and none that begins with a dot. */
const SHORTEST = /^(?:\/[^/.][^/]*)+$/;

/** A path as the system resolves it, without looking at links: no empty step, no `.` and no `..`. */
export function absolutePath(path: string, directory: string): string {
  if (SHORTEST.test(path)) return path;
  const steps: string[] = [];
  for (const step of (path.startsWith('/') ? path : `${directory}/${path}`).split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '' && step !== '.') steps.push(step);
  }
  return `/${steps.join('/')}`;
}

/** Whether an emptyDir lies in the memory of its node. */
export function isInMemory(volume: Volume): boolean {
  const medium = volume.emptyDir?.medium ?? '';
  return medium === 'Memory' || /^HugePages(-|$)/.test(medium);
}
