import { definePodRule } from '../../engine/define.ts';
import { containerFinding } from '../../engine/findings.ts';
import { inContainers } from '../../engine/reads.ts';
import type { Finding } from '../../engine/rule.ts';
import type { NamespaceSettings } from '../../engine/settings.ts';
import type { ContainerAt, Pod } from '../../k8s/pods.ts';
import { matchesRole } from '../../k8s/roles.ts';
import { absolutePath, mountAt, mountsOf } from '../mounts.ts';

/** The working directory of Qdrant's images. */
const HOME = '/qdrant';

/** Where Qdrant writes data, and what it takes where the variable is not set; without a preset it lies below another. */
const PATHS: readonly { readonly variable: string; readonly preset?: string }[] = [
  { variable: 'QDRANT__STORAGE__STORAGE_PATH', preset: './storage' },
  { variable: 'QDRANT__STORAGE__SNAPSHOTS_PATH', preset: './snapshots' },
  { variable: 'QDRANT__STORAGE__TEMP_PATH' },
];

export const databasePaths = definePodRule({
  id: 'database-paths',
  title: 'Storage, snapshots and temporary files of a database lie on a claim',
  promise: 'storage',
  why: 'A snapshot holds a whole collection: on an emptyDir or in the container it lies in plain text on the disk of the node.',
  fix: 'volumeMounts:\n  - { name: qdrant-storage, mountPath: /qdrant/storage }\n  - { name: qdrant-snapshots, mountPath: /qdrant/snapshots }',
  controls: [],
  reads: ['spec.volumes', ...inContainers('env', 'image', 'volumeMounts', 'workingDir')],
  check: (pod, _options, _facts, _subject, settings) =>
    pod.containers.flatMap((at) => {
      const presets = isDatabase(pod, at, settings);
      // Whoever sets one of the variables runs a database.
      if (!presets && !at.container.env?.some(({ name }) => PATHS.some(({ variable }) => variable === name))) return [];
      return PATHS.flatMap(({ variable, preset }) => judgePath(pod, at, variable, presets ? preset : undefined));
    }),
});

/** @param preset where data goes if the variable is not set; undefined: nowhere */
function judgePath(pod: Pod, at: ContainerAt, variable: string, preset: string | undefined): Finding[] {
  const { env = [], workingDir, volumeMounts } = at.container;
  const index = (env ?? []).findLastIndex(({ name }) => name === variable);
  const set = env?.[index];
  if (set?.valueFrom) {
    const required = 'write the path as a value: what it is elsewhere cannot be seen here';
    const finding = containerFinding(pod, at, `env[${index}].valueFrom`, set.valueFrom, required);
    return [{ ...finding, found: `sets ${variable}` }];
  }
  // A variable without a value is empty, which is no way to leave it out.
  const path = set ? (set.value ?? '') : preset;
  if (path === undefined) return [];
  const full = absolutePath(path, workingDir ?? HOME);
  const volume = mountAt(full, mountsOf(pod, at))?.volume;
  if (volume?.persistentVolumeClaim || volume?.ephemeral) return [];
  const [where, value] = set
    ? [`env[${index}]${set.value == null ? '' : '.value'}`, set.value]
    : ['volumeMounts', volumeMounts];
  const finding = containerFinding(pod, at, where, value, `mount a claim at ${full}`);
  return [{ ...finding, found: `${set ? `sets ${variable} to` : 'puts'} ${full} ${placeOf(volume?.name)}` }];
}

function placeOf(volume: string | undefined): string {
  return volume === undefined
    ? "on the container's own layer"
    : `on the volume ${JSON.stringify(volume)}, which is no claim`;
}

/** Whether a container is one of a database: the configuration recognises the pod, and the image where it names some. */
function isDatabase(pod: Pod, { container, list }: ContainerAt, { roles }: NamespaceSettings): boolean {
  if (list !== 'containers' || !matchesRole(pod, 'database', roles)) return false;
  const images = roles.database?.images ?? [];
  if (images.length > 0) return images.some((image) => image.matches(container.image ?? ''));
  // Without images to go by: the sidecars of a database mount nothing of it.
  return (
    pod.spec.containers?.length === 1 || mountsOf(pod, { container, list, index: 0 }).some(({ path }) => isHome(path))
  );
}

function isHome(path: string): boolean {
  return path === HOME || path.startsWith(`${HOME}/`);
}
