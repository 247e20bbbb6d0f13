import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { verifyOutputSchema } from '../../../src/cli/verify/json.ts';
import { OCI_INDEX, OCI_MANIFEST, type RegistryServer, startRegistry } from '../../registry/registry-server.ts';
import { type Ran, runProgram } from '../../support/command-line.ts';
import { goodPod } from '../../support/review-run.ts';
import { type ScriptedApi, sendJson, startScriptedApi } from '../../support/scripted-api.ts';
import { pem, spki } from '../../support/sigstore/certificates.ts';
import {
  type Certified,
  ecKeys,
  GITHUB,
  type PrivateSigstore,
  RELEASE,
  startSigstore,
} from '../../support/sigstore/private-sigstore.ts';
import { bundle, legacySignature, simpleSigning, statement } from '../../support/sigstore/signatures.ts';

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';
const SPDX = 'https://spdx.dev/Document';

let registry: RegistryServer;
let sigstore: PrivateSigstore;
let signer: Certified;
let folder: string;
let root: string;
/** `127.0.0.1:PORT` */
let host: string;

beforeAll(async () => {
  registry = await startRegistry({ plain: true });
  host = `127.0.0.1:${registry.port}`;
  sigstore = await startSigstore();
  signer = sigstore.certify();
  folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-verify-'));
  root = join(folder, 'trusted_root.json');
  await writeFile(root, sigstore.root.text);
});
afterAll(async () => {
  await registry.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => registry.reset());

/** An index of one platform, as buildx pushes it, with an SBOM that is about that platform or another. */
function pushImage(tag: string, { sbomOf }: { sbomOf?: 'itself' | 'another' } = {}): string {
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', ...registry.putBlob('{}') };
  const platform = registry.putManifest('team/app', undefined, {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config,
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...registry.putBlob(`layer of ${tag}`) }],
  });
  const about = sbomOf === 'another' ? 'f'.repeat(64) : platform.digest.slice('sha256:'.length);
  const document = {
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType: SPDX,
    subject: [{ name: 'app', digest: { sha256: about } }],
    predicate: { spdxVersion: 'SPDX-2.3', packages: [{ name: 'a' }, { name: 'b' }] },
  };
  const attestation = registry.putManifest('team/app', undefined, {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config,
    layers: [
      {
        mediaType: 'application/vnd.in-toto+json',
        annotations: { 'in-toto.io/predicate-type': SPDX },
        ...registry.putBlob(JSON.stringify(document)),
      },
    ],
  });
  const index = {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [
      { ...platform, platform: { os: 'linux', architecture: 'amd64' } },
      ...(sbomOf
        ? [
            {
              ...attestation,
              platform: { os: 'unknown', architecture: 'unknown' },
              annotations: {
                'vnd.docker.reference.type': 'attestation-manifest',
                'vnd.docker.reference.digest': platform.digest,
              },
            },
          ]
        : []),
    ],
  };
  return registry.putManifest('team/app', tag, index, OCI_INDEX).digest;
}

/** As cosign 3 stores a signature: a manifest that refers to the image. */
async function signBundle(digest: string, by = signer): Promise<void> {
  const content = JSON.stringify(await bundle(sigstore, by, Buffer.from(JSON.stringify(statement(digest)))));
  registry.putManifest('team/app', undefined, {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: BUNDLE,
    config: { mediaType: 'application/vnd.oci.empty.v1+json', ...registry.putBlob('{}') },
    layers: [{ mediaType: BUNDLE, ...registry.putBlob(content) }],
    subject: { mediaType: OCI_INDEX, digest, size: 1 },
  });
}

/** As cosign stored signatures before: under a tag beside the image. */
function pushLegacy(digest: string, annotations: Readonly<Record<string, string>>): void {
  registry.putManifest('team/app', `${digest.replace(':', '-')}.sig`, {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...registry.putBlob('{}') },
    layers: [{ mediaType: SIMPLE_SIGNING, annotations, ...registry.putBlob(simpleSigning(digest)) }],
  });
}

