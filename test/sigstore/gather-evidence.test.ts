import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Authority, KeylessAuthority } from '../../src/images/authorities.ts';
import type { Descriptor } from '../../src/images/content.ts';
import type { ImageAnswer, ImageEvidence } from '../../src/images/evidence.ts';
import { gatherEvidence } from '../../src/sigstore/gather-evidence.ts';
import type { Candidate } from '../../src/sigstore/tasks.ts';
import { MemoryRegistry } from '../support/memory-registry.ts';
import { pem, spki } from '../support/sigstore/certificates.ts';
import {
  type Certified,
  ecKeys,
  GITHUB,
  type PrivateSigstore,
  RELEASE,
  startSigstore,
} from '../support/sigstore/private-sigstore.ts';
import {
  bundle,
  legacyAttestation,
  legacySignature,
  type SigningKey,
  simpleSigning,
  statement,
} from '../support/sigstore/signatures.ts';

const PLACE = { registry: 'memory.test', repository: 'qdrant/qdrant' };
const SIGNAL = new AbortController().signal;
const SPDX = 'https://spdx.dev/Document';
const QDRANT: KeylessAuthority = {
  kind: 'keyless',
  name: 'qdrant',
  trustRoot: 'private',
  transparencyLogs: 1,
  certificateLog: true,
  signaturePredicates: [],
  identities: [
    {
      kind: 'workflow',
      issuer: GITHUB,
      ownerUri: 'https://github.com/qdrant',
      repositories: ['https://github.com/qdrant/qdrant'],
      workflows: [],
      refs: ['refs/tags/*'],
    },
  ],
};
const SBOM = { spdxVersion: 'SPDX-2.3', packages: [{ name: 'a' }, { name: 'b' }] };

let sigstore: PrivateSigstore;
let signer: Certified;
let registry: MemoryRegistry;
let image: Descriptor;

beforeAll(async () => {
  sigstore = await startSigstore();
  signer = sigstore.certify();
});

beforeEach(() => {
  registry = new MemoryRegistry();
  image = registry.image('qdrant');
  registry.tag('v1.2.3', image);
});

interface Asked {
  readonly digest?: string;
  readonly tag?: string;
}

function gather(
  asked: Asked = { digest: image.digest },
  authorities: readonly Authority[] = [QDRANT],
  options = {},
): Promise<ImageAnswer> {
  return gatherEvidence(
    registry,
    { ...PLACE, ...asked },
    authorities,
    new Map([['private', sigstore.root]]),
    SIGNAL,
    options,
  );
}

async function evidence(...args: Parameters<typeof gather>): Promise<ImageEvidence> {
  const answer = await gather(...args);
  if (answer.state !== 'found') throw new Error(`${answer.state}: ${answer.reason}`);
  return answer.evidence;
}

async function bundleBytes(
  digest: string,
  key: SigningKey = signer,
  changes: Record<string, unknown> = {},
): Promise<Buffer> {
  const payload = Buffer.from(JSON.stringify(statement(digest, changes)));
  return Buffer.from(JSON.stringify(await bundle(sigstore, key, payload, key.certificate ? {} : { log: 'none' })));
}

function layerOf({ bytes, annotations, format }: Candidate): Descriptor {
  const mediaType =
    format === 'envelope'
      ? 'application/vnd.dsse.envelope.v1+json'
      : 'application/vnd.dev.cosign.simplesigning.v1+json';
  return registry.blobOf(bytes, mediaType, annotations);
}

const tagOf = (digest: string, suffix: string) => `${digest.replace(':', '-')}.${suffix}`;

async function signLegacy(digest = image.digest, key: SigningKey = signer): Promise<void> {
  const layer = layerOf(await legacySignature(sigstore, key, simpleSigning(digest, { team: 'core' })));
  registry.tag(tagOf(image.digest, 'sig'), registry.manifestOf({ layers: [layer] }));
}

