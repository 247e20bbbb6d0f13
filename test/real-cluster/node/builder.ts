import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { output } from '../harness/run.ts';

/** What is built from a Dockerfile. */
export interface ImageBuild {
  readonly contextDir: string;
  /** Path of the Dockerfile. */
  readonly dockerfile: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** Name and tag below the registry, e.g. "qdrant-admission:test". */
  readonly ref: string;
  /** Seconds since 1970 for all dates in the image, as in SOURCE_DATE_EPOCH; the time of the build unless given. */
  readonly timestamp?: number;
}

export interface Builder {
  /**
   * Builds a Dockerfile and pushes the image; answers with a reference by digest. Its RUN steps run as root in a chroot, with the
   * network of this machine; base images of the cluster's registry are pulled without TLS.
   */
  buildImage(build: ImageBuild): Promise<string>;
}

/** Gives buildah folders of its own for what it would write beside its storage. */
const IN_OWN_FOLDERS = `
mount --bind "$1/lib" /var/lib
mount --bind "$1/cache" /var/cache
shift
exec buildah "$@"
`;

/** `folder` receives all that buildah writes; `tied` is the first argv that runs a command such that it ends with the cluster. */
export async function createBuilder(registry: string, folder: string, tied: readonly string[]): Promise<Builder> {
  for (const name of ['cache', 'cni', 'lib', 'run', 'tmp']) {
    await mkdir(join(folder, name), { recursive: true });
  }
  const configuration = join(folder, 'containers.conf');
  await writeFile(configuration, `[network]\nnetwork_config_dir = "${folder}/cni"\n`);
  const policy = join(folder, 'policy.json');
  await writeFile(policy, JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }));
  const env = { ...process.env, CONTAINERS_CONF: configuration, TMPDIR: join(folder, 'tmp') };
  const storage = ['--storage-driver=vfs', '--runroot', join(folder, 'run')];
  const insecure = ['--tls-verify=false', '--signature-policy', policy];

  const buildah = async (command: string, ...args: readonly string[]): Promise<void> => {
    const [enter = '', ...rest] = [...tied, '/bin/sh', '-ec', IN_OWN_FOLDERS, 'buildah', folder];
    await output(enter, [...rest, ...storage, command, ...insecure, ...args], { env });
  };

  return {
    async buildImage({ contextDir, dockerfile, buildArgs = {}, ref, timestamp }) {
      const args = Object.entries(buildArgs).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
      const dates = timestamp === undefined ? [] : ['--timestamp', String(timestamp)];
      const files = ['--file', resolve(dockerfile), '--tag', ref, resolve(contextDir)];
      await buildah('build', '--isolation=chroot', ...dates, ...args, ...files);
      const digestFile = join(folder, `digest-${process.hrtime.bigint()}`);
      await buildah('push', '--digestfile', digestFile, ref, `docker://${registry}/${ref}`);
      const digest = (await readFile(digestFile, 'utf8')).trim();
      await rm(digestFile);
      return `${registry}/${ref.replace(/:[^/]*$/, '')}@${digest}`;
    },
  };
}
