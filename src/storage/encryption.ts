import type { Finding } from '../engine/rule.ts';
import { describeFinding, printable } from '../engine/wording.ts';
import type { StorageClass } from '../k8s/storage/objects.ts';
import { attestedClass } from './attestations.ts';
import { provisionerOf } from './catalog.ts';
import { annotationProblems, elsewhereProblems } from './class-overrides.ts';
import { conditionProblems, secretsOf } from './conditions.ts';
import { type CustomerKey, customerKeysOf, expectedKey, parseCustomerKey, parseKey } from './keys.ts';
import { type Parameters, readParameters, type SecretRef, secretKey } from './parameters.ts';
import type { KeySource, Provisioner } from './provisioner.ts';
import type { Attestation, ClassAttestation, HandleAttestation, StorageSettings } from './settings.ts';

/** Whether the volumes of a class are encrypted at rest, as far as anybody can show. */
export type Encryption = Encrypted | NotEncrypted;

export interface Encrypted {
  readonly encrypted: true;
  /** What shows it. */
  readonly by: 'parameters' | 'platform' | 'attestation';
  /** How, for people. */
  readonly mechanism: string;
  /** The customer's key, or why none is shown. */
  readonly key: KeyEvidence;
  /** Secrets without which the volume is plain: whoever can write them, or take a key out of them, decides. */
  readonly secrets: readonly SecretRef[];
  /** Why raw block devices of it are not, or not shown to be; undefined where they are. */
  readonly rawBlock?: string;
  /** The statement that shows it, or whose key it is. */
  readonly attestation?: Attestation;
}

/** A key, with the place in the class that shows it; or why there is none that is the customer's. */
export type KeyEvidence = { readonly shown: CustomerKey; readonly path: string } | { readonly problem: Finding };

export interface NotEncrypted {
  readonly encrypted: false;
  /** At least one. Paths begin at the class: `parameters.encrypted`. */
  readonly problems: readonly Finding[];
}

/** What a class shows of the encryption of its volumes: by its parameters, its platform, or a statement of the owner. */
export function encryptionOf(storageClass: StorageClass, settings: StorageSettings, now: Date): Encryption {
  const provisioner = provisionerOf(storageClass.provisioner ?? '');
  const parameters = readParameters(storageClass.parameters, provisioner ?? { keyCase: 'exact' });
  // What a driver reads there is chance: not even the owner can state it.
  if (parameters.problems.length > 0) return { encrypted: false, problems: parameters.problems };
  const attested = attestedClass(storageClass, settings, now);
  const attestation = attested.attested ? attested.attestation : undefined;
  const shown = provisioner ? shownBy(provisioner, parameters, storageClass) : { problems: [] };
  if (provisioner && 'by' in shown) {
    const rawBlock = rawBlockFault(provisioner, parameters);
    return {
      encrypted: true,
      by: shown.by,
      mechanism: provisioner.mechanism,
      key: keyOf(provisioner, parameters, attestation),
      secrets: secretsIn(provisioner, parameters, 'decide'),
      ...(rawBlock !== undefined && { rawBlock }),
      ...(attestation && { attestation }),
    };
  }
  if (attestation) {
    const { mechanism } = attestation;
    const key = attestedKey(attestation) ?? { problem: notAttested(storageClass) };
    return { encrypted: true, by: 'attestation', mechanism, key, secrets: [], attestation };
  }
  const problems = 'problems' in shown ? [...shown.problems] : [];
  if (!attested.attested && attested.mismatch) {
    const { path, found } = attested.mismatch;
    problems.push({
      path,
      found,
      required: `state it anew in the configuration: ${attest(storageClass)}`,
    });
  } else if (problems.length === 0 || provisioner?.level !== 'declared' || provisioner.storage === 'shared') {
    problems.push(unproven(storageClass, provisioner));
  }
  return { encrypted: false, problems };
}

/** The encryption of one volume, or one snapshot, that the cluster's owner states. Paths begin at the object. */
export function handleEncryption(attestation: HandleAttestation): Encrypted {
  const required = 'state the keyId in its attestation, for nothing else shows whose key it is';
  const problem = { path: 'metadata.name', found: 'is attested without a key', required };
  const key = attestedKey(attestation) ?? { problem };
  return { encrypted: true, by: 'attestation', mechanism: attestation.mechanism, key, secrets: [], attestation };
}

/** Why the key of encrypted volumes is not one of the customer's; undefined where it is, or where none is required. */
export function customerKeyProblem({ key }: Encrypted, settings: StorageSettings): Finding | undefined {
  if (!settings.requireCustomerKey) return undefined;
  if ('problem' in key) return key.problem;
  if (customerKeysOf(settings.customerKeys).some(({ id }) => id === key.shown.id)) return undefined;
  return { path: key.path, value: key.shown.id, required: 'use one of the customerKeys of this namespace' };
}

function shownBy(
  provisioner: Provisioner,
  parameters: Parameters,
  storageClass: StorageClass,
): { readonly by: 'parameters' | 'platform' } | { readonly problems: readonly Finding[] } {
  const { condition, level, storage, flags = 'off', noProof = {} } = provisioner;
  const asked = storage === 'block' ? condition : undefined;
  const problems = asked ? conditionProblems(asked, parameters, flags) : [];
  const shows = asked || (storage === 'block' && level === 'platform');
  if (shows) problems.push(...elsewhereProblems(provisioner, parameters), ...annotationProblems(storageClass));
  if (shows && problems.length === 0) return { by: asked ? 'parameters' : 'platform' };
  for (const [key, why] of Object.entries(noProof)) {
    if (parameters.get(key) === undefined) continue;
    problems.push({ path: parameters.pathOf(key), found: 'proves nothing', required: why });
  }
  return { problems };
}

