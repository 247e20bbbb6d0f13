import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { output } from '../harness/run.ts';
import { type ImageConfig, writeImage } from './oci.ts';

/** Makes images and puts them into the cluster's registry. Every answer is a reference by digest, as a pod names it. */
export interface Images {
  /** host:port, the same from nodes and from this machine; plain HTTP. */
  readonly registry: string;
  /** Pushes an OCI layout (a folder) or a Docker archive (a file) under a name and tag below the registry. */
  pushImage(archiveOrOciDir: string, ref: string): Promise<string>;
  /** Node.js of this checkout and the libraries that it loads, laid out as in the distroless Node images; user 65532, no shell. */
  baseImage(): Promise<string>;
  /** What holds a pod's namespaces. */
  pauseImage(): Promise<string>;
}

const NONROOT = '65532';
const HOME = '/home/nonroot';
const NODE = '/nodejs/bin/node';
const ROOT = resolve(import.meta.dirname, '../../..');

/** Paths of the shared libraries, the loader included, that a program is linked to. */
async function sharedLibraries(program: string): Promise<readonly string[]> {
  const lines = (await output('ldd', [program])).split('\n');
  return lines.flatMap((line) => /(\/\S+) \(0x[0-9a-f]+\)$/.exec(line)?.[1] ?? []);
}

async function copyInto(root: string, from: string, to: string): Promise<void> {
  const target = join(root, to);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(from, target);
  await chmod(target, 0o755);
}

async function fillBase(root: string): Promise<ImageConfig> {
  const node = join(ROOT, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  await copyInto(root, node, NODE);
  for (const library of await sharedLibraries(node)) {
    await copyInto(root, library, library);
  }
  await mkdir(join(root, 'etc'));
  const users = [
    'root:x:0:0:root:/root:/sbin/nologin',
    `nonroot:x:${NONROOT}:${NONROOT}:nonroot:${HOME}:/sbin/nologin`,
  ];
  const groups = ['root:x:0:', `nonroot:x:${NONROOT}:`];
  await writeFile(join(root, 'etc/passwd'), `${users.join('\n')}\n`);
  await writeFile(join(root, 'etc/group'), `${groups.join('\n')}\n`);
  await mkdir(join(root, HOME), { recursive: true });
  await mkdir(join(root, 'tmp'));
  await chmod(join(root, 'tmp'), 0o1777);
  return { User: NONROOT, Entrypoint: [NODE], Env: [`PATH=${dirname(NODE)}:/usr/bin:/bin`], WorkingDir: HOME };
}

async function fillPause(root: string): Promise<ImageConfig> {
  const source = join(import.meta.dirname, 'pause', 'pause.go');
  const env = { ...process.env, CGO_ENABLED: '0', GO111MODULE: 'off' };
  await output('go', ['build', '-trimpath', '-ldflags', '-s -w', '-o', join(root, 'pause'), source], { env });
  return { User: NONROOT, Entrypoint: ['/pause'] };
}

/** `crane` is the path of that tool; `folder` receives what is made, until it is pushed. */
export function createImages(registry: string, crane: string, folder: string): Images {
  const pushImage = (path: string, ref: string): Promise<string> =>
    output(crane, ['push', '--insecure', path, `${registry}/${ref}`]);

  const make = async (ref: string, fill: (root: string) => Promise<ImageConfig>): Promise<string> => {
    const work = await mkdtemp(join(folder, 'image-'));
    try {
      const root = join(work, 'root');
      await mkdir(root);
      // Whatever the umask is: the image's user has to get in.
      await chmod(root, 0o755);
      const config = await fill(root);
      await writeImage(join(work, 'layout'), root, config);
      return await pushImage(join(work, 'layout'), ref);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  };

  return {
    registry,
    pushImage,
    baseImage: () => make('node:local', fillBase),
    pauseImage: () => make('pause:local', fillPause),
  };
}
