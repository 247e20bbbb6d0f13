import type { Finding } from '../../../engine/rule.ts';
import { customerKeyProblem, type Encryption, encryptionOf } from '../../../storage/encryption.ts';
import type { StorageSettings } from '../../../storage/settings.ts';
import type { FoundClass } from '../input.ts';

/** One StorageClass, and what it shows of encryption. */
export interface JudgedClass extends FoundClass {
  readonly encryption: Encryption;
  /** What a claim of this class would be refused for; empty where it would not. */
  readonly problems: readonly Finding[];
}

/** Judges a class as a claim of it would be judged. */
export function judgeClass(found: FoundClass, settings: StorageSettings, now: Date): JudgedClass {
  const encryption = encryptionOf(found.storageClass, settings, now);
  if (!encryption.encrypted) return { ...found, encryption, problems: encryption.problems };
  const problem = customerKeyProblem(encryption, settings);
  return { ...found, encryption, problems: problem ? [problem] : [] };
}
