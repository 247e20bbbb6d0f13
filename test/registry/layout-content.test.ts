import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseImageReference } from '../../src/k8s/core/image-reference.ts';
import { LayoutContent } from '../../src/registry/layout-content.ts';
import { descriptorOf, imageManifest, OCI_INDEX, OCI_MANIFEST, sha256 } from './registry-server.ts';

let folder: string;
let layout: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'layout-'));
  layout = join(folder, 'layout');
  await mkdir(join(layout, 'blobs/sha256'), { recursive: true });
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
});
afterEach(() => rm(folder, { recursive: true }));

const blobPath = (digest: string): string => join(layout, 'blobs/sha256', digest.slice('sha256:'.length));

/** Puts a blob there, and gives the descriptor of a manifest. */
async function put(body: object | string, annotations: object = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  await writeFile(blobPath(sha256(text)), text);
  const mediaType = typeof body === 'object' && 'manifests' in body ? OCI_INDEX : OCI_MANIFEST;
  return { mediaType, digest: sha256(text), size: Buffer.byteLength(text), annotations };
}

async function index(...manifests: readonly object[]): Promise<void> {
  await writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
}

const named = (name: string) => ({ 'org.opencontainers.image.ref.name': name });
const signal = (): AbortSignal => AbortSignal.timeout(60_000);

function reference(text: string) {
  const parsed = parseImageReference(text);
  if (!parsed) throw new Error(text);
  return parsed;
}
const manifest = (text: string) => new LayoutContent(layout).manifest(reference(text), signal());
const referrers = (digest: string) => new LayoutContent(layout).referrers(reference('a.test/app'), digest, signal());
const blob = (content: string, limit = 100) =>
  new LayoutContent(layout).blob(
    reference('a.test/app'),
    { ...descriptorOf(content), annotations: {} },
    limit,
    signal(),
  );

describe('a manifest of a layout', () => {
  it.each([
    ['v1', 'a.test/app:v1'],
    ['a.test/app:v1', 'a.test/app:v1'],
    ['docker.io/library/nginx:v1', 'nginx:v1'],
    ['latest', 'a.test/app'],
  ])('of the name %s is read as %s', async (name, image) => {
    const descriptor = await put(imageManifest(), named(name));
    await index(descriptor);
    expect(await manifest(image)).toMatchObject({ ok: true, value: { digest: descriptor.digest } });
  });

  it.each([
    ['a.test/app:v1', 'b.test/app:v1'],
    ['a.test/app:v1', 'a.test/apps:v1'],
    ['v1', 'a.test/app:v2'],
  ])('of the name %s is absent as %s', async (name, image) => {
    await index(await put(imageManifest(), named(name)));
    expect(await manifest(image)).toMatchObject({ ok: false, error: { kind: 'absent' } });
  });

  it('of BuildKit is of the whole name that stands beside its tag', async () => {
    await index(await put(imageManifest(), { ...named('v1'), 'io.containerd.image.name': 'docker.io/acme/app:v1' }));
    expect(await manifest('acme/app:v1')).toMatchObject({ ok: true });
    expect(await manifest('acme/other:v1')).toMatchObject({ ok: false, error: { kind: 'absent' } });
  });

  it('is read by its digest, named or not', async () => {
    const { digest } = await put(imageManifest());
    await index();
    expect(await manifest(`a.test/app:v1@${digest}`)).toMatchObject({ ok: true, value: { digest } });
  });

  it('whose name stands for two is invalid', async () => {
    await index(
      await put(imageManifest(), named('v1')),
      await put(imageManifest({ annotations: { a: 'b' } }), named('v1')),
    );
    expect(await manifest('a.test/app:v1')).toMatchObject({ ok: false, error: { kind: 'invalid' } });
  });

  it('whose bytes were changed is invalid', async () => {
    const descriptor = await put(imageManifest(), named('v1'));
    await writeFile(blobPath(descriptor.digest), JSON.stringify(imageManifest({ annotations: { x: 'y' } })));
    await index(descriptor);
    expect(await manifest('a.test/app:v1')).toMatchObject({ ok: false, error: { kind: 'invalid' } });
  });

  it('whose descriptor lies about its size or type is invalid', async () => {
    const descriptor = await put(imageManifest(), named('v1'));
    for (const lie of [{ size: 1 }, { mediaType: OCI_INDEX }]) {
      await index({ ...descriptor, ...lie });
      expect(await manifest('a.test/app:v1')).toMatchObject({ ok: false, error: { kind: 'invalid' } });
    }
  });

  it('after the deadline is unreachable', async () => {
    const found = await new LayoutContent(layout).manifest(reference('a.test/app:v1'), AbortSignal.abort());
    expect(found).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
  });
});

describe('what is no layout', () => {
  it.each<[string, () => Promise<void>, string]>([
    ['no oci-layout', () => rm(join(layout, 'oci-layout')), 'invalid'],
    ['another version', () => writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"2.0.0"}'), 'invalid'],
    ['no index.json', () => rm(join(layout, 'index.json')), 'invalid'],
    [
      'an index.json that is none',
      () => writeFile(join(layout, 'index.json'), JSON.stringify(imageManifest())),
      'invalid',
    ],
    [
      'an index.json that is a directory',
      async () => {
        await rm(join(layout, 'index.json'));
        await mkdir(join(layout, 'index.json'));
      },
      'invalid',
    ],
    ['an index.json of five megabytes', () => truncate(join(layout, 'index.json'), 5 * 1024 * 1024), 'invalid'],
    ['no directory', () => rm(layout, { recursive: true }), 'unreachable'],
  ])('has %s', async (_, spoil, kind) => {
    await index();
    await spoil();
    expect(await manifest('a.test/app:v1')).toMatchObject({ ok: false, error: { kind } });
  });
});

