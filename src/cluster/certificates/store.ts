import { z } from 'zod';
import type { CertificateStore } from '../../certificates/rotation-step.ts';
import type { Bundle } from '../../certificates/trust-state.ts';
import { kindNamed } from '../../k8s/kinds.ts';
import type { JsonObject } from '../../k8s/object.ts';
import type { KubeClient, KubeRequest } from '../client.ts';
import { KubeError, pathOf, refusal } from '../wire.ts';
import type { ServerNames } from './issuer.ts';
import { absentEntries, decodeTrustState, EMPTY_SECRET_DATA, encodeTrustState, readAnchors } from './secret.ts';

/** The Secret in which the certificates are kept, and the webhook configuration that publishes their authorities. */
export interface CertificateLocation {
  readonly namespace: string;
  readonly secret: string;
  /** The name of the ValidatingWebhookConfiguration. */
  readonly webhookConfiguration: string;
}

export interface CertificateStoreOptions extends CertificateLocation {
  readonly client: Pick<KubeClient, 'request' | 'read'>;
  readonly names: ServerNames;
  readonly signal: AbortSignal;
  /** Is called with what is wrong with the Secret. */
  readonly onDamage: (problems: readonly string[]) => void;
}

/** The field manager that the API server records as the owner of the caBundle fields. */
export const FIELD_MANAGER = 'qdrant-admission-certificates';

const SECRET = kindNamed('Secret');
const WEBHOOKS = kindNamed('ValidatingWebhookConfiguration.admissionregistration.k8s.io');

const metadataSchema = z.looseObject({ resourceVersion: z.string().min(1) });
const secretSchema = z.looseObject({
  metadata: metadataSchema,
  data: z.record(z.string(), z.string()).optional(),
});
const configurationSchema = z.looseObject({
  metadata: metadataSchema.extend({ uid: z.string(), generation: z.int() }),
  webhooks: z
    .array(z.looseObject({ name: z.string(), clientConfig: z.looseObject({ caBundle: z.string().optional() }) }))
    .optional(),
});

/** Keeps the certificates in a Secret, and publishes their authorities in the caBundle of a webhook configuration. */
export function createCertificateStore(options: CertificateStoreOptions): CertificateStore {
  const { client, names, signal, namespace, onDamage } = options;
  const fieldManager = `?fieldManager=${FIELD_MANAGER}`;

  return {
    async readSecret() {
      const object = await client.read(SECRET, namespace, options.secret, signal);
      if (!object) return { trustState: { retired: [] }, intact: false };
      const { metadata, data = {} } = expectShape(secretSchema, object, `Secret ${namespace}/${options.secret}`);
      const { trustState, problems } = decodeTrustState(new Map(Object.entries(data)), names);
      // An empty Secret was only just created, by us or by whoever installed the program. It is not damaged.
      if (problems.length > 0 && Object.values(data).some((value) => value !== '')) onDamage(problems);
      return { version: metadata.resourceVersion, trustState, intact: problems.length === 0 };
    },

    async readPublished() {
      const name = options.webhookConfiguration;
      const object = await client.read(WEBHOOKS, '', name, signal);
      if (!object) return undefined;
      const configuration = expectShape(configurationSchema, object, `ValidatingWebhookConfiguration ${name}`);
      return {
        version: configuration.metadata.resourceVersion,
        revision: `${configuration.metadata.uid}/${configuration.metadata.generation}`,
        bundles: (configuration.webhooks ?? []).map((webhook) => ({
          entry: webhook.name,
          ...bundleOf(webhook.clientConfig.caBundle),
        })),
      };
    },

    createSecret() {
      const path = `${pathOf(SECRET, namespace)}${fieldManager}`;
      return write({ method: 'POST', path, body: newSecret(options), signal }, 'the Secret');
    },

    writeSecret(trustState, version) {
      const data = encodeTrustState(trustState);
      return write(
        {
          method: 'PATCH',
          path: `${pathOf(SECRET, namespace, options.secret)}${fieldManager}`,
          contentType: 'application/merge-patch+json',
          body: { metadata: { resourceVersion: version }, data: { ...absentEntries(data), ...data } },
          signal,
        },
        'the Secret',
      );
    },

    publish(bundle, { version, bundles }) {
      const caBundle = Buffer.from(bundle).toString('base64');
      return write(
        {
          method: 'PATCH',
          path: `${pathOf(WEBHOOKS, '', options.webhookConfiguration)}${fieldManager}`,
          // Not a server-side apply: we would then own the entries themselves. When Helm or a GitOps tool removed one
          // from its manifest, our part of it would remain, which is not a valid entry, and its apply would fail.
          contentType: 'application/strategic-merge-patch+json',
          body: {
            metadata: { resourceVersion: version },
            webhooks: bundles.map(({ entry }) => ({ name: entry, clientConfig: { caBundle } })),
          },
          signal,
        },
        'the webhook configuration',
      );
    },
  };

  /** Returns false if somebody else wrote first, which the API server detects by the resourceVersion. */
  async function write(request: KubeRequest, what: string): Promise<boolean> {
    const { status, body } = await client.request(request);
    if (status >= 200 && status <= 299) return true;
    if (status === 409) return false;
    throw new KubeError(`cannot write ${what}: ${refusal(status, body).message}`, status);
  }
}

function newSecret({ namespace, secret }: CertificateLocation) {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    data: EMPTY_SECRET_DATA,
    metadata: { name: secret, namespace, labels: { 'app.kubernetes.io/managed-by': 'qdrant-admission' } },
  };
}

function bundleOf(caBundle: string | undefined): Omit<Bundle, 'entry'> {
  const text = Buffer.from(caBundle ?? '', 'base64').toString('utf8');
  return { text, anchors: readAnchors(text).anchors };
}

function expectShape<T>(schema: z.ZodType<T>, object: JsonObject, what: string): T {
  const parsed = schema.safeParse(object);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path }) => path.join('.')).join(', ');
  throw new KubeError(`${what} is not what an API server returns, in the fields ${fields}`);
}