describe('a signed image', () => {
  it('as a bundle says who signed it', async () => {
    registry.attachBundle(image, await bundleBytes(image.digest));
    const found = await evidence();
    expect(found).toMatchObject({
      digest: image.digest,
      platforms: [],
      attestations: [],
      attached: [],
      rejections: [],
    });
    expect(found.signatures).toEqual([
      {
        signer: {
          authority: 'qdrant',
          subject: RELEASE,
          issuer: GITHUB,
          signedAt: expect.any(Date),
          logs: ['https://v2.rekor.test'],
        },
        storedAs: 'bundle',
        annotations: {},
      },
    ]);
    expect(found.incomplete).toBeUndefined();
  });

  it('by the tag of the older format, with the annotations of the signer', async () => {
    await signLegacy();
    expect((await evidence()).signatures).toMatchObject([{ storedAs: 'legacy', annotations: { team: 'core' } }]);
  });

  it('as a referrer of the older format', async () => {
    const type = 'application/vnd.dev.cosign.artifact.sig.v1+json';
    const layer = layerOf(await legacySignature(sigstore, signer, simpleSigning(image.digest)));
    registry.manifestOf({ config: registry.blobOf(Buffer.from('{}'), type), layers: [layer], subject: image });
    // As the list of the fallback tag and that of the API name it.
    for (const artifactType of [undefined, type])
      expect((await evidence()).signatures, artifactType).toMatchObject([{ storedAs: 'oci-1-1' }]);
  });

  it('in both stores is looked at in both', async () => {
    registry.attachBundle(image, await bundleBytes(image.digest, signer, { predicateType: SPDX, predicate: SBOM }));
    await signLegacy();
    const { signatures, attestations } = await evidence();
    expect(signatures).toMatchObject([{ storedAs: 'legacy' }]);
    expect(attestations).toMatchObject([{ predicateType: SPDX, content: { kind: 'sbom', packages: 2 } }]);
  });

  it('with a key says which', async () => {
    const key = ecKeys();
    registry.attachBundle(image, await bundleBytes(image.digest, key));
    const own: Authority = {
      kind: 'key',
      name: 'own',
      publicKey: pem(spki(key.publicKey), 'PUBLIC KEY'),
      hashAlgorithms: ['sha256'],
      transparencyLogs: 0,
      signaturePredicates: [],
    };
    expect((await evidence(undefined, [QDRANT, own])).signatures).toMatchObject([
      { signer: { authority: 'own', keyFingerprint: expect.stringMatching(/^[a-f0-9]{64}$/) } },
    ]);
  });

  it.each(['application/vnd.oci.empty.v1+json', '', undefined, 'application/vnd.dev.sigstore.bundle.v0.3+json'])(
    'is found where the list of referrers calls it %s',
    async (artifactType) => {
      const { artifactType: _, ...manifest } = registry.attachBundle(image, await bundleBytes(image.digest), {
        artifactType: undefined,
      });
      registry.listed.push({ ...manifest, artifactType });
      expect((await evidence()).signatures.length).toBeGreaterThan(0);
    },
  );

  it('by tag is resolved once (CVE-2022-47633)', async () => {
    await signLegacy();
    const found = await evidence({ tag: 'v1.2.3' });
    expect(found).toMatchObject({ digest: image.digest, signatures: [{ storedAs: 'legacy' }] });
    expect(registry.asked.filter((it) => it === 'v1.2.3')).toHaveLength(1);
  });
});

