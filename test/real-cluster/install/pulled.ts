import { z } from 'zod';

const TYPES = 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';
const manifestSchema = z.object({
  config: z.object({ digest: z.string() }),
  layers: z.array(z.object({ size: z.number() })).min(1),
});
const configSchema = z.object({
  config: z.object({ User: z.string(), Entrypoint: z.array(z.string()), Labels: z.record(z.string(), z.string()) }),
});

/** What is pulled of an image, in bytes: its compressed layers. `image` is by digest, in a registry that speaks plain HTTP. */
export async function pulledBytes(image: string): Promise<number> {
  const { layers } = await manifestOf(image);
  return layers.reduce((sum, { size }) => sum + size, 0);
}

/** As whom and how it starts, and what it says of itself. */
export async function imageConfig(image: string) {
  const { config } = await manifestOf(image);
  const response = await fetch(partOf(image, `blobs/${config.digest}`));
  return configSchema.parse(await response.json()).config;
}

async function manifestOf(image: string) {
  const [, digest = ''] = image.split('@');
  const response = await fetch(partOf(image, `manifests/${digest}`), { headers: { accept: TYPES } });
  return manifestSchema.parse(await response.json());
}

function partOf(image: string, part: string): string {
  const [, registry = '', name = ''] = /^([^/]+)\/(.+)@sha256:/.exec(image) ?? [];
  return `http://${registry}/v2/${name}/${part}`;
}
