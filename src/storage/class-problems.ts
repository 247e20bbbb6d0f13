import type { Finding } from '../engine/rule.ts';
import { describeFinding } from '../engine/wording.ts';
import type { ClaimSpec } from '../k8s/core/claim-shape.ts';
import { customerKeyProblem, encryptionOf } from './encryption.ts';
import type { ClaimWithClass, ResolvedClass } from './linked-objects.ts';
import type { StorageSettings } from './settings.ts';

/** What is wrong, without its place: whoever asks knows where the claim, the volume or the class is named. */
export type UnplacedFinding = Pick<Finding, 'found' | 'required'>;

/** Why a volume of this class would not be shown to be encrypted; empty where it is. */
export function classProblems(resolved: ResolvedClass, settings: StorageSettings, now: Date): UnplacedFinding[] {
  const { storageClass } = resolved;
  if (!storageClass) return [missingClass(resolved)];
  const encryption = encryptionOf(storageClass, settings, now);
  if (encryption.encrypted) return [];
  return encryption.problems.map((problem) => ({
    found: `${nameOf(resolved)}, which does not encrypt`,
    required: inClass(problem),
  }));
}

/**
 * Why a raw block device of this class would not be encrypted, though its file systems are. Undefined where it is, and
 * where the class does not encrypt at all.
 */
export function rawBlockProblem(
  resolved: ResolvedClass,
  { volumeMode }: ClaimSpec,
  settings: StorageSettings,
  now: Date,
): UnplacedFinding | undefined {
  const encryption = resolved.storageClass && encryptionOf(resolved.storageClass, settings, now);
  if (volumeMode !== 'Block' || !encryption?.encrypted || encryption.rawBlock === undefined) return undefined;
  return {
    found: `is Block, and class ${resolved.name} is shown to encrypt file systems only: ${encryption.rawBlock}`,
    required: 'leave it out, for Qdrant needs a file system',
  };
}

/**
 * Why a volume of this class would not be given to this claim: the class is not older (`replacedClass`). Undefined where
 * it is.
 */
export function classAgeProblem({ class: resolved, classIsOlder }: ClaimWithClass): UnplacedFinding | undefined {
  if (classIsOlder) return undefined;
  const required = 'create the claim again: its class has to be there before it';
  return { found: `${nameOf(resolved)}, which is not older than the claim`, required };
}

/**
 * Why the key of such a volume is not safe from the namespace that uses it: some drivers format in plain text where a
 * Secret lacks its entry, and whoever can write in the namespace can take it out.
 */
export function classSecretProblems(
  resolved: ResolvedClass,
  settings: StorageSettings,
  now: Date,
  namespace: string,
): UnplacedFinding[] {
  const encryption = resolved.storageClass && encryptionOf(resolved.storageClass, settings, now);
  const secrets = encryption?.encrypted ? encryption.secrets : [];
  return secrets
    .filter((secret) => secret.namespace === namespace)
    .map(({ name }) => ({
      found: `${nameOf(resolved)}, whose key is the Secret ${namespace}/${name} of this very namespace`,
      required: 'keep the Secret in a namespace that only the owner of the storage can write to',
    }));
}

/** Why the key of a volume of this class would not be the customer's; undefined where it is, or none is required. */
export function classKeyProblem(
  resolved: ResolvedClass,
  settings: StorageSettings,
  now: Date,
): UnplacedFinding | undefined {
  const encryption = resolved.storageClass && encryptionOf(resolved.storageClass, settings, now);
  // What is not encrypted at all is said elsewhere.
  if (!encryption?.encrypted) return undefined;
  const problem = customerKeyProblem(encryption, settings);
  return problem && { found: `${nameOf(resolved)}, which uses no key of the customer's`, required: inClass(problem) };
}

export function missingClass({ name }: ResolvedClass): UnplacedFinding {
  if (name === undefined) {
    return { found: 'is not set, and the cluster has no default class', required: 'name a StorageClass that encrypts' };
  }
  if (name === '') {
    const required = 'name a StorageClass that encrypts, or in volumeName a volume that the configuration attests';
    return { found: 'is "", which takes any volume that is there already', required };
  }
  return {
    found: `is ${name}, and there is no such StorageClass`,
    required: 'create it first, or name one that encrypts',
  };
}

function nameOf({ name, byDefault }: ResolvedClass): string {
  return byDefault ? `is not set: the default class is ${name}` : `is ${name}`;
}

export function inClass(problem: Finding): string {
  return `in the StorageClass ${describeFinding(problem)}`;
}
