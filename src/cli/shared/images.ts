import { join } from 'node:path';
import { ConfigError } from '../../config/load.ts';
import type { Config } from '../../config/resolve.ts';
import type { ImageSource } from '../../facts/ports.ts';
import type { ImagesSettings } from '../../images/settings.ts';
import type { Policy } from '../../rules/define.ts';
import type { TrustRoots, Verification } from '../../sigstore/tasks.ts';
import type { CommandContext } from './context.ts';
import { text } from './flags.ts';
import { Misuse } from './misuse.ts';

/** Flags of commands that ask about images. */
export const IMAGE_FLAGS = {
  registry: {
    kind: 'boolean',
    optional: true,
    withNegated: false,
    brief: 'ask registries who signed the images',
  },
  layout: {
    kind: 'parsed',
    parse: text,
    optional: true,
    placeholder: 'DIR',
    brief: 'DIR with an OCI image layout that holds the images and their signatures: no registry is asked',
  },
} as const;

export type ImageFlags = {
  readonly registry: boolean | undefined;
  readonly layout: string | undefined;
};

/** Of one command, for what is learnt of images: a run ends, and forgets. */
const MEMORY_BYTES = 64 * 1024 * 1024;

/** Whether images are asked about at all. @throws Misuse */
export function asksForImages({ registry, layout }: ImageFlags): boolean {
  if (registry && layout !== undefined) throw new Misuse('expected --registry or --layout DIR, and not both');
  return registry === true || layout !== undefined;
}

/** What the configuration says of images, the same for all namespaces. @throws Misuse where it has none verified */
export function verifiedImages(config: Config | undefined, fallback: Policy): ImagesSettings {
  const [first] = config?.namespaces.values() ?? [];
  const { images } = (first ?? fallback).settings;
  if (images.verification === 'on') return images;
  throw new Misuse('--registry and --layout need a configuration that has images verified: images.verify: true');
}

/** An open connection to whatever tells of images. */
export interface OpenImages {
  readonly source: ImageSource;
  close(): Promise<void>;
}

/** What verifies signatures, and the trust roots that it does so by. */
export interface OpenVerification {
  readonly verification: Verification;
  readonly trustRoots: () => TrustRoots;
  close(): Promise<void>;
}

/**
 * Opens what verifies signatures by the trust roots that the policies name.
 * @throws ConfigError where trust roots cannot be used
 */
export async function openVerification(
  settings: ImagesSettings,
  { env, now }: Pick<CommandContext, 'env' | 'now'>,
): Promise<OpenVerification> {
  const [{ WorkerPool }, { TrustRootError, TrustRootStore }, { trustSources }] = await Promise.all([
    import('../../sigstore/worker-pool.ts'),
    import('../../sigstore/trust-roots.ts'),
    import('../../evidence/trust-sources.ts'),
  ]);
  const trust = await TrustRootStore.open({
    sources: trustSources(settings, join(env['TMPDIR'] ?? '/tmp', 'qdrant-admission')),
    // A run ends before a file changes.
    everyMs: 3_600_000,
    now,
  }).catch((error: unknown) => {
    throw error instanceof TrustRootError ? new ConfigError([error.message], error) : error;
  });
  const verification = new WorkerPool({ size: 2 });
  return {
    verification,
    trustRoots: () => trust.current,
    async close() {
      trust.stop();
      await verification.close();
    },
  };
}

/**
 * Opens what tells of images: registries, as the configuration has them reached, or a layout directory.
 * @throws ConfigError where trust roots or proxies cannot be used
 */
export async function openImages(
  settings: ImagesSettings,
  { layout }: Pick<ImageFlags, 'layout'>,
  context: Pick<CommandContext, 'env' | 'now'>,
): Promise<OpenImages> {
  const [{ ImageMemory }, { createRegistryImages }, { LayoutContent }, { RegistryContent }, { readProxies }] =
    await Promise.all([
      import('../../evidence/image-memory.ts'),
      import('../../evidence/registry-images.ts'),
      import('../../registry/layout-content.ts'),
      import('../../registry/registry-content.ts'),
      import('../../registry/proxies.ts'),
    ]);
  const { env } = context;
  const proxies = readProxies({ https: env['HTTPS_PROXY'], http: env['HTTP_PROXY'], except: env['NO_PROXY'] });
  if (!proxies.ok) throw new ConfigError([proxies.error]);
  const { verification, trustRoots, close } = await openVerification(settings, context);
  return {
    source: createRegistryImages({
      content:
        layout === undefined ? new RegistryContent({ settings, proxies: proxies.value }) : new LayoutContent(layout),
      verification,
      trustRoots,
      memory: new ImageMemory(MEMORY_BYTES),
      lives: settings.lives,
    }),
    close,
  };
}
