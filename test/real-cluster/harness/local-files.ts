import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, createKeyPair, issue, type KeyAndCertificate } from './certificates.ts';

/** Certificates and configuration of a local control plane, as files in its folder. */
export interface LocalFiles {
  readonly authority: string;
  readonly authorityKey: string;
  readonly serverCertificate: string;
  readonly serverKey: string;
  readonly adminCertificate: string;
  readonly adminKey: string;
  readonly serviceAccountKey: string;
  readonly serviceAccountPublicKey: string;
  readonly adminKubeconfig: string;
  readonly controllerManagerKubeconfig: string;
  readonly auditPolicy: string;
  readonly auditLog: string;
}

/** Everything about writes to pods, with bodies, so that tests can read audit annotations; the bare fact of other writes; no reads. */
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    // An exec over a WebSocket is a GET, which the next rule would drop.
    {
      level: 'Metadata',
      resources: [{ group: '', resources: ['pods/exec', 'pods/attach', 'pods/portforward', 'pods/proxy'] }],
    },
    { level: 'None', verbs: ['get', 'list', 'watch'] },
    { level: 'RequestResponse', resources: [{ group: '', resources: ['pods', 'pods/*'] }] },
    { level: 'Metadata' },
  ],
};

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** A kubeconfig whose only user shows this client certificate. */
export function clientKubeconfig(
  server: string,
  authority: KeyAndCertificate,
  name: string,
  client: KeyAndCertificate,
): object {
  const cluster = { server, 'certificate-authority-data': base64(authority.certificate) };
  const user = { 'client-certificate-data': base64(client.certificate), 'client-key-data': base64(client.key) };
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'local', cluster }],
    users: [{ name, user }],
    contexts: [{ name: 'local', context: { cluster: 'local', user: name } }],
    'current-context': 'local',
  };
}

/** Makes all keys and certificates afresh and writes them, readable for this user only, into the folder. */
export async function writeLocalFiles(folder: string, server: string, hosts: readonly string[]): Promise<LocalFiles> {
  const [authority, serviceAccount] = await Promise.all([createAuthority('local-cluster'), createKeyPair()]);
  const [serving, admin, controllerManager] = await Promise.all([
    issue(authority, { commonName: 'kube-apiserver', hosts }),
    issue(authority, { commonName: 'administrator', organizations: ['system:masters'] }),
    issue(authority, { commonName: 'system:kube-controller-manager' }),
  ]);
  const write = async (name: string, content: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  };
  // Kubernetes reads JSON wherever it reads YAML.
  const json = (name: string, value: object): Promise<string> => write(name, JSON.stringify(value, null, 2));
  return {
    authority: await write('authority.pem', authority.certificate),
    authorityKey: await write('authority-key.pem', authority.key),
    serverCertificate: await write('server.pem', serving.certificate),
    serverKey: await write('server-key.pem', serving.key),
    adminCertificate: await write('administrator.pem', admin.certificate),
    adminKey: await write('administrator-key.pem', admin.key),
    serviceAccountKey: await write('service-account-key.pem', serviceAccount.privateKey),
    serviceAccountPublicKey: await write('service-account.pem', serviceAccount.publicKey),
    adminKubeconfig: await json('kubeconfig', clientKubeconfig(server, authority, 'administrator', admin)),
    controllerManagerKubeconfig: await json(
      'controller-manager.kubeconfig',
      clientKubeconfig(server, authority, 'controller-manager', controllerManager),
    ),
    auditPolicy: await json('audit-policy.json', AUDIT_POLICY),
    auditLog: await write('audit.log', ''),
  };
}
