import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSubject } from '../../src/engine/subject.ts';
import { askWebhook } from '../real-cluster/support/ask.ts';
import { goodSpec, pod } from '../real-cluster/support/pods.ts';
import { OCI_MANIFEST, type RegistryServer, startRegistry } from '../registry/registry-server.ts';
import { type PrivateSigstore, startSigstore } from '../support/sigstore/private-sigstore.ts';
import { bundle, statement } from '../support/sigstore/signatures.ts';
import { startWebhookInProcess } from '../support/webhook-in-process.ts';

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

let registry: RegistryServer;
let sigstore: PrivateSigstore;
let folder: string;
let root: string;
let signed: string;
let unsigned: string;

beforeAll(async () => {
  [registry, sigstore] = await Promise.all([startRegistry({ plain: true }), startSigstore()]);
  folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-serve-images-'));
  root = join(folder, 'trusted_root.json');
  await writeFile(root, sigstore.root.text);
  [signed, unsigned] = [push('signed'), push('unsigned')];
  const content = await bundle(sigstore, sigstore.certify(), Buffer.from(JSON.stringify(statement(signed))));
  registry.putManifest('team/app', undefined, {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: BUNDLE,
    config: { mediaType: 'application/vnd.oci.empty.v1+json', ...registry.putBlob('{}') },
    layers: [{ mediaType: BUNDLE, ...registry.putBlob(JSON.stringify(content)) }],
    subject: { mediaType: OCI_MANIFEST, digest: signed, size: 1 },
  });
});
afterAll(async () => {
  await registry.close();
  await rm(folder, { recursive: true });
});

function push(name: string): string {
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', ...registry.putBlob(`{"name":"${name}"}`) };
  return registry.putManifest('team/app', name, { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [] })
    .digest;
}

/** A webhook that knows no cluster: only rules of images are on that need to learn anything. */
function start(trustRoot: string) {
  const host = `127.0.0.1:${registry.port}`;
  const off = { mode: 'off' };
  const config = {
    version: 1,
    network: { enforcement: { plugin: 'none', responsible: 'tests' } },
    namespaces: [
      {
        names: ['qdrant'],
        profile: 'private',
        rules: {
          'default-deny': off,
          'wide-policies': off,
          'image-scan': off,
          'image-registry': { options: { allowed: [host] } },
        },
      },
    ],
    images: {
      trustRoots: { ours: { file: trustRoot } },
      authorities: {
        workflow: { keyless: { trustRoot: 'ours', identities: [{ owner: 'https://github.com/qdrant' }] } },
      },
      policies: [{ images: [host], authorities: ['workflow'], sbom: { level: 'off' } }],
      registries: [{ registry: host, insecure: true, privateAddresses: true }],
    },
  };
  return startWebhookInProcess({ config, host: '127.0.0.1' });
}

async function ask(webhook: Awaited<ReturnType<typeof start>>, digest: string) {
  const image = `127.0.0.1:${registry.port}/team/app@${digest}`;
  const object = pod('qdrant', 'a', goodSpec(image)) as Parameters<typeof makeSubject>[0]['object'];
  return askWebhook(webhook, '127.0.0.1', makeSubject({ object, now: new Date() }));
}

describe('a webhook that has images verified', () => {
  it('lets in what is signed, refuses what is not, and asks a registry about each once', async () => {
    const webhook = await start(root);
    try {
      for (let i = 0; i < 3; i++) expect(await ask(webhook, signed)).toEqual({ allowed: true, message: '' });
      const manifests = registry.met.filter(({ path }) => path.endsWith(`/manifests/${signed}`));
      expect(manifests).toHaveLength(1);
      const refused = await ask(webhook, unsigned);
      expect([refused.allowed, refused.message]).toEqual([false, expect.stringContaining('image-signature')]);
    } finally {
      expect(await webhook.stop()).toBe(0);
    }
  });

  it('cannot tell without a trust root, says why, and goes on with everything else', async () => {
    const webhook = await start(join(folder, 'absent.json'));
    try {
      const { allowed, message } = await ask(webhook, signed);
      expect(allowed).toBe(false);
      expect(message).toContain('absent.json: cannot be read: ENOENT');
      expect(webhook.log()).toContain('images cannot be verified as configured');
    } finally {
      expect(await webhook.stop()).toBe(0);
    }
  });
});