async function configFile(images: object, name = 'config.yaml'): Promise<string> {
  const file = join(folder, name);
  const namespaces = [
    {
      names: ['qdrant'],
      profile: 'private',
      rules: { 'image-registry': { options: { allowed: [host] } }, 'image-digest': { mode: 'off' } },
    },
  ];
  const registries = [{ registry: host, insecure: true, privateAddresses: true }];
  await writeFile(file, stringify({ version: 1, namespaces, images: { registries, ...images } }));
  return file;
}

/** Signed by the workflow of a tag of qdrant's, in an instance of Sigstore of our own. */
const keyless = (extra: object = {}) => ({
  trustRoots: { ours: { file: root } },
  authorities: {
    workflow: { keyless: { trustRoot: 'ours', identities: [{ owner: 'https://github.com/qdrant' }] } },
  },
  policies: [{ images: [host], authorities: ['workflow'], sbom: { level: 'off' }, ...extra }],
});

describe('verify', () => {
  it('shows who signed an image, when, in which log, and its SBOM', async () => {
    const digest = pushImage('v1', { sbomOf: 'itself' });
    await signBundle(digest);
    const config = await configFile(keyless({ sbom: { level: 'bound' } }));
    const ran = await runProgram(['verify', '--config', config, `${host}/team/app:v1`]);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain(`accepted  ${host}/team/app:v1\n  digest    ${digest} (an index: linux/amd64)\n`);
    expect(ran.stdout).toMatch(
      new RegExp(
        `  signed    by workflow \\(${RELEASE}, says ${GITHUB}\\) on 20\\S+Z, in https?://\\S+; stored as bundle`,
      ),
    );
    expect(ran.stdout).toContain('  SBOM      SPDX, 2 packages for linux/amd64, by the index (bound)\n');
  });

  it('says the same to programs, as its schema has it', async () => {
    const digest = pushImage('v1');
    await signBundle(digest);
    const config = await configFile(keyless());
    const { code, stdout } = await runProgram([
      'verify',
      '--config',
      config,
      '--format',
      'json',
      `${host}/team/app@${digest}`,
    ]);
    const output = verifyOutputSchema.parse(JSON.parse(stdout));
    expect([code, output.summary]).toEqual([
      0,
      {
        images: 1,
        files: 0,
        accepted: 1,
        refused: 0,
        unknown: 0,
        exitCode: 0,
      },
    ]);
    expect(output.images[0]).toMatchObject({
      state: 'found',
      evidence: { digest, signatures: [{ signer: { authority: 'workflow', subject: RELEASE }, storedAs: 'bundle' }] },
    });
  });

  it.each([
    ['nobody signed', () => undefined, 'has no such signature'],
    [
      'somebody else signed',
      (digest: string) =>
        signBundle(
          digest,
          sigstore.certify({
            subject: 'https://github.com/evil/qdrant/.github/workflows/x.yml@refs/tags/v1',
            extensions: [],
          }),
        ),
      'found, but it does not verify',
    ],
    [
      'has the signature of another image',
      (digest: string) => signBundle(digest.replace(/.$/, (last) => (last === '0' ? '1' : '0'))),
      'has no such signature',
    ],
  ])('refuses an image that %s', async (_, sign, said) => {
    await sign(pushImage('v1'));
    const config = await configFile(keyless());
    const ran = await runProgram(['verify', '--config', config, `${host}/team/app:v1`]);
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(/^refused /);
    expect(ran.stdout).toContain('  image-signature\n');
    expect(ran.stdout).toContain(said);
  });

  it('refuses an SBOM of another image', async () => {
    await signBundle(pushImage('v1', { sbomOf: 'another' }));
    const config = await configFile(keyless({ sbom: { level: 'bound' } }));
    const ran = await runProgram(['verify', '--config', config, `${host}/team/app:v1`]);
    expect([ran.code, ran.stdout]).toEqual([1, expect.stringContaining('  image-sbom\n')]);
  });

  it('cannot tell where the registry does not answer, and says that this is no violation', async () => {
    registry.play((_, response) => {
      response.writeHead(503).end();
      return true;
    });
    const config = await configFile(keyless());
    const ran = await runProgram(['verify', '--config', config, `${host}/team/app:v1`]);
    expect([ran.code, ran.stderr]).toEqual([2, '']);
    expect(ran.stdout).toMatch(/^unknown /);
  });

  it('takes a key that is named, and the older way to store signatures', async () => {
    const keys = ecKeys();
    const digest = pushImage('v1');
    const signature = await legacySignature(sigstore, keys, simpleSigning(digest), { log: 'none' });
    pushLegacy(digest, signature.annotations);
    const [ours, other] = [join(folder, 'ours.pub'), join(folder, 'other.pub')];
    await writeFile(ours, pem(spki(keys.publicKey), 'PUBLIC KEY'));
    await writeFile(other, pem(spki(ecKeys().publicKey), 'PUBLIC KEY'));
    const layout = ['--format', 'text'];
    // A registry in the clear has to be configured; a key that is named brings a configuration of its own.
    const config = await configFile({
      authorities: { ours: { key: { publicKey: pem(spki(keys.publicKey), 'PUBLIC KEY') } } },
      policies: [{ images: [host], authorities: ['ours'], sbom: { level: 'off' } }],
    });
    expect(await runProgram(['verify', '--config', config, ...layout, `${host}/team/app:v1`])).toMatchObject({
      code: 0,
    });
    expect(await runProgram(['verify', '--config', config, '--key', ours, `${host}/team/app:v1`])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('expected --config, or a key or an identity, and not both'),
    });
    expect(await runProgram(['verify', '--key', join(folder, 'absent.pub'), `${host}/team/app:v1`])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('absent.pub: cannot be read: ENOENT'),
    });
  });

  it('says what it cannot read as an image, and what goes together', async () => {
    for (const [args, said] of [
      [['https://registry.example/x'], 'is no image: expected registry/name:tag'],
      [
        ['--certificate-identity', 'x', 'a/b:c'],
        'expected --certificate-identity and --certificate-oidc-issuer together',
      ],
      [
        ['--trusted-root', join(folder, 'absent.json'), 'docker.io/qdrant/qdrant:v1'],
        'absent.json: cannot be read: ENOENT',
      ],
    ] as const) {
      const ran = await runProgram(['verify', ...args]);
      expect([ran.code, ran.stderr]).toEqual([3, expect.stringContaining(said)]);
    }
  });
});

