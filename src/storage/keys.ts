import { failure, type Result, success } from '../k8s/result.ts';

/** Kinds of keys, by who keeps them. */
export type KeyFormat =
  | 'aws'
  | 'gcp'
  | 'azure'
  | 'oci'
  | 'ibm'
  | 'alibaba'
  | 'huawei'
  | 'yandex'
  | 'ceph'
  | 'stackit'
  | 'zfs'
  | 'secret'
  | 'other';

/** A key of the customer's. */
export interface CustomerKey {
  readonly format: KeyFormat;
  /** As the configuration writes it, normalised: the same id is the same key. */
  readonly id: string;
}

/** Why a text names no key; what stands there is not repeated. */
export interface KeyFault {
  readonly problem: string;
  /** The same as an instruction. */
  readonly required: string;
}

interface Format {
  /** Of an id in the configuration, where the id itself would not tell whose it is. */
  readonly prefix?: string;
  /** How such an id begins in the configuration. */
  readonly begins: string;
  /** Of the id without the prefix, from begin to end. Linear: no group repeats what repeats in itself. */
  readonly pattern: RegExp;
  readonly expected: string;
  readonly normalise?: (id: string) => string;
}

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const LABEL = '[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?';

/** The forms of key ids, as the providers' documents and the drivers' examples write them; drivers check next to nothing. */
const FORMATS: Readonly<Record<KeyFormat, Format>> = {
  aws: {
    begins: 'arn:',
    pattern: new RegExp(`^arn:aws(?:-[a-z-]+)?:kms:[a-z0-9-]+:[0-9]{12}:key/(?:mrk-[0-9a-f]{32}|${UUID})$`),
    expected: 'the ARN of a key, arn:aws:kms:REGION:ACCOUNT:key/ID',
  },
  gcp: {
    begins: 'projects/',
    pattern:
      /^projects\/[^/\s]+\/locations\/[^/\s]+\/keyRings\/[^/\s]+\/cryptoKeys\/[^/\s]+(?:\/cryptoKeyVersions\/[0-9]+)?$/,
    expected: 'the path of a key, projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY',
    normalise: (id) => id.replace(/\/cryptoKeyVersions\/[0-9]+$/, ''),
  },
  azure: {
    begins: '/subscriptions/',
    pattern:
      /^\/subscriptions\/[^/\s]+\/resourceGroups\/[^/\s]+\/providers\/Microsoft\.Compute\/diskEncryptionSets\/[^/\s]+$/i,
    expected:
      'the id of a disk encryption set, /subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.Compute/diskEncryptionSets/NAME',
    normalise: (id) => id.toLowerCase(),
  },
  oci: {
    begins: 'ocid1.',
    pattern: /^ocid1\.key\.[^.\s]+\.[^.\s]*\.\S+$/,
    expected: 'the OCID of a key, ocid1.key.oc1.REGION.ID',
  },
  ibm: {
    begins: 'crn:',
    pattern: /^crn:v1:[^:\s]*:[^:\s]*:(?:kms|hs-crypto):[^:\s]*:[^:\s]*:[^:\s]*:key:[^:\s]+$/,
    expected: 'the CRN of a root key, crn:v1:…:kms:REGION:a/ACCOUNT:INSTANCE:key:ID',
  },
  alibaba: {
    prefix: 'alibaba:',
    begins: 'alibaba:',
    pattern: new RegExp(`^(?:${UUID}|key-[a-z0-9]+)$`),
    expected: 'the id of a KMS key, a UUID or key-…',
  },
  huawei: {
    prefix: 'huawei:',
    begins: 'huawei:',
    pattern: new RegExp(`^${UUID}$`),
    expected: 'the id of a KMS key, a UUID',
  },
  yandex: {
    prefix: 'yandex:',
    begins: 'yandex:',
    pattern: /^[a-z0-9]{20}$/,
    expected: 'the id of a symmetric key of KMS, twenty letters and digits',
  },
  ceph: {
    prefix: 'ceph:',
    begins: 'ceph:',
    pattern: /^[\w.-]+$/,
    expected: 'the id of a KMS in the ConfigMap of ceph-csi',
  },
  stackit: {
    prefix: 'stackit:',
    begins: 'stackit:',
    pattern: /^(?:[\w-]+\/)?[\w-]+\/[\w-]+\/[0-9]+$/,
    expected: '[PROJECT/]KEYRING/KEY/VERSION',
  },
  zfs: {
    prefix: 'zfs:',
    begins: 'zfs:',
    pattern: /^(?:file:\/\/\/|https:\/\/)\S+$/,
    expected: 'the place of a key, file:///PATH or https://…',
  },
  secret: {
    prefix: 'secret:',
    begins: 'secret:',
    pattern: new RegExp(`^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?/${LABEL}$`),
    expected: 'a Secret, secret:NAMESPACE/NAME',
  },
  other: {
    prefix: 'other:',
    begins: 'other:',
    pattern: /^[!-~]+$/,
    expected: 'other:ID, an id without spaces, for a key that only an attestation names',
  },
};

/** What the id of a key looks like in the configuration, one row a kind of keys. */
export const CUSTOMER_KEY_FORMS = (Object.keys(FORMATS) as KeyFormat[]).map((format) => {
  const { prefix, expected } = FORMATS[format];
  return {
    format,
    expected: prefix === undefined || expected.includes(prefix) ? expected : `${prefix} and ${expected}`,
  };
});

/** Reads the id of a key as it stands in a parameter of a class. */
export function parseKey(format: KeyFormat, text: string): Result<CustomerKey, KeyFault> {
  const { prefix = '', pattern, expected, normalise } = FORMATS[format];
  if (/(?:^|[:/])alias\//.test(text)) {
    return fault(`an alias can be pointed at another key: write ${expected}`);
  }
  if (format === 'aws' && AWS_BARE.test(text)) {
    return fault(`a bare id means another key in another account or region: write ${expected}`);
  }
  if (!pattern.test(text) || text.length > LONGEST) return fault(`expected ${expected}`, `write ${expected}`);
  return success({ format, id: `${prefix}${normalise ? normalise(text) : text}` });
}

const AWS_BARE = new RegExp(`^(?:mrk-[0-9a-f]{32}|${UUID})$`);
/** Beyond what any provider gives out. */
const LONGEST = 1024;

/** Reads the id of a key as the configuration writes it, in an allow-list or an attestation. */
export function parseCustomerKey(text: string): Result<CustomerKey, KeyFault> {
  const found = (Object.keys(FORMATS) as KeyFormat[]).find((format) => text.startsWith(FORMATS[format].begins));
  if (found) return parseKey(found, text.slice((FORMATS[found].prefix ?? '').length));
  const bare = parseKey('aws', text);
  if (!bare.ok && !bare.error.problem.startsWith('expected ')) return bare;
  const begins = Object.values(FORMATS).map((format) => format.begins);
  return fault(`expected the full id of a key, which begins with one of ${begins.join(', ')}`);
}

/** What a key of a provider looks like, for messages. */
export function expectedKey(format: KeyFormat): string {
  return FORMATS[format].expected;
}

function fault(problem: string, required = problem): Result<never, KeyFault> {
  return failure({ problem, required });
}

/** The keys of an allow-list; what names none allows none. */
export function customerKeysOf(texts: readonly string[]): readonly CustomerKey[] {
  return texts.map(parseCustomerKey).flatMap((key) => (key.ok ? [key.value] : []));
}
