import { containerFinding } from '../../engine/findings.ts';
import { matchesRole } from '../../engine/pod-roles.ts';
import { inContainers } from '../../engine/reads.ts';
import type { Finding } from '../../engine/rule.ts';
import type { ContainerAt, Pod } from '../../k8s/pod-template.ts';
import type { NamespaceSettings } from '../../settings.ts';
import { definePodRule } from '../define.ts';
import { absolutePath, type Mount, mountAt, mountsOf } from '../shared/mounts.ts';

/** The working directory of Qdrant's images. */
const HOME = '/qdrant';

/** Where Qdrant writes data, and what it takes where the setting is not made; without a preset it lies below another. */
const PATHS: readonly { readonly setting: string; readonly preset?: string }[] = [
  { setting: 'qdrant.storage.storage_path', preset: './storage' },
  { setting: 'qdrant.storage.snapshots_path', preset: './snapshots' },
  { setting: 'qdrant.storage.temp_path' },
];

/** The setting that a variable makes: `QDRANT__STORAGE__TEMP_PATH`, in any case; Qdrant reads names so. */
function settingOf(name: string | null | undefined): string {
  return (name ?? '').toLowerCase().replaceAll('__', '.');
}

export const databasePaths = definePodRule({
  id: 'database-paths',
  title: 'Storage, snapshots and temporary files of a database lie on a claim',
  promise: 'storage',
  why: 'A snapshot holds a whole collection: on an emptyDir or in the container it lies in plain text on the disk of the node.',
  fix: 'volumeMounts:\n  - { name: qdrant-storage, mountPath: /qdrant/storage }\n  - { name: qdrant-snapshots, mountPath: /qdrant/snapshots }',
  controls: [],
  reads: ['spec.volumes', ...inContainers('env', 'envFrom', 'image', 'volumeMounts', 'workingDir')],
  check: ({ pod, settings }) =>
    pod.containers.flatMap((at) => {
      const known = isDatabase(pod, at, settings);
      const mounts = mountsOf(pod, at);
      const made = (at.container.env ?? []).map(({ name }) => settingOf(name));
      return PATHS.flatMap(({ setting, preset }) => {
        // Whoever makes one of the settings runs a database.
        if (made.includes(setting)) {
          return made.flatMap((each, index) => (each === setting ? judgeVariable(pod, at, mounts, index) : []));
        }
        return known && preset !== undefined ? judgePreset(pod, at, mounts, { setting, preset }) : [];
      });
    }),
});

function judgeVariable(pod: Pod, at: ContainerAt, mounts: readonly Mount[], index: number): Finding[] {
  const { name = '', value, valueFrom } = at.container.env?.[index] ?? {};
  // The kubelet puts other variables in for `$(NAME)`.
  if (valueFrom || value?.includes('$(')) {
    const field = `env[${index}].${valueFrom ? 'valueFrom' : 'value'}`;
    const required = 'write the whole path as a value: what it will be cannot be seen here';
    return [{ ...containerFinding(pod, at, field, valueFrom ?? value, required), found: `sets ${name}` }];
  }
  // A variable without a value is empty, which is no way to leave it out.
  const full = absolutePath(value ?? '', at.container.workingDir ?? HOME);
  const problem = problemAt(full, mounts);
  if (problem === undefined) return [];
  const field = `env[${index}]${value == null ? '' : '.value'}`;
  const finding = containerFinding(pod, at, field, value, `mount a claim at ${full}`);
  return [{ ...finding, found: `sets ${name} to ${full} ${problem}` }];
}

/** Where data goes if nobody says otherwise. */
function judgePreset(
  pod: Pod,
  at: ContainerAt,
  mounts: readonly Mount[],
  { setting, preset }: Required<(typeof PATHS)[number]>,
): Finding[] {
  const { envFrom, volumeMounts, workingDir } = at.container;
  if (envFrom && envFrom.length > 0) {
    const variable = setting.toUpperCase().replaceAll('.', '__');
    const finding = containerFinding(pod, at, 'envFrom', envFrom, `set ${variable} in env, which wins`);
    return [{ ...finding, found: `may set ${variable} to anything` }];
  }
  const full = absolutePath(preset, workingDir ?? HOME);
  const problem = problemAt(full, mounts);
  if (problem === undefined) return [];
  const finding = containerFinding(pod, at, 'volumeMounts', volumeMounts, `mount a claim at ${full}`);
  return [{ ...finding, found: `puts ${full} ${problem}` }];
}

/** Where a path lies, unless that is a claim. */
function problemAt(path: string, mounts: readonly Mount[]): string | undefined {
  const volume = mountAt(path, mounts)?.volume;
  return volume?.persistentVolumeClaim || volume?.ephemeral ? undefined : placeOf(volume?.name ?? undefined);
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
