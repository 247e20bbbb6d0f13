import { z } from 'zod';

const manifestSchema = z.object({ layers: z.array(z.object({ size: z.number() })).min(1) });
const TYPES = 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';

/** What is pulled of an image, in bytes: its compressed layers. `image` is by digest, in a registry that speaks plain HTTP. */
export async function pulledBytes(image: string): Promise<number> {
  const [, registry = '', name = '', digest = ''] = /^([^/]+)\/(.+)@(sha256:.+)$/.exec(image) ?? [];
  const response = await fetch(`http://${registry}/v2/${name}/manifests/${digest}`, { headers: { accept: TYPES } });
  const { layers } = manifestSchema.parse(await response.json());
  return layers.reduce((sum, { size }) => sum + size, 0);
}