describe('what is no signature', () => {
  it('CVE-2022-35929: an attestation alone, unless the authority lets its type count', async () => {
    registry.attachBundle(image, await bundleBytes(image.digest, signer, { predicateType: SPDX, predicate: SBOM }));
    expect(await evidence()).toMatchObject({ signatures: [], attestations: [{ predicateType: SPDX }] });
    const lenient = { ...QDRANT, signaturePredicates: [SPDX] };
    expect(await evidence(undefined, [lenient])).toMatchObject({
      signatures: [{ storedAs: 'bundle' }],
      attestations: [{}],
    });
  });

  it('a signature by somebody else says what is different', async () => {
    const evil = RELEASE.replace('github.com/qdrant/', 'github.com/qdrant-evil/');
    registry.attachBundle(image, await bundleBytes(image.digest, sigstore.certify({ subject: evil })));
    const { signatures, rejections } = await evidence();
    expect(signatures).toEqual([]);
    expect(rejections).toMatchObject([
      { found: expect.stringContaining('referrer sha256:'), reason: expect.stringContaining(evil) },
    ]);
  });

  it('a signature copied from another image', async () => {
    await signLegacy(registry.image('another').digest);
    expect(await evidence()).toMatchObject({
      signatures: [],
      rejections: [
        { found: `tag ${tagOf(image.digest, 'sig')}, layer 1`, reason: expect.stringContaining('it signs sha256:') },
      ],
    });
  });

  it('a signature of a platform, presented for its index, and the other way round', async () => {
    const index = registry.index([{ ...image, platform: { os: 'linux', architecture: 'amd64' } }]);
    const [ofChild, ofIndex] = [await bundleBytes(image.digest), await bundleBytes(index.digest)];
    registry.attachBundle(index, ofChild);
    expect(await evidence({ digest: index.digest })).toMatchObject({
      signatures: [],
      platforms: [{ digest: image.digest, os: 'linux', architecture: 'amd64' }],
    });
    registry.attachBundle(image, ofIndex);
    expect(await evidence({ digest: image.digest })).toMatchObject({ signatures: [] });
  });

  it('a referrer that the list names, and whose own subject is another image', async () => {
    registry.listed.push(registry.attachBundle(registry.image('another'), await bundleBytes(image.digest)));
    expect(await evidence()).toMatchObject({
      signatures: [],
      rejections: [{ reason: expect.stringContaining('and not to this image') }],
    });
  });

  it('a bundle among other layers', async () => {
    const layers = [1, 2].map(() =>
      registry.blobOf(Buffer.from('{}'), 'application/vnd.dev.sigstore.bundle.v0.3+json'),
    );
    registry.attachBundle(image, Buffer.from('{}'), { layers });
    expect(await evidence()).toMatchObject({
      signatures: [],
      rejections: [{ reason: expect.stringContaining('only layer') }],
    });
  });

  it('a tag that is an index', async () => {
    registry.tag(tagOf(image.digest, 'sig'), registry.index([image]));
    expect(await evidence()).toMatchObject({
      signatures: [],
      rejections: [{ reason: expect.stringContaining('is an index') }],
    });
  });

  it('a document that anybody attached without a signature', async () => {
    registry.manifestOf({
      artifactType: 'application/spdx+json',
      layers: [registry.blobOf(Buffer.from(JSON.stringify(SBOM)), 'application/spdx+json')],
      subject: image,
    });
    expect(await evidence()).toMatchObject({ signatures: [], attestations: [], attached: [] });
  });

  it('text of strangers in a reason is made safe to print', async () => {
    registry.attachBundle(
      image,
      await bundleBytes(image.digest, sigstore.certify({ subject: 'https://evil.test/x' }), { predicateType: SPDX }),
    );
    await signLegacy(`sha256:\u001b[2J${'x'.repeat(2000)}`);
    for (const { reason } of (await evidence()).rejections) {
      expect(reason).not.toContain('\u001b');
      expect(reason.length).toBeLessThanOrEqual(500);
    }
  });
});