const podOf = (image: string) => goodPod('a').replaceAll(/image: .*/g, `image: ${image}`);

describe('review', () => {
  it('judges images with --registry, and lists them as not judged without', async () => {
    const digest = pushImage('v1');
    const config = await configFile(keyless());
    const file = join(folder, 'pod.yaml');
    await writeFile(file, podOf(`${host}/team/app@${digest}`));
    const without = await runProgram(['review', '--config', config, '-n', 'qdrant', file]);
    expect(without.stdout).toMatch(/not judged: .*image-signature.* imageEvidence: only a registry tells/);
    const unsigned = await runProgram(['review', '--registry', '--config', config, '-n', 'qdrant', file]);
    expect([unsigned.code, unsigned.stdout]).toEqual([1, expect.stringContaining('image-signature')]);
    await signBundle(digest);
    const signed = await runProgram(['review', '--registry', '--config', config, '-n', 'qdrant', file]);
    expect(signed.stdout).not.toContain('image-signature');
  });

  it('could not tell where a registry was to be asked and does not answer', async () => {
    registry.play((_, response) => {
      response.writeHead(500).end();
      return true;
    });
    const config = await configFile(keyless());
    const file = join(folder, 'pod.yaml');
    await writeFile(file, podOf(`${host}/team/app@sha256:${'a'.repeat(64)}`));
    const { code, stdout } = await runProgram(['review', '--registry', '--config', config, '-n', 'qdrant', file]);
    expect(stdout).toContain('image-signature');
    expect(code).toBe(2);
  });

  it('wants a configuration that has images verified', async () => {
    const config = join(folder, 'off.yaml');
    await writeFile(config, stringify({ version: 1, namespaces: [{ names: ['qdrant'], profile: 'private' }] }));
    const file = join(folder, 'pod.yaml');
    await writeFile(file, goodPod('a'));
    const ran = await runProgram(['review', '--registry', '--config', config, file]);
    expect([ran.code, ran.stderr]).toEqual([3, expect.stringContaining('images.verify: true')]);
  });
});

