import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { output, probe } from '../harness/run.ts';
import type { InstallCluster } from './cluster.ts';
import { buildImage } from './site.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

/** The chart and the image of another commit. */
export interface PreviousRelease {
  readonly chart: string;
  readonly image: string;
  remove(): Promise<void>;
}

/** The commit before the one that is checked out; undefined where there is no history. */
export async function previousCommit(): Promise<string | undefined> {
  return probe('git', ['-C', ROOT, 'rev-parse', '--verify', '--quiet', 'HEAD~1']);
}

/** Takes a commit out of the history and builds its image, with the packages that are installed here. */
export async function previousRelease(cluster: InstallCluster, commit: string, base: string): Promise<PreviousRelease> {
  const folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-previous-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true });
  try {
    const archive = join(folder, 'commit.tar');
    const checkout = join(folder, 'checkout');
    await mkdir(checkout);
    await output('git', ['-C', ROOT, 'archive', `--output=${archive}`, commit]);
    await output('tar', ['-xf', archive, '-C', checkout]);
    await symlink(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
    await output(process.execPath, ['scripts/build.ts'], { cwd: checkout });
    const image = await buildImage(cluster, base, checkout);
    return { chart: join(checkout, 'charts/qdrant-admission'), image, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
