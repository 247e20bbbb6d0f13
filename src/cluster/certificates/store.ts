import { z } from 'zod';
import type { Store } from '../../certificates/rotation-step.ts';
import type { Bundle } from '../../certificates/trust-state.ts';
import { kindNamed } from '../../k8s/kinds.ts';
import type { JsonObject } from '../../k8s/object.ts';
import type { KubeClient, KubeRequest } from '../client.ts';
import { KubeError, pathOf, refusal } from '../wire.ts';
import type { ServerNames } from './issuer.ts';
import { absentEntries, decodeHolding, EMPTY_SECRET_DATA, encodeHolding, readAnchors } from './secret.ts';

/** Where the certificates are kept and published. */
export interface CertificatePlaces {
  readonly namespace: string;
  readonly secret: string;
  /** Name of the ValidatingWebhookConfiguration. */
  readonly webhookConfiguration: string;
}

export interface CertificateStoreOptions extends CertificatePlaces {
  readonly client: Pick<KubeClient, 'request' | 'read'>;
  readonly names: ServerNames;
  readonly signal: AbortSignal;
  /** Hears what in the Secret cannot be used. */
  readonly onDamage: (problems: readonly string[]) => void;
}

/** The name under which the API server records who owns the caBundle fields. */
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

/** Certificates in a Secret that all replicas share, trusted through the caBundle of a webhook configuration. */
export function certificateStore(options: CertificateStoreOptions): Store {
  const { client, names, signal, namespace, onDamage } = options;
  const fieldManager = `?fieldManager=${FIELD_MANAGER}`;

  return {
    async readSecret() {
      const object = await client.read(SECRET, namespace, options.secret, signal);
      if (!object) return { holding: { retired: [] }, intact: false };
      const { metadata, data = {} } = expectShape(secretSchema, object, `Secret ${namespace}/${options.secret}`);
      const { holding, problems } = decodeHolding(new Map(Object.entries(data)), names);
      // An empty one was just made, or made in advance: that is no damage.
      if (problems.length > 0 && Object.values(data).some((value) => value !== '')) onDamage(problems);
      return { version: metadata.resourceVersion, holding, intact: problems.length === 0 };
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

    writeSecret(holding, version) {
      const data = encodeHolding(holding);
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

    publish(text, { version, bundles }) {
      const caBundle = Buffer.from(text).toString('base64');
      return write(
        {
          method: 'PATCH',
          path: `${pathOf(WEBHOOKS, '', options.webhookConfiguration)}${fieldManager}`,
          // Not a server-side apply: that would own the entries themselves, and whoever else applies the configuration
          // (Helm, GitOps) could then not remove one: what is left of it would be invalid.
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

  /** False where somebody else wrote first: the API server compares resource versions. */
  async function write(request: KubeRequest, what: string): Promise<boolean> {
    const { status, body } = await client.request(request);
    if (status >= 200 && status <= 299) return true;
    if (status === 409) return false;
    throw new KubeError(`cannot write ${what}: ${refusal(status, body).message}`, status);
  }
}

function newSecret({ namespace, secret }: CertificatePlaces) {
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
  throw new KubeError(`${what} is not as the API server serves it: ${fields}`);
}