describe('what cannot be read', () => {
  const gone = { kind: 'unreachable', message: 'memory.test timed out' } as const;

  it.each(['absent', 'invalid', 'unreachable'] as const)('an image that is %s is answered as such', async (kind) => {
    registry.problems.set(image.digest, { kind, message: 'why' });
    expect(await gather()).toEqual({ state: kind, reason: 'why' });
  });

  it.each(['referrers', 'sig', 'att'])('a store (%s) that is unreachable leaves "not signed" open', async (store) => {
    registry.problems.set(store === 'referrers' ? store : tagOf(image.digest, store), gone);
    expect(await evidence()).toMatchObject({
      signatures: [],
      incomplete: expect.stringContaining('memory.test timed out'),
    });
  });

  it('what was found elsewhere stays true', async () => {
    await signLegacy();
    registry.problems.set('referrers', gone);
    expect(await evidence()).toMatchObject({ signatures: [{ storedAs: 'legacy' }], incomplete: expect.any(String) });
  });

  it('a bundle that is unreachable leaves it open, one that is gone does not', async () => {
    const bytes = await bundleBytes(image.digest);
    registry.attachBundle(image, bytes);
    const { digest } = registry.blobOf(bytes, '');
    registry.problems.set(digest, gone);
    expect(await evidence()).toMatchObject({ signatures: [], incomplete: expect.any(String) });
    registry.problems.set(digest, { kind: 'absent', message: 'it is gone' });
    const found = await evidence();
    expect(found.rejections).toMatchObject([{ reason: 'it is gone' }]);
    expect(found.incomplete).toBeUndefined();
  });

  it('a verification that fails, or is cut off, leaves it open', async () => {
    await signLegacy();
    const failing = {
      candidate: () => Promise.reject(new Error('a worker ended')),
      document: () => Promise.reject(new Error('a worker ended')),
    };
    expect(await evidence(undefined, [QDRANT], { verification: failing })).toMatchObject({
      signatures: [],
      incomplete: expect.stringContaining('a worker ended'),
    });
  });

  it('an authority whose trust root is not there leaves it open', async () => {
    await signLegacy();
    const found = await evidence(undefined, [{ ...QDRANT, trustRoot: 'lost' }]);
    expect(found).toMatchObject({
      signatures: [],
      incomplete: expect.stringContaining('trust root lost is not there'),
    });
  });

  it('CVE-2023-46737: endless signatures are counted, not read, and hide nothing in the other store', async () => {
    const layer = layerOf(await legacySignature(sigstore, signer, simpleSigning(registry.image('another').digest)));
    registry.tag(tagOf(image.digest, 'sig'), registry.manifestOf({ layers: Array(1000).fill(layer) }));
    registry.attachBundle(image, await bundleBytes(image.digest));
    const found = await evidence(undefined, [QDRANT], {
      limits: { candidates: 3, documentBytes: 1e6, storeBytes: 1e6 },
    });
    expect(found.signatures).toHaveLength(1);
    expect(found.rejections).toHaveLength(3);
    expect(found.incomplete).toContain('more than 3 signatures');
  });

  it('CVE-2024-29902: what is too large is not read', async () => {
    registry.attachBundle(image, Buffer.alloc(5000));
    expect(
      (await evidence(undefined, [QDRANT], { limits: { candidates: 3, documentBytes: 4000, storeBytes: 1e6 } }))
        .rejections,
    ).toMatchObject([{ reason: expect.stringContaining('5000 bytes') }]);
    expect(
      await evidence(undefined, [QDRANT], { limits: { candidates: 3, documentBytes: 6000, storeBytes: 4000 } }),
    ).toMatchObject({ incomplete: expect.stringContaining('4000 bytes') });
    expect(registry.asked).not.toContain(registry.blobOf(Buffer.alloc(5000), '').digest);
  });

  it('CVE-2023-47630: an answer with another digest than the one asked for is no answer', async () => {
    const other = registry.image('another');
    const lying = Object.assign(Object.create(registry), {
      manifest: () => registry.manifest({ ...PLACE, digest: other.digest }),
    });
    const answer = await gatherEvidence(lying, { ...PLACE, digest: image.digest }, [QDRANT], new Map(), SIGNAL);
    expect(answer).toMatchObject({ state: 'invalid', reason: expect.stringContaining(other.digest) });
  });

  it('a schema 1 manifest, and one that is index and manifest at once, are invalid', async () => {
    const old = registry.manifestOf({}, 'application/vnd.docker.distribution.manifest.v1+prettyjws');
    expect(await gather({ digest: old.digest })).toMatchObject({ state: 'invalid' });
    const both = registry.manifestOf({ layers: [image], manifests: [image] });
    expect(await gather({ digest: both.digest })).toMatchObject({ state: 'invalid' });
  });
});

