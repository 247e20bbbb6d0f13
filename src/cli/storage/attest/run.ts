import { stringify } from 'yaml';
import { timestamp } from '../../../engine/timestamp.ts';
import { count, describeFinding, printable } from '../../../engine/wording.ts';
import type { StorageClass } from '../../../k8s/storage/objects.ts';
import { annotationsSha256, parametersSha256 } from '../../../storage/attestations.ts';
import { type Encryption, encryptionOf } from '../../../storage/encryption.ts';
import { parseCustomerKey } from '../../../storage/keys.ts';
import { type CommandContext, EXIT } from '../../shared/context.ts';
import { Misuse, quote } from '../../shared/misuse.ts';
import { findClasses, nameOf } from '../input.ts';

export type AttestFlags = {
  readonly mechanism: string;
  readonly responsible: string;
  readonly expires: string;
  readonly 'key-id': string | undefined;
  readonly reason: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
};

const NO_SETTINGS = { attestations: [], requireCustomerKey: false, customerKeys: [] };

/** `storage attest CLASS`: prints a ready attestation. The entry goes to standard output, what it means to the other. */
export async function attest(
  flags: AttestFlags,
  [name = '', ...files]: readonly string[],
  context: CommandContext,
): Promise<number> {
  const { stdout, stderr } = context;
  const options = checked(flags, name, files, context.now());
  const found = await findClasses('storage attest', options, context);
  if ('exitCode' in found) return found.exitCode;
  if (found.errors.length > 0) return EXIT.usage;
  const say = (message: string): void => {
    stderr.write(`qdrant-admission storage attest: ${message}\n`);
  };
  const named = found.classes.filter(({ storageClass }) => nameOf(storageClass) === options.name);
  const [first, second] = named;
  if (!first || second) {
    const all = found.classes.map(({ storageClass }) => printable(nameOf(storageClass)));
    const there = all.length === 0 ? 'there is none' : `there is ${all.join(', ')}`;
    const shown = printable(name);
    say(
      first
        ? `${shown} stands there ${count(named.length, 'time')}: expected once`
        : `no StorageClass ${shown}: ${there}`,
    );
    return EXIT.usage;
  }
  const { storageClass } = first;
  if (typeof storageClass.provisioner !== 'string' || storageClass.provisioner === '') {
    say(`${printable(options.name)} has no provisioner: expected a StorageClass that the API server would take`);
    return EXIT.usage;
  }
  const encryption = encryptionOf(storageClass, NO_SETTINGS, context.now());
  const needless = needlessOf(encryption, options);
  if (needless !== undefined) {
    say(`${printable(options.name)} needs no statement: ${needless}`);
    return EXIT.accepted;
  }
  const entry = entryOf(storageClass, options);
  const settings = { ...NO_SETTINGS, attestations: [{ ...entry, expires: new Date(entry.expires) }] };
  const stated = encryptionOf(storageClass, settings, context.now());
  if (!stated.encrypted) {
    say(`no statement can help ${printable(options.name)}: ${stated.problems.map(describeFinding).join('; ')}`);
    return EXIT.refused;
  }
  stdout.write(stringify([entry], { lineWidth: 0 }));
  stderr.write(meaning(storageClass, options));
  return EXIT.accepted;
}

/** Why a class needs no attestation; undefined where it does. */
function needlessOf(encryption: Encryption, { keyId }: Options): string | undefined {
  if (!encryption.encrypted) return undefined;
  const by = { parameters: 'its parameters show', platform: 'its platform ensures', attestation: 'it states' }[
    encryption.by
  ];
  const encrypts = `${by} that its volumes are encrypted (${encryption.mechanism})`;
  if (keyId === undefined) return encrypts;
  return 'shown' in encryption.key ? `${encrypts}, and show the key ${printable(encryption.key.shown.id)}` : undefined;
}

function entryOf(storageClass: StorageClass, { mechanism, reason, responsible, expires, keyId }: Options) {
  const annotations = annotationsSha256(storageClass);
  return {
    storageClass: nameOf(storageClass),
    provisioner: storageClass.provisioner ?? '',
    parametersSha256: parametersSha256(storageClass.parameters),
    ...(annotations !== undefined && { annotationsSha256: annotations }),
    mechanism,
    reason,
    responsible,
    expires,
    ...(keyId !== undefined && { keyId }),
  };
}

function meaning(storageClass: StorageClass, { responsible, expires, keyId }: Options): string {
  const key = keyId === undefined ? '' : `, with the key ${keyId}`;
  const whose = `Every volume that ${storageClass.provisioner} makes for class ${nameOf(storageClass)}`;
  return printableLines([
    `An entry for storage.attestations of the configuration. With it, ${responsible} states:`,
    `  ${whose} is encrypted at rest${key}.`,
    `It holds until ${expires}, for exactly these parameters: a class that is made anew with others needs another.`,
  ]);
}

function printableLines(lines: readonly string[]): string {
  return lines.map((line) => `${printable(line)}\n`).join('');
}

interface Options {
  readonly name: string;
  readonly files: readonly string[];
  readonly mechanism: string;
  readonly responsible: string;
  readonly expires: string;
  readonly reason: string;
  readonly keyId?: string | undefined;
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

/** @throws Misuse */
function checked(flags: AttestFlags, name: string, files: readonly string[], now: Date): Options {
  const { mechanism, responsible, expires, kubeconfig, context } = flags;
  const [invalid] = timestamp.safeParse(expires).error?.issues ?? [];
  if (invalid) throw new Misuse(`--expires is ${quote(expires)}: ${invalid.message}`);
  if (Date.parse(expires) <= now.getTime()) throw new Misuse(`--expires is ${expires}: expected a moment to come`);
  const keyId = flags['key-id'];
  const key = keyId === undefined ? undefined : parseCustomerKey(keyId);
  if (key && !key.ok) throw new Misuse(`--key-id is ${quote(keyId ?? '')}: ${key.error.problem}`);
  if (files.length > 0 && (kubeconfig !== undefined || context !== undefined)) {
    throw new Misuse('expected files or a cluster, not both');
  }
  const reason = flags.reason || 'The class itself does not show how its volumes are encrypted.';
  return { name, files, mechanism, responsible, expires, reason, keyId, kubeconfig, context };
}
