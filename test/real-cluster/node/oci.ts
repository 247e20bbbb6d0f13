import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { output } from '../harness/run.ts';

/** How a container of an image starts, in the words of the OCI image specification. */
export interface ImageConfig {
  readonly User: string;
  readonly Entrypoint: readonly string[];
  readonly Env?: readonly string[];
  readonly WorkingDir?: string;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const ARCHITECTURES: Readonly<Record<string, string>> = { arm64: 'arm64', x64: 'amd64' };

const TYPES = {
  config: 'application/vnd.oci.image.config.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  // Compressing it would take longer than it saves on the way to a registry on this machine.
  layer: 'application/vnd.oci.image.layer.v1.tar',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
} as const;

async function addLayer(blobs: string, root: string): Promise<Descriptor> {
  const file = join(blobs, 'layer.partial');
  const reproducible = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  await output('tar', ['--create', ...reproducible, '--file', file, '--directory', root, '.']);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) {
    hash.update(chunk);
  }
  const hex = hash.digest('hex');
  const { size } = await stat(file);
  await rename(file, join(blobs, hex));
  return { mediaType: TYPES.layer, digest: `sha256:${hex}`, size };
}

async function addJson(blobs: string, mediaType: string, value: object): Promise<Descriptor> {
  const text = JSON.stringify(value);
  const hex = createHash('sha256').update(text).digest('hex');
  await writeFile(join(blobs, hex), text);
  return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
}

/** Writes an image for this machine's architecture as an OCI layout: one layer, the files of `root`, on nothing. Same files, same digest. */
export async function writeImage(layout: string, root: string, config: ImageConfig): Promise<void> {
  const blobs = join(layout, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const layer = await addLayer(blobs, root);
  const configuration = await addJson(blobs, TYPES.config, {
    created: '1970-01-01T00:00:00Z',
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  });
  const manifest = await addJson(blobs, TYPES.manifest, {
    schemaVersion: 2,
    mediaType: TYPES.manifest,
    config: configuration,
    layers: [layer],
  });
  await writeFile(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(
    join(layout, 'index.json'),
    JSON.stringify({ schemaVersion: 2, mediaType: TYPES.index, manifests: [manifest] }),
  );
}