function keyOf(
  provisioner: Provisioner,
  parameters: Parameters,
  attestation: ClassAttestation | undefined,
): KeyEvidence {
  const { customerKey, name } = provisioner;
  const required = 'no class of it shows whose key it is: state the keyId in an attestation';
  const own = customerKey
    ? keyFrom(customerKey, parameters, provisioner)
    : { problem: { path: 'provisioner', value: name, required } };
  if ('shown' in own || !attestation) return own;
  return attestedKey(attestation) ?? own;
}

/** Why nothing shows that raw block devices of a class are encrypted, though file systems are. */
function rawBlockFault({ rawBlock = 'not-shown', flags = 'off' }: Provisioner, parameters: Parameters) {
  switch (rawBlock) {
    case 'encrypted':
      return undefined;
    case 'plain':
      return 'this driver hands out the device below its encryption';
    case 'refused':
      return 'this driver makes none of such a class';
    case 'not-shown':
      return 'nobody has shown that this driver encrypts them';
    default: {
      const [problem] = conditionProblems(rawBlock, parameters, flags);
      return problem && `they need more of the class: ${describeFinding(problem)}`;
    }
  }
}

function keyFrom(source: KeySource, parameters: Parameters, provisioner: Provisioner): KeyEvidence {
  const written = keyText(source, parameters, provisioner);
  if ('problem' in written) return written;
  const { path, text } = written;
  const format = source.from === 'secret' ? 'secret' : source.format;
  const parsed = parseKey(format, text);
  if (!parsed.ok) return { problem: { path, value: text, required: parsed.error.required } };
  const [dropped] = [
    ...(source.when ? conditionProblems(source.when, parameters, provisioner.flags ?? 'off') : []),
    ...elsewhereProblems(provisioner, parameters, true),
  ];
  return dropped ? { problem: dropped } : { shown: parsed.value, path };
}

type KeyText = { readonly path: string; readonly text: string } | { readonly problem: Finding };

function keyText(source: KeySource, parameters: Parameters, provisioner: Provisioner): KeyText {
  if (source.from === 'secret') {
    const secret = parameters.secret(source.secret);
    if ('problem' in secret) return { problem: secret.template ? orStated(secret.problem) : secret.problem };
    const path = parameters.pathOf(secretKey(source.secret));
    if (!secret.ref) return { problem: { path, required: "name the Secret that holds the customer's key" } };
    const text = nameOf(secret.ref);
    // Which of several a driver takes the key from is up to the driver.
    const other = secretsIn(provisioner, parameters).find((ref) => nameOf(ref) !== text);
    if (!other) return { path, text };
    return { problem: { path, value: text, required: `name one Secret throughout: there is ${nameOf(other)} too` } };
  }
  const all = source.from === 'parameter' ? source.keys : source.parts.map(({ key }) => key);
  const [first = ''] = all;
  const required = `set it to ${expectedKey(source.format)}`;
  if (source.from === 'parameter') {
    const key = source.keys.find((each) => parameters.get(each) !== undefined) ?? first;
    const text = parameters.get(key);
    const path = parameters.pathOf(key);
    return text === undefined ? { problem: { path, required } } : { path, text };
  }
  const missing = source.parts.find(({ key, optional }) => !optional && parameters.get(key) === undefined);
  if (missing)
    return { problem: { path: parameters.pathOf(missing.key), required: "set it to its part of the customer's key" } };
  const path = parameters.pathOf(source.parts.find(({ optional }) => !optional)?.key ?? first);
  return { path, text: source.parts.flatMap(({ key }) => parameters.get(key) ?? []).join('/') };
}

/** @param which all that hold a key, or those without which the volume is plain */
function secretsIn({ condition }: Provisioner, parameters: Parameters, which: 'all' | 'decide' = 'all'): SecretRef[] {
  return (condition ? secretsOf(condition) : [])
    .filter(({ orTemplate }) => which === 'all' || !orTemplate)
    .flatMap(({ secret: source }) => {
      const secret = parameters.secret(source);
      return 'ref' in secret && secret.ref ? [secret.ref] : [];
    });
}

function orStated(problem: Finding): Finding {
  return { ...problem, required: `${problem.required}; or state the keyId in an attestation` };
}

function nameOf({ namespace, name }: SecretRef): string {
  return `${namespace}/${name}`;
}

function attestedKey({ keyId }: Attestation): KeyEvidence | undefined {
  if (keyId === undefined) return undefined;
  const parsed = parseCustomerKey(keyId);
  return parsed.ok ? { shown: parsed.value, path: 'metadata.name' } : undefined;
}

function notAttested({ metadata }: StorageClass): Finding {
  const required = 'state the keyId in its attestation, for nothing else shows whose key it is';
  return { path: 'metadata.name', value: metadata?.name, required };
}

function unproven(storageClass: StorageClass, provisioner: Provisioner | undefined): Finding {
  const elsewhere = provisioner?.condition ? 'no other class of it' : 'no class of it';
  const known = provisioner ? `${elsewhere} shows whether it encrypts` : 'nothing is known of how it encrypts';
  const why = provisioner?.storage === 'shared' ? 'Qdrant does not run on a shared file system' : known;
  const required = `${why}: use another, or state it in the configuration: ${attest(storageClass)}`;
  return { path: 'provisioner', value: storageClass.provisioner, required };
}

function attest({ metadata }: StorageClass): string {
  return `qdrant-admission storage attest ${printable(metadata?.name ?? 'CLASS')}`;
}
