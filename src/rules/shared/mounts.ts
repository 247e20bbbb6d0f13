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
  return (container.volumeMounts ?? []).map(({ name, mountPath }) => ({
    path: absolutePath(mountPath ?? '', '/'),
    volume: pod.volumes.find((volume) => volume.name === name),
  }));
}

/** The mount that a path lies on: the deepest one above it. Undefined: the container's own layer, on the node's disk. */
export function mountAt(path: string, mounts: readonly Mount[]): Mount | undefined {
  const above = mounts.filter(
    (mount) => mount.path === '/' || path === mount.path || path.startsWith(`${mount.path}/`),
  );
  // Of two at one path the later covers the earlier.
  return above.toReversed().toSorted((a, b) => b.path.length - a.path.length)[0];
}

/** A path as the system resolves it, without looking at links: no empty step, no `.` and no `..`. */
export function absolutePath(path: string, directory: string): string {
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
