import type { ImageSource } from '../facts/ports.ts';
import type { ImageContent } from '../images/content.ts';
import type { EvidenceLives } from '../images/settings.ts';
import { gatherEvidence } from '../sigstore/gather-evidence.ts';
import type { TrustRoots, Verification } from '../sigstore/tasks.ts';
import type { ImageMemory } from './image-memory.ts';
import { createImageSource, type ImageSourceOptions, type KeptRecords } from './image-source.ts';

export interface RegistryImagesOptions {
  /** A registry, or a layout directory. */
  readonly content: ImageContent;
  readonly verification: Verification;
  /** Those in force now: files may change. */
  readonly trustRoots: () => TrustRoots;
  readonly memory: ImageMemory;
  readonly kept?: KeptRecords | undefined;
  readonly lives: EvidenceLives;
  readonly onAnswer?: ImageSourceOptions['onAnswer'];
}

/** Images as registries tell of them and as their signatures are verified by the trust roots of the moment. */
export function createRegistryImages(options: RegistryImagesOptions): ImageSource {
  const { content, verification, trustRoots, memory, kept, lives, onAnswer } = options;
  return createImageSource({
    content,
    gather: (from, of, authorities, signal) =>
      gatherEvidence(from, of, authorities, trustRoots(), signal, { verification }),
    memory,
    kept,
    lives: () => lives,
    trust: () => fingerprintOf(trustRoots()),
    now: () => performance.now(),
    ...(onAnswer && { onAnswer }),
  });
}

function fingerprintOf(roots: TrustRoots): string {
  return [...roots]
    .map(([name, { fingerprint }]) => `${name}=${fingerprint}`)
    .sort()
    .join(',');
}
