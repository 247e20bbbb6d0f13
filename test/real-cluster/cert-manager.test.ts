import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createKubeClient, type KubeClient } from '../../src/cluster/client.ts';
import { findCluster } from '../../src/cluster/kubeconfig.ts';
import type { KubernetesObject } from '../../src/k8s/object.ts';
import { type Serving, startServing } from '../support/serving.ts';
import { type MountedSecret, mountSecret } from './cert-manager/mounted.ts';
import { type CertManager, startCertManager } from './cert-manager/running.ts';
import { joinCluster } from './harness/cluster.ts';
import { freePorts } from './harness/ports.ts';
import { documented, openShell } from './install/shell.ts';
import { type Helm, objectsOf, startHelm } from './support/helm.ts';
import { startLoad, tryPod } from './support/load.ts';
import { badSpec, goodSpec } from './support/pods.ts';
import { configFor, ensureNamespace, must, until } from './support/protected.ts';

const cluster = joinCluster(inject('cluster'));
const { kubectl, webhookHost } = cluster;
/** Of the release, of its namespace, and of most of its objects: as in the documentation. */
const NAME = 'qdrant-admission';
const SECRET = `${NAME}-certificates`;
const PROTECTED = 'certified';
const RUNBOOK = 'docs/operations/stolen-key.md';

/** The shortest life that cert-manager grants, and a renewal ten seconds after each issue. */
const VALUES = {
  policy: configFor(PROTECTED),
  certificates: { mode: 'cert-manager', certManager: { duration: '1h', renewBefore: '59m50s' } },
};

/** Its CRDs, and what it writes into webhook configurations, are for the whole cluster. */
const whose = cluster.provider === 'existing' ? " (not here: another's cluster may have its own)" : '';

