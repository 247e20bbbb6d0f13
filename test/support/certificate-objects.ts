import { type ScriptedApi, type ScriptedRequest, sendJson, sendStatus } from './scripted-api.ts';

interface Stored {
  readonly metadata: { readonly resourceVersion: string; readonly uid: string; readonly generation: number };
  readonly data?: Readonly<Record<string, string>>;
  readonly webhooks?: readonly { readonly name: string; readonly clientConfig: { readonly caBundle?: string } }[];
}

/** The two objects that a certificate rotation works on, in a scripted API server that compares resource versions. */
export interface CertificateObjects {
  secret: Stored | undefined;
  configuration: Stored | undefined;
  /** Called before each request; what it returns is the answer. */
  interfere: (request: ScriptedRequest) => { readonly status: number; readonly reason: string } | undefined;
}

export const SECRET_PATH = '/api/v1/namespaces/system/secrets';
const CONFIGURATION_PATH = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/gate';

export function serveCertificateObjects(api: ScriptedApi, entries: readonly string[]): CertificateObjects {
  let versions = 0;
  const metadata = (generation: number) => ({ resourceVersion: `${++versions}`, uid: 'uid', generation });
  const objects: CertificateObjects = {
    secret: undefined,
    configuration: { metadata: metadata(1), webhooks: entries.map((name) => ({ name, clientConfig: {} })) },
    interfere: () => undefined,
  };

  /** The object after a write; a string says why there is none. */
  function written({ method, url, body }: ScriptedRequest): Stored | string {
    const sent = JSON.parse(body);
    if (method === 'POST') {
      if (objects.secret) return 'AlreadyExists';
      objects.secret = { metadata: metadata(1), data: sent.data };
      return objects.secret;
    }
    const kind = url.pathname === CONFIGURATION_PATH ? 'configuration' : 'secret';
    const before = objects[kind];
    if (!before) return 'NotFound';
    if (sent.metadata.resourceVersion !== before.metadata.resourceVersion) return 'Conflict';
    const merged = Object.entries({ ...before.data, ...sent.data }).filter(([, value]) => value !== null);
    const after =
      kind === 'secret'
        ? { metadata: metadata(1), data: Object.fromEntries(merged) as Record<string, string> }
        : { metadata: metadata(before.metadata.generation + 1), webhooks: sent.webhooks };
    objects[kind] = after;
    return after;
  }

  const codes: Readonly<Record<string, number>> = { NotFound: 404, AlreadyExists: 409, Conflict: 409 };
  api.play((request, response) => {
    const trouble = objects.interfere(request);
    if (trouble) return sendStatus(response, trouble.status, trouble.reason, 'as the test wants it');
    const stored = request.url.pathname === CONFIGURATION_PATH ? objects.configuration : objects.secret;
    const result = request.method === 'GET' ? (stored ?? 'NotFound') : written(request);
    if (typeof result === 'string') {
      const code = codes[result] ?? 500;
      return sendJson(response, { kind: 'Status', code, reason: result, details: { name: 'the object' } }, code);
    }
    return sendJson(response, result);
  });
  return objects;
}
