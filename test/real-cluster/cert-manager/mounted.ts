import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SharedCluster } from '../harness/cluster.ts';
import { until } from '../support/protected.ts';

const EVERY_MS = 250;

/** The files of a Secret, kept up to date the way a kubelet does it: a folder for each version, and a link that is swapped. */
export interface MountedSecret {
  readonly folder: string;
  stop(): Promise<void>;
}

/** Waits until the Secret is there, as the start of a pod does. */
export async function mountSecret(cluster: SharedCluster, namespace: string, name: string): Promise<MountedSecret> {
  const folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-mount-'));
  let mounted = '';
  let running = true;

  /** Whether the Secret is there; where it is gone, what was mounted stays. */
  async function refresh(): Promise<boolean> {
    const { code, stdout } = await cluster.kubectl(['-n', namespace, 'get', 'secret', name, '-o', 'json']);
    if (code !== 0) return false;
    const { metadata, data } = JSON.parse(stdout) as SecretObject;
    if (metadata.resourceVersion === mounted) return true;
    const version = `..${metadata.resourceVersion}`;
    await mkdir(join(folder, version));
    for (const [key, value] of Object.entries(data)) {
      await writeFile(join(folder, version, key), Buffer.from(value, 'base64'), { mode: 0o600 });
    }
    await symlink(version, join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    if (mounted === '') {
      for (const key of Object.keys(data)) await symlink(join('..data', key), join(folder, key));
    }
    mounted = metadata.resourceVersion;
    return true;
  }

  async function keep(): Promise<void> {
    while (running) {
      await refresh();
      await sleep(EVERY_MS);
    }
  }

  await until(`the Secret ${name}`, refresh);
  const kept = keep();
  return {
    folder,
    async stop() {
      running = false;
      await kept;
      await rm(folder, { recursive: true });
    },
  };
}

interface SecretObject {
  readonly metadata: { readonly resourceVersion: string };
  readonly data: Readonly<Record<string, string>>;
}