describe.skipIf(whose !== '')(`certificates by cert-manager${whose}`, () => {
  let helm: Helm;
  let certManager: CertManager;
  let client: KubeClient;
  let mounted: MountedSecret;
  let serving: Serving;
  let objects: string;
  let port: number;

  beforeAll(async () => {
    helm = await startHelm(cluster.kubeconfig);
    client = createKubeClient(await findCluster({ kubeconfig: cluster.kubeconfig, env: {} }));
    [port = 0] = await freePorts(1);
    const release = objectsOf(await helm.render(NAME, NAME, VALUES)).filter((object) => !isHook(object));
    objects = JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: release.map((object) => reachable(object, port)),
    });
    await ensureNamespace(cluster, PROTECTED);
    await ensureNamespace(cluster, NAME);
    certManager = await startCertManager(cluster, helm);
    await applyRelease();
    mounted = await mountSecret(cluster, NAME, SECRET);
    const [cert, key] = ['tls.crt', 'tls.key'].map((file) => join(mounted.folder, file));
    const bind = cluster.provider === 'local' ? '127.0.0.1' : '0.0.0.0';
    serving = await startServing({
      config: VALUES.policy,
      flags: [
        ...[`--tls-cert-file=${cert}`, `--tls-private-key-file=${key}`, `--kubeconfig=${cluster.kubeconfig}`],
        ...[`--bind=${bind}`, `--port=${port}`],
      ],
    });
  }, 15 * 60_000);

  afterAll(async () => {
    const all = objects ?? '{"apiVersion":"v1","kind":"List","items":[]}';
    for (const kind of ['validatingadmissionpolicybinding', 'validatingwebhookconfiguration']) {
      await kubectl(['delete', kind, `${NAME}-guard`, NAME, '--ignore-not-found']);
    }
    await kubectl(['delete', '--ignore-not-found', '--wait=false', '-f', '-'], { stdin: all });
    await kubectl(['delete', 'namespace', NAME, PROTECTED, '--timeout=55s']);
    await serving?.stop();
    await mounted?.stop();
    await certManager?.stop();
    await helm?.stop();
  });

  /** As Helm, Flux and Argo CD do. */
  function applyRelease(items?: readonly object[]): Promise<string> {
    const stdin = items ? JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) : objects;
    return must(kubectl(['apply', '--server-side', '--field-manager=helm', '-f', '-'], { stdin }));
  }

  /** What a page of the documentation says to type. */
  async function type(page: string, beginning: string, fill = (text: string) => text): Promise<string> {
    const shell = await openShell({ cluster, helm });
    try {
      return await must(shell.run(fill(await documented(page, beginning))));
    } finally {
      await shell.stop();
    }
  }

  async function secretText(name: string, key: string): Promise<string> {
    const path = `jsonpath={.data.${key.replace('.', '\\.')}}`;
    const { stdout } = await kubectl(['-n', NAME, 'get', 'secret', name, '-o', path]);
    return Buffer.from(stdout, 'base64').toString();
  }

  /** What the API server trusts, by entry. */
  async function bundles(): Promise<readonly string[]> {
    const json = await must(kubectl(['get', 'validatingwebhookconfiguration', NAME, '-o', 'json']));
    const { webhooks } = JSON.parse(json) as { readonly webhooks: readonly Entry[] };
    return webhooks.map(({ clientConfig: { caBundle = '' } }) => Buffer.from(caBundle, 'base64').toString());
  }

  async function untilTrusted(): Promise<void> {
    await until('a bad pod to be refused, by rule', async () =>
      (await tryPod(client, PROTECTED, badSpec())).text.includes('denied the request'),
    );
  }

  test('cert-manager issues, and its injector tells the API server whom to trust, past the guard', async () => {
    await untilTrusted();
    const authority = await secretText(`${NAME}-root`, 'tls.crt');
    const trusted = await bundles();
    expect(trusted.length).toBeGreaterThan(1);
    expect(new Set(trusted)).toEqual(new Set([authority]));
    const leaf = new X509Certificate(await secretText(SECRET, 'tls.crt'));
    expect(leaf.checkIssued(new X509Certificate(authority))).toBe(true);
    expect(leaf.subjectAltName).toBe(`DNS:${NAME}.${NAME}.svc`);
    expect(leaf.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' });
  });

  test('its injector writes nothing else there: the guard is in force', async () => {
    const injector = {
      as: 'system:serviceaccount:cert-manager:cert-manager-cainjector',
      asGroups: ['system:serviceaccounts', 'system:serviceaccounts:cert-manager', 'system:authenticated'],
    };
    const ignore = '[{"op":"replace","path":"/webhooks/0/failurePolicy","value":"Ignore"}]';
    const patch = ['patch', 'validatingwebhookconfiguration', NAME, '--type=json', '--dry-run=server', '-p', ignore];
    const { code, stderr } = await kubectl(patch, injector);
    expect(code).toBe(1);
    expect(stderr).toContain(`ValidatingAdmissionPolicy '${NAME}-guard' with binding '${NAME}-guard' denied request`);
  });

  test.each([
    [
      'Certificate',
      { secretName: 'mine', dnsNames: [`${NAME}.${NAME}.svc`], issuerRef: { name: NAME, kind: 'Issuer' } },
    ],
    ['Certificate', { secretName: SECRET, dnsNames: ['mine'], issuerRef: { name: 'mine', kind: 'Issuer' } }],
    ['CertificateRequest', { request: 'Y3Ny', issuerRef: { name: `${NAME}-root`, kind: 'Issuer' } }],
    ['Issuer', { ca: { secretName: `${NAME}-root` } }],
  ])(
    'nobody else gets a certificate of the authority that the API server trusts, by a %s of %j',
    async (kind, spec) => {
      const object = { apiVersion: 'cert-manager.io/v1', kind, metadata: { name: 'mine', namespace: NAME }, spec };
      const mallory = { as: 'mallory', asGroups: ['system:authenticated', 'cluster-writers'] };
      await must(
        kubectl(['create', 'clusterrolebinding', 'writers', '--clusterrole=cluster-admin', '--group=cluster-writers']),
      );
      try {
        const create = ['create', '--dry-run=server', '-f', '-'];
        const { code, stderr } = await kubectl(create, { ...mallory, stdin: JSON.stringify(object) });
        expect(code, stderr).toBe(1);
        expect(stderr).toContain(`ValidatingAdmissionPolicy '${NAME}-guard'`);
      } finally {
        await must(kubectl(['delete', 'clusterrolebinding', 'writers']));
      }
    },
  );

  test('nothing that the chart sets is changed by it: who deploys again sees no drift and takes nothing away', async () => {
    const before = await bundles();
    await must(kubectl(['diff', '--server-side', '--field-manager=helm', '-f', '-'], { stdin: objects }));
    await applyRelease();
    expect(await bundles()).toEqual(before);
  });

  test('an entry that another version does without can be taken away, although the injector holds on to it', async () => {
    const { items } = JSON.parse(objects) as { readonly items: readonly KubernetesObject[] };
    const later = items.map((object) => ({
      ...object,
      ...('webhooks' in object && { webhooks: entriesOf(object).slice(1) }),
    }));
    const { name } = items.flatMap(entriesOf)[0] ?? {};
    await type('docs/install.md', `kubectl patch validatingwebhookconfiguration ${NAME}`, (text) =>
      text.replace('ENTRY', name ?? ''),
    );
    await applyRelease(later);
    expect((await bundles()).length).toBe(items.flatMap(entriesOf).length - 1);
    await applyRelease();
    await until('a bundle in the entry that came back', async () => (await bundles()).every((bundle) => bundle !== ''));
  });

  test('the API server asks through the Service, and gets both answers', async () => {
    expect((await tryPod(client, PROTECTED, goodSpec())).status).toBe(201);
    expect(await tryPod(client, PROTECTED, badSpec())).toMatchObject({ status: 403 });
  });

  test('renewals under load are taken up without a restart and lose no call', async () => {
    const load = startLoad(client, PROTECTED);
    const seen = new Set([await served()]);
    try {
      await until('two renewals to be served', async () => seen.add(await served()).size > 2, 100_000);
    } finally {
      await load.end();
    }
    expect(load.lost).toEqual([]);
    expect(load.counts.admitted).toBeGreaterThan(100);
    expect(load.counts.refused).toBeGreaterThan(100);
    expect(serving.log.filter(({ msg }) => msg === 'listening')).toHaveLength(1);
  });

  /** The serial number of what a new connection meets, where it is what the API server trusts under that name. */
  async function served(): Promise<string> {
    const [ca = ''] = await bundles();
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, ca, servername: `${NAME}.${NAME}.svc` }, () => {
        resolve(socket.getPeerX509Certificate()?.serialNumber ?? '');
        socket.destroy();
      });
      socket.once('error', reject);
    });
  }

  test(`a stolen key is worth nothing after the commands of ${RUNBOOK}`, async () => {
    const stolen = new X509Certificate(await secretText(`${NAME}-root`, 'tls.crt'));
    await type(RUNBOOK, `kubectl -n ${NAME} delete secret ${NAME}-root`);
    await type(RUNBOOK, `kubectl -n ${NAME} wait --for=create`);
    await type(RUNBOOK, `kubectl get validatingwebhookconfiguration ${NAME} -o json |`);
    await type(RUNBOOK, `kubectl -n ${NAME} rollout restart`);
    await until('another authority to be trusted, alone', async () =>
      (await bundles()).every(
        (bundle) => bundle !== '' && !stolen.publicKey.equals(new X509Certificate(bundle).publicKey),
      ),
    );
    await untilTrusted();
    expect((await tryPod(client, PROTECTED, goodSpec())).status).toBe(201);
    const leaf = new X509Certificate(await secretText(SECRET, 'tls.crt'));
    expect(leaf.verify(stolen.publicKey)).toBe(false);
  });
});

interface Entry {
  readonly clientConfig: { readonly caBundle?: string };
}

function entriesOf(object: KubernetesObject): readonly { readonly name: string }[] {
  return (object['webhooks'] ?? []) as readonly { readonly name: string }[];
}

function isHook({ metadata }: KubernetesObject): boolean {
  return metadata?.annotations?.['helm.sh/hook'] !== undefined;
}

/** No pod runs here: the name of the Service leads to this process instead, which changes nothing of what a certificate has to be. */
function reachable(object: KubernetesObject, port: number): object {
  const { kind, metadata } = object;
  if (kind === 'Service' && metadata?.name === NAME) {
    return { ...object, spec: { type: 'ExternalName', externalName: webhookHost } };
  }
  if (kind !== 'ValidatingWebhookConfiguration') return object;
  const webhooks = object['webhooks'] as readonly { readonly clientConfig: { readonly service: object } }[];
  const here = webhooks.map((entry) => ({
    ...entry,
    clientConfig: { ...entry.clientConfig, service: { ...entry.clientConfig.service, port } },
  }));
  return { ...object, webhooks: here };
}
