import type { Finding } from '../engine/rule.ts';
import { describeFinding } from '../engine/wording.ts';
import { namedClass } from '../k8s/claims.ts';
import type { PersistentVolume, PersistentVolumeSpec } from '../k8s/storage/objects.ts';
import { attestedHandle } from './attestations.ts';
import { attributesClassProblems, attributesDecide } from './attributes-class.ts';
import { driverOf, provisionerOf } from './catalog.ts';
import { classKeyProblem, classProblems, inClass, missingClass, rawBlockProblem } from './class-problems.ts';
import { customerKeyProblem, type Encryption, encryptionOf, handleEncryption } from './encryption.ts';
import type { LinkedClaim, LinkedVolume } from './linked-objects.ts';
import { readParameters } from './parameters.ts';
import type { StorageSettings } from './settings.ts';

const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

/** Sources of volumes of the plugins that once were in Kubernetes itself, and are translated to CSI drivers since. */
const IN_TREE_SOURCES: Readonly<Record<string, string>> = {
  awsElasticBlockStore: 'kubernetes.io/aws-ebs',
  azureDisk: 'kubernetes.io/azure-disk',
  azureFile: 'kubernetes.io/azure-file',
  cinder: 'kubernetes.io/cinder',
  gcePersistentDisk: 'kubernetes.io/gce-pd',
  portworxVolume: 'kubernetes.io/portworx-volume',
  vsphereVolume: 'kubernetes.io/vsphere-volume',
};

/**
 * Whether a volume that is there is encrypted: it is attested by its handle, or it was made by a class that encrypts.
 * A volume's class is a label that whoever made the volume wrote; so everything else about it has to agree.
 * Paths begin at the volume.
 */
export function volumeEncryption(origin: LinkedVolume, settings: StorageSettings, now: Date): Encryption {
  const { name, volume, class: resolved } = origin;
  const no = (problem: Finding): Encryption => ({ encrypted: false, problems: [problem] });
  if (!volume) {
    return no({ path: 'metadata.name', found: `is ${name}, and there is no such volume`, required: 'create it first' });
  }
  const { csi } = volume.spec ?? {};
  const attested = csi && attestedHandle('volume', csi.driver ?? '', csi.volumeHandle ?? '', settings, now);
  if (attested?.attested) return handleEncryption(attested.attestation);
  const { storageClass } = resolved;
  if (!storageClass) {
    const found = missingClass(resolved).found ?? 'is not there';
    return no({ path: 'spec.storageClassName', found, required: attestIt(volume) });
  }
  const problems = disagreements(volume, origin, storageClass.provisioner ?? '', now);
  if (problems.length > 0) return { encrypted: false, problems };
  const encryption = encryptionOf(storageClass, settings, now);
  if (encryption.encrypted) {
    if (volume.spec?.volumeMode !== 'Block' || encryption.rawBlock === undefined) return encryption;
    const found = `is Block, and class ${resolved.name} is shown to encrypt file systems only: ${encryption.rawBlock}`;
    return no({ path: 'spec.volumeMode', found, required: 'use a volume with a file system' });
  }
  return no({
    path: 'spec.storageClassName',
    found: `is ${resolved.name}, which does not encrypt`,
    required: encryption.problems.map(inClass).join('; '),
  });
}

/** Why a volume is not shown to be encrypted, with the customer's key where one is required. Paths begin at the volume. */
export function volumeProblems(origin: LinkedVolume, settings: StorageSettings, now: Date): readonly Finding[] {
  const encryption = volumeEncryption(origin, settings, now);
  if (!encryption.encrypted) return encryption.problems;
  const problem = customerKeyProblem(encryption, settings);
  if (!problem) return [];
  const { name } = origin.class;
  if (encryption.attestation && 'of' in encryption.attestation) return [problem];
  return [
    {
      path: 'spec.storageClassName',
      found: `is ${name}, which uses no key of the customer's`,
      required: inClass(problem),
    },
  ];
}

