import { z } from 'zod';
import { timestamp } from '../engine/timestamp.ts';
import { CUSTOMER_KEY_FORMS, parseCustomerKey } from './keys.ts';
import type { Attestation, StorageSettings } from './settings.ts';

const customerKey = z
  .string()
  .superRefine((text, context) => {
    const parsed = parseCustomerKey(text);
    if (!parsed.ok) context.addIssue({ code: 'custom', message: parsed.error.problem });
  })
  .describe(
    `A key by its full id: ${CUSTOMER_KEY_FORMS.map(({ expected }) => expected).join('; ')}. What an alias names can change.`,
  );

const handle = z.strictObject({
  driver: z.string().min(1).describe('Name of the CSI driver.'),
  handle: z.string().min(1).describe('The volumeHandle or snapshotHandle, exactly.'),
});

/** The fields that say what an attestation is about: one of these, and with a class two more. */
const ABOUT = ['storageClass', 'volume', 'snapshot'] as const;
const OF_CLASS = ['provisioner', 'parametersSha256'] as const;
const OF_CLASS_ONLY = 'is of a class: expected storageClass beside it';

const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits, as `qdrant-admission storage attest` prints them');

const attestation = z
  .strictObject({
    storageClass: z.string().min(1).optional().describe('The name of a class; with provisioner and parametersSha256.'),
    provisioner: z.string().min(1).optional(),
    parametersSha256: sha256
      .optional()
      .describe('Of the parameters in canonical JSON: a class that was made anew with others is not the one attested.'),
    annotationsSha256: sha256
      .optional()
      .describe('The same of the annotations of the class that its driver reads; left out: it has none of them.'),
    volume: handle.optional().describe('One volume, that no class made.'),
    snapshot: handle.optional().describe('One snapshot, that was brought in by its handle.'),
    mechanism: z.string().min(1).describe('How the data is encrypted: ebs-account-default, node-luks, array, …'),
    reason: z.string().min(1),
    responsible: z.string().min(1).describe('Who answers for it.'),
    expires: timestamp.describe('From this moment on it no longer holds (RFC 3339).'),
    keyId: customerKey.optional().describe("The customer's key that encrypts it; left out: a key of the provider."),
  })
  .superRefine((entry, context) => {
    const about = ABOUT.filter((field) => entry[field] !== undefined);
    if (about.length !== 1) {
      context.addIssue({ code: 'custom', message: `expected one of ${ABOUT.join(', ')}, and only one` });
    }
    for (const field of OF_CLASS) {
      if (about[0] === 'storageClass' && entry[field] === undefined) {
        context.addIssue({ code: 'custom', path: [field], message: 'expected it beside storageClass' });
      } else if (about[0] !== 'storageClass' && entry[field] !== undefined) {
        context.addIssue({ code: 'custom', path: [field], message: OF_CLASS_ONLY });
      }
    }
    if (about[0] !== 'storageClass' && entry.annotationsSha256 !== undefined) {
      context.addIssue({ code: 'custom', path: ['annotationsSha256'], message: OF_CLASS_ONLY });
    }
  })
  .describe(
    'A statement that volumes of a class, one volume or one snapshot are encrypted. Only here: never in an annotation.',
  );

/** `storage` of the configuration: for all namespaces. */
export const shared = z
  .strictObject({ attestations: z.array(attestation).default([]) })
  .default({ attestations: [] })
  .describe('What the owner of the cluster states of its storage, for all namespaces.');

/** `storage` of an entry of `namespaces`. */
export const perNamespace = z
  .strictObject({
    requireCustomerKey: z
      .boolean()
      .default(false)
      .describe("Volumes are encrypted with one of customerKeys, not with the provider's own."),
    customerKeys: z.array(customerKey).default([]),
  })
  .refine(({ requireCustomerKey, customerKeys }) => !requireCustomerKey || customerKeys.length > 0, {
    path: ['customerKeys'],
    error: 'expected at least one key: requireCustomerKey without any would refuse every volume',
  })
  .default({ requireCustomerKey: false, customerKeys: [] })
  .describe("Whose keys encrypt this namespace's volumes.");

/** What a namespace is told of its storage, from both. */
export function resolve(all: z.infer<typeof shared>, own: z.infer<typeof perNamespace>): StorageSettings {
  return { ...own, attestations: all.attestations.map(attestationOf) };
}

function attestationOf(entry: z.infer<typeof attestation>): Attestation {
  const { mechanism, reason, responsible, keyId, volume, snapshot } = entry;
  const base = { mechanism, reason, responsible, keyId, expires: new Date(entry.expires) };
  if (volume) return { of: 'volume', ...volume, ...base };
  if (snapshot) return { of: 'snapshot', ...snapshot, ...base };
  // The schema has seen that these are there.
  const { storageClass = '', provisioner = '', parametersSha256 = '', annotationsSha256 } = entry;
  return { storageClass, provisioner, parametersSha256, annotationsSha256, ...base };
}