describe('audit', () => {
  let api: ScriptedApi;
  beforeAll(async () => {
    api = await startScriptedApi();
  });
  afterAll(() => api.close());

  /** Audits a namespace with one pod, whose node says what it runs. */
  async function auditPod(image: string, imageID: string, flags: readonly string[] = ['--registry']): Promise<Ran> {
    const { spec } = parse(podOf(image));
    const status = { containerStatuses: [{ name: spec.containers[0].name, imageID }] };
    const pod = { metadata: { name: 'db', uid: '1' }, spec, status };
    api.play(({ url: { pathname } }, response) => {
      const items = pathname === '/api/v1/namespaces/qdrant/pods' ? [pod] : [];
      sendJson(response, { metadata: { resourceVersion: '1' }, items });
    });
    const config = await configFile(keyless());
    return runProgram(['audit', '--kubeconfig', api.kubeconfig, '--config', config, ...flags]);
  }

  const another = `sha256:${'a'.repeat(64)}`;

  it('lets a pod run the index that was verified, and a platform of it', async () => {
    const digest = pushImage('v1');
    await signBundle(digest);
    const asked = await fetch(`http://${host}/v2/team/app/manifests/${digest}`);
    const index = JSON.parse(await asked.text());
    for (const running of [digest, index.manifests[0].digest]) {
      const { stdout } = await auditPod(`${host}/team/app@${digest}`, `${host}/team/app@${running}`);
      expect(stdout).not.toContain('image-signature');
    }
  });

  it('refuses a pod that runs another digest', async () => {
    const digest = pushImage('v1');
    await signBundle(digest);
    const { code, stdout } = await auditPod(
      `${host}/team/app@${digest}`,
      `docker-pullable://${host}/team/app@${another}`,
    );
    expect(code).toBe(1);
    expect(stdout).toContain('status.containerStatuses[0] "');
    expect(stdout).toContain(`it runs another digest (${another}) than the one verified, ${digest}`);
  });

  it('cannot tell of a bare digest, which is that of a configuration', async () => {
    const digest = pushImage('v1');
    await signBundle(digest);
    const { stdout } = await auditPod(`${host}/team/app@${digest}`, another);
    expect(stdout).toContain('it names the configuration of an image, and no manifest');
    expect(stdout).toMatch(/image-signature +enforce +unknown: 1 pod/);
  });

  it('verifies what a tag stood for when the pod was started', async () => {
    const before = pushImage('v1');
    const now = pushImage('v2');
    await signBundle(now);
    const unsigned = await auditPod(`${host}/team/app:v2`, `${host}/team/app@${before}`);
    expect(unsigned.stdout).toContain(`it runs another digest (${before}) than the one verified, ${now}`);
    await signBundle(before);
    const signed = await auditPod(`${host}/team/app:v2`, `${host}/team/app@${before}`);
    expect(signed.stdout).toContain(`it is signed, and its tag stands for ${now} now`);
    expect(signed.stdout).toMatch(/image-signature +enforce +exempt: 1 pod/);
  });

  it('could not tell anything of images where nobody is asked', async () => {
    const { stdout } = await auditPod(`${host}/team/app@${another}`, `${host}/team/app@${another}`, []);
    expect(stdout).toContain('could not be verified: only a registry tells, and none is asked here');
  });
});