/** The same of a claim that is there: of its volume, or of the class that will make it. Paths begin at the claim. */
export function linkedClaimProblems(stored: LinkedClaim, settings: StorageSettings, now: Date): readonly Finding[] {
  const { claim, volume, class: resolved } = stored;
  if (volume) {
    return volumeProblems(volume, settings, now).map((problem) => ({
      path: 'spec.volumeName',
      value: volume.name,
      required: `in the volume ${describeFinding(problem)}`,
    }));
  }
  const key = classKeyProblem(resolved, settings, now);
  const problems = [...classProblems(resolved, settings, now), ...(key ? [key] : [])];
  const raw = claim && rawBlockProblem(resolved, claim.spec, settings, now);
  return [
    ...problems.map((problem) => ({
      path: 'spec.storageClassName',
      value: claim?.spec.storageClassName,
      ...problem,
    })),
    ...(raw ? [{ path: 'spec.volumeMode', value: 'Block', ...raw }] : []),
  ];
}

/**
 * Why a claim in use is no longer shown to be encrypted, though it was when it came in: nothing about its volume has
 * changed by that. Undefined where that is not so.
 */
export function lostSinceAdmission(stored: LinkedClaim, settings: StorageSettings, now: Date): string | undefined {
  const { claim, volume, class: resolved } = stored;
  if (!volume?.volume) return undefined;
  const created = claim?.metadata.creationTimestamp ?? now.toISOString();
  // A claim that wanted no class never had one that could be gone.
  if (resolved.name) {
    if (!resolved.storageClass) return 'its class is gone';
    const since = momentOf(resolved.storageClass.metadata?.creationTimestamp);
    if (since > momentOf(created)) return 'its class was made anew';
  }
  return volumeProblems(volume, settings, new Date(created)).length === 0 ? 'what attested it has expired' : undefined;
}

/** What speaks against a volume having been made by its class. */
function disagreements(volume: PersistentVolume, origin: LinkedVolume, provisioner: string, now: Date): Finding[] {
  const { spec, metadata } = volume;
  const problems: Finding[] = [];
  const className = namedClass(metadata, spec);
  if (className !== origin.class.name) {
    const found = `is ${className ?? 'not set'}, but the claim's class is ${origin.class.name}`;
    problems.push({ path: 'spec.storageClassName', found, required: attestIt(volume) });
  }
  const wrong = sourceProblem(volume, provisioner);
  if (wrong) problems.push(wrong);
  // Nobody makes volumes of this class but by hand.
  if (provisioner === NO_PROVISIONER) return problems;
  const by = metadata?.annotations?.[PROVISIONED_BY];
  if (by !== provisioner && by !== driverOf(provisioner)) {
    const found = by === undefined ? 'is not set: nothing shows that the class made this volume' : `is ${by}`;
    problems.push({ path: `metadata.annotations["${PROVISIONED_BY}"]`, found, required: attestIt(volume) });
  }
  return [
    ...problems,
    ...madeForAnother(volume, origin),
    ...replacedClass(volume, origin, now),
    ...contradicted(volume, origin),
    ...overlaidProblems(volume, origin),
  ];
}

/**
 * Why the source of a volume is not one that its class's provisioner makes. One that is not in the catalog is attested
 * by its class; what it makes nobody here knows, but that no CSI driver of another name made it.
 */
function sourceProblem(volume: PersistentVolume, provisioner: string): Finding | undefined {
  const spec = specOf(volume);
  const row = provisionerOf(provisioner);
  if (row?.volumeSources) {
    if (!spec.csi && row.volumeSources.some((source) => spec[source] != null)) return undefined;
    const found = `is not set: the volumes of ${provisioner} have it`;
    return { path: `spec.${row.volumeSources.join(' or spec.')}`, found, required: attestIt(volume) };
  }
  const driver = driverOf(provisioner);
  const source = driverOfVolume(volume);
  if (source === driver || (!row && source === undefined && !spec.csi)) return undefined;
  const found = `is ${source ?? 'not set'}, but the volumes of this class are of ${driver}`;
  return { path: 'spec.csi.driver', found, required: attestIt(volume) };
}