describe('a blob of a layout', () => {
  it('is read and checked', async () => {
    await put('hello');
    const found = await blob('hello');
    expect(found.ok && Buffer.from(found.value).toString()).toBe('hello');
  });

  it('that is not there is absent, larger than the limit invalid, and of other bytes invalid', async () => {
    expect(await blob('hello')).toMatchObject({ ok: false, error: { kind: 'absent' } });
    await put('hello');
    expect(await blob('hello', 4)).toMatchObject({ ok: false, error: { kind: 'invalid' } });
    for (const text of ['HELLO', 'hell', 'hello, world']) {
      await writeFile(blobPath(sha256('hello')), text);
      expect(await blob('hello')).toMatchObject({ ok: false, error: { kind: 'invalid' } });
    }
  });

  it('that is a link out of the directory is invalid, also where its bytes are right', async () => {
    await writeFile(join(folder, 'outside'), 'hello');
    await symlink('../../../outside', blobPath(sha256('hello')));
    expect(await blob('hello')).toMatchObject({
      ok: false,
      error: { kind: 'invalid', message: expect.stringContaining('out of it') },
    });
  });

  it('that is below a link out of the directory is invalid', async () => {
    await mkdir(join(folder, 'elsewhere'));
    await writeFile(join(folder, 'elsewhere', sha256('hello').slice(7)), 'hello');
    await rm(join(layout, 'blobs/sha256'), { recursive: true });
    await symlink('../../elsewhere', join(layout, 'blobs/sha256'));
    expect(await blob('hello')).toMatchObject({ ok: false, error: { kind: 'invalid' } });
  });

  it('that is a link within the directory is read', async () => {
    await writeFile(join(layout, 'kept'), 'hello');
    await symlink('../../kept', blobPath(sha256('hello')));
    expect(await blob('hello')).toMatchObject({ ok: true });
  });

  it('that is a pipe is invalid, and nobody waits for it', async () => {
    execFileSync('mkfifo', [blobPath(sha256('hello'))]);
    expect(await blob('hello')).toMatchObject({ ok: false, error: { kind: 'invalid' } });
  });

  it.each(['sha256:../../../outside', `sha256:${'A'.repeat(64)}`, 'md5:x'])(
    'of the digest %s is invalid',
    async (digest) => {
      const found = await new LayoutContent(layout).blob(
        reference('a.test/app'),
        { ...descriptorOf('hello'), digest, annotations: {} },
        100,
        signal(),
      );
      expect(found).toMatchObject({ ok: false, error: { kind: 'invalid' } });
    },
  );
});

describe('referrers of a layout', () => {
  const subject = descriptorOf('the image', OCI_MANIFEST);

  it('are what the index lists with this subject, and what the fallback tag lists', async () => {
    const one = await put(imageManifest({ subject, artifactType: 'application/x' }));
    const other = await put(imageManifest({ subject: descriptorOf('another', OCI_MANIFEST) }));
    const two = descriptorOf('two', OCI_MANIFEST);
    const tag = subject.digest.replace(':', '-');
    const fallback = await put({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [two] }, named(tag));
    await index(one, other, fallback);
    const found = await referrers(subject.digest);
    expect(found.ok && found.value.map(({ digest }) => digest)).toEqual([one.digest, two.digest]);
    expect(found.ok && found.value[0]?.artifactType).toBe('application/x');
  });

  it('are none where nothing refers to it, and manifests may be left out', async () => {
    await index(descriptorOf('of another platform', OCI_MANIFEST), descriptorOf('no manifest', 'application/x'));
    expect(await referrers(subject.digest)).toEqual({ ok: true, value: [] });
  });

  it('are invalid where there are too many', async () => {
    const many = await Promise.all(
      Array.from({ length: 51 }, (_, n) => put(imageManifest({ subject, annotations: { n: `${n}` } }))),
    );
    await index(...many);
    expect(await referrers(subject.digest)).toMatchObject({ ok: false, error: { kind: 'invalid' } });
  });

  it('are invalid where a manifest that is listed was changed', async () => {
    const one = await put(imageManifest({ subject }));
    await writeFile(blobPath(one.digest), JSON.stringify(imageManifest()));
    await index(one);
    expect(await referrers(subject.digest)).toMatchObject({ ok: false, error: { kind: 'invalid' } });
  });
});

describe('what cosign save writes', () => {
  const kind = (name: string) => ({ kind: `dev.cosignproject.cosign/${name}` });

  it('has signatures and attestations under the tags that a registry would have', async () => {
    const image = await put(imageManifest(), kind('image'));
    const sigs = await put(imageManifest({ annotations: { is: 'sigs' } }), kind('sigs'));
    const atts = await put(imageManifest({ annotations: { is: 'atts' } }), kind('atts'));
    await index(image, sigs, atts);
    const tag = image.digest.replace(':', '-');
    expect(await manifest(`a.test/app@${image.digest}`)).toMatchObject({ ok: true });
    expect(await manifest(`a.test/app:${tag}.sig`)).toMatchObject({ ok: true, value: { digest: sigs.digest } });
    expect(await manifest(`a.test/app:${tag}.att`)).toMatchObject({ ok: true, value: { digest: atts.digest } });
    expect(await manifest(`a.test/app:sha256-${'0'.repeat(64)}.sig`)).toMatchObject({
      ok: false,
      error: { kind: 'absent' },
    });
  });
});
