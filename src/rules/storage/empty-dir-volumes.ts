import { z } from 'zod';
import { containerFinding } from '../../engine/findings.ts';
import { inContainers } from '../../engine/reads.ts';
import { definePodRule } from '../define.ts';
import { absolutePath, isInMemory, mountsOf } from '../shared/mounts.ts';

export const emptyDirVolumes = definePodRule({
  id: 'empty-dir-volumes',
  title: "An emptyDir is in memory, or mounted where the configuration allows the node's disk",
  promise: 'storage',
  why: "An emptyDir lies on the node's own disk, which no StorageClass encrypts: what is written there outlives the pod.",
  fix: 'volumes:\n  - name: tmp\n    emptyDir: { medium: Memory, sizeLimit: 64Mi }',
  controls: [],
  reads: ['spec.volumes', ...inContainers('volumeMounts')],
  options: z.strictObject({
    mountPaths: z
      .array(z.string().regex(/^\//, 'expected an absolute path'))
      .default(['/qdrant/init'])
      .describe("Exact paths in the container at which an emptyDir may lie on the node's disk."),
  }),
  check({ pod, options: { mountPaths } }) {
    if (!pod.volumes.some((volume) => volume.emptyDir && !isInMemory(volume))) return [];
    const allowed = mountPaths.map((path) => absolutePath(path, '/'));
    return pod.containers.flatMap((at) =>
      mountsOf(pod, at).flatMap(({ path, volume }, index) => {
        if (!volume?.emptyDir || isInMemory(volume) || allowed.includes(path)) return [];
        const required = `set the medium of volume ${JSON.stringify(volume.name)} to Memory, or use a claim`;
        const { mountPath } = at.container.volumeMounts?.[index] ?? {};
        const field = `volumeMounts[${index}]${mountPath == null ? '' : '.mountPath'}`;
        const finding = containerFinding(pod, at, field, mountPath, required);
        return [{ ...finding, found: `is ${path}, where an emptyDir puts data on the node's disk` }];
      }),
    );
  },
});