/** Provisioners call a volume after the claim that it is made for (kubernetes-sigs/sig-storage-lib-external-provisioner). */
const NAME_OF_UID = /(?:^|-)([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/**
 * A volume whose name says that it was made for another claim than the one that takes it. Which class that had nothing
 * shows: the volume's own can be written over while no claim has it.
 */
function madeForAnother(volume: PersistentVolume, { claimUid }: LinkedVolume): Finding[] {
  const [, uid] = NAME_OF_UID.exec(volume.metadata?.name ?? '') ?? [];
  if (uid === undefined || claimUid === undefined || uid === claimUid) return [];
  return [
    {
      path: 'metadata.name',
      found: `says that it was made for a claim with the uid ${uid}, which is not this one`,
      required: attestIt(volume),
    },
  ];
}

/**
 * A class cannot change, but it can be deleted and made anew under its name: then the volume may be of the old one, or
 * of another than was looked at when the claim came in. Only a class that is older than the claim was there all the
 * time.
 */
function replacedClass(volume: PersistentVolume, { class: { storageClass }, classIsOlder }: LinkedVolume, now: Date) {
  const since = momentOf(storageClass?.metadata?.creationTimestamp);
  const volumeCreated = momentOf(volume.metadata?.creationTimestamp ?? now.toISOString());
  if (classIsOlder && since <= volumeCreated) return [];
  const found = Number.isFinite(since)
    ? 'names a class that is not older than the claim, or was made after the volume'
    : 'names a class of which nothing shows when it was made';
  return [{ path: 'spec.storageClassName', found, required: attestIt(volume) }];
}

/**
 * Why the VolumeAttributesClass that a volume was made with may have changed what its class says. It can be deleted and
 * made anew like a class, between the moment when the claim named it and the one when the volume is made.
 */
function overlaidProblems(volume: PersistentVolume, { attributes }: LinkedVolume): Finding[] {
  if (!attributes) return [];
  const { name, attributesClass, isOlder } = attributes;
  const driver = driverOfVolume(volume) ?? '';
  const path = 'spec.volumeAttributesClassName';
  const problem = (found: string): Finding[] => [{ path, found: `is ${name}, ${found}`, required: attestIt(volume) }];
  if (!attributesClass) return attributesDecide(driver) ? problem('and there is no such VolumeAttributesClass') : [];
  if (!isOlder && attributesDecide(driver)) return problem('a VolumeAttributesClass that is not older than the claim');
  return attributesClassProblems(attributesClass.driverName ?? '', attributesClass.parameters).map((each) => ({
    path,
    found: `is ${name}, which may change how data is encrypted`,
    required: `in the VolumeAttributesClass ${describeFinding(each)}`,
  }));
}

/** Milliseconds; infinite where it cannot be told. */
function momentOf(timestamp: string | null | undefined): number {
  const moment = Date.parse(timestamp ?? '');
  return Number.isNaN(moment) ? Number.POSITIVE_INFINITY : moment;
}

/** Drivers repeat some parameters on the volume: those must be the class's. */
function contradicted({ spec }: PersistentVolume, { class: { storageClass } }: LinkedVolume): Finding[] {
  const provisioner = provisionerOf(storageClass?.provisioner ?? '');
  const attributes = spec?.csi?.volumeAttributes;
  if (!provisioner?.echoed || !attributes) return [];
  const [wanted, own] = [storageClass?.parameters, attributes].map((each) => readParameters(each, provisioner));
  return provisioner.echoed.flatMap((key) => {
    const [a, b] = [wanted?.get(key), own?.get(key)];
    if (b === undefined || a === b) return [];
    const path = `spec.csi.volumeAttributes[${JSON.stringify(key)}]`;
    const found = `is ${b}, but the class says ${a ?? 'nothing'}`;
    return [{ path, found, required: 'use a volume that its class made' }];
  });
}

/** The CSI driver of a volume; undefined for what is none: a path of a node, a share. */
function driverOfVolume(volume: PersistentVolume): string | undefined {
  const spec = specOf(volume);
  if (spec.csi) return spec.csi.driver ?? undefined;
  const source = Object.keys(IN_TREE_SOURCES).find((key) => spec[key] != null);
  return source && driverOf(IN_TREE_SOURCES[source] ?? '');
}

function attestIt({ spec }: PersistentVolume): string {
  if (!spec?.csi) return 'use a volume of a CSI driver that its class made';
  return `use a volume that its class made, or state in the configuration that ${spec.csi.driver} ${spec.csi.volumeHandle} is encrypted`;
}

/** The spec with the volume's source, whose key tells the type. */
function specOf({ spec }: PersistentVolume): PersistentVolumeSpec {
  return (spec ?? {}) as PersistentVolumeSpec;
}