describe('an attestation', () => {
  it('in the older format counts as one in a bundle does', async () => {
    const payload = Buffer.from(
      JSON.stringify(
        statement(image.digest, { predicateType: SPDX, predicate: SBOM, _type: 'https://in-toto.io/Statement/v0.1' }),
      ),
    );
    registry.tag(
      tagOf(image.digest, 'att'),
      registry.manifestOf({ layers: [layerOf(await legacyAttestation(sigstore, signer, payload))] }),
    );
    expect(await evidence()).toMatchObject({
      signatures: [],
      attestations: [{ storedAs: 'legacy', content: { format: 'SPDX' } }],
    });
  });

  it('that is signed and says nothing is turned down', async () => {
    registry.attachBundle(
      image,
      await bundleBytes(image.digest, signer, {
        predicateType: SPDX,
        predicate: { spdxVersion: 'SPDX-2.3', packages: [] },
      }),
    );
    expect(await evidence()).toMatchObject({
      attestations: [],
      rejections: [{ reason: expect.stringContaining('lists no packages') }],
    });
  });
});

describe('what buildx attached', () => {
  function attach(
    about: string,
    subject = about,
    { type = SPDX, listedAs = SPDX, predicate = SBOM as unknown } = {},
  ): object {
    const json = {
      _type: 'https://in-toto.io/Statement/v0.1',
      predicateType: type,
      subject: [{ name: '_', digest: { sha256: subject.slice(7) } }],
      predicate,
    };
    const layer = registry.blobOf(Buffer.from(JSON.stringify(json)), 'application/vnd.in-toto+json', {
      'in-toto.io/predicate-type': listedAs,
    });
    const manifest = registry.manifestOf({ layers: [layer] });
    const annotations = { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': about };
    return { ...manifest, annotations, platform: { os: 'unknown', architecture: 'unknown' } };
  }
  const platform = (name: string) => ({ ...registry.image(name), platform: { os: 'linux', architecture: name } });

  it('is bound where its subject is the platform that the index says', async () => {
    const [amd, arm] = [platform('amd64'), platform('arm64')];
    const index = registry.index([amd, arm, attach(amd.digest), attach(arm.digest)]);
    const found = await evidence({ digest: index.digest });
    expect(found.platforms.map(({ architecture }) => architecture)).toEqual(['amd64', 'arm64']);
    expect(found.attached).toEqual(
      [amd, arm].map(({ digest }) => ({
        platformDigest: digest,
        predicateType: SPDX,
        level: 'bound',
        content: { kind: 'sbom', format: 'SPDX', packages: 2 },
      })),
    );
  });

  it('for a digest that the index does not list does not count', async () => {
    const index = registry.index([platform('amd64'), attach(`sha256:${'9'.repeat(64)}`)]);
    expect(await evidence({ digest: index.digest })).toMatchObject({
      attached: [],
      rejections: [{ reason: expect.stringContaining('does not list') }],
    });
  });

  it('for one platform does not count for another', async () => {
    const [amd, arm] = [platform('amd64'), platform('arm64')];
    const index = registry.index([amd, arm, attach(arm.digest, amd.digest)]);
    expect(await evidence({ digest: index.digest })).toMatchObject({
      attached: [],
      rejections: [{ reason: expect.stringContaining('and not about') }],
    });
  });

  it('and lists as one thing must not be another', async () => {
    const amd = platform('amd64');
    const index = registry.index([
      amd,
      attach(amd.digest, amd.digest, {
        type: 'https://slsa.dev/provenance/v1',
        listedAs: SPDX,
        predicate: { runDetails: { builder: { id: 'x' } } },
      }),
    ]);
    expect(await evidence({ digest: index.digest })).toMatchObject({
      attached: [],
      rejections: [{ reason: expect.stringContaining('listed as') }],
    });
  });

  it('is present where it is too large to read, and where it cannot be read now', async () => {
    const amd = platform('amd64');
    const index = registry.index([amd, attach(amd.digest)]);
    const small = { candidates: 5, documentBytes: 10, storeBytes: 10 };
    expect((await evidence({ digest: index.digest }, [QDRANT], { limits: small })).attached).toEqual([
      { platformDigest: amd.digest, predicateType: SPDX, level: 'present' },
    ]);
  });

  it('and a stranger added to the referrers does not count', async () => {
    const amd = platform('amd64');
    const index = registry.index([amd]);
    registry.manifestOf({
      artifactType: 'application/vnd.docker.attestation.manifest.v1+json',
      layers: [],
      subject: amd,
    });
    expect((await evidence({ digest: index.digest })).attached).toEqual([]);
    expect((await evidence({ digest: amd.digest })).attached).toEqual([]);
  });
});
