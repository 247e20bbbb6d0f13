import { describe, expect, it } from 'vitest';
import { parseManifest } from '../../src/registry/manifest.ts';
import { descriptorOf, imageManifest, OCI_INDEX, OCI_MANIFEST, sha256 } from './registry-server.ts';

const parse = (body: object | string, type?: string) =>
  parseManifest(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), type);

describe('a manifest', () => {
  it('has what is in its bytes, and their digest', () => {
    const text = JSON.stringify(
      imageManifest({
        artifactType: 'application/x',
        subject: descriptorOf('s', OCI_MANIFEST),
        layers: [{ ...descriptorOf('l'), annotations: { a: 'b' } }],
        annotations: { c: 'd' },
      }),
    );
    expect(parse(text, OCI_MANIFEST)).toMatchObject({
      ok: true,
      value: {
        digest: sha256(text),
        size: text.length,
        artifactType: 'application/x',
        subject: { digest: sha256('s') },
        layers: [{ digest: sha256('l'), annotations: { a: 'b' } }],
        manifests: [],
        annotations: { c: 'd' },
      },
    });
  });

  it('and an index have their type by what they list, where neither bytes nor header tell', () => {
    const { mediaType: _, ...body } = imageManifest() as { mediaType: string };
    expect(parse(body)).toMatchObject({ ok: true, value: { mediaType: OCI_MANIFEST } });
    expect(parse({ schemaVersion: 2, manifests: [] })).toMatchObject({ ok: true, value: { mediaType: OCI_INDEX } });
  });

  it('of an index has platforms', () => {
    const platform = { os: 'linux', architecture: 'arm64', variant: 'v8' };
    const manifests = [{ ...descriptorOf('p', OCI_MANIFEST), platform }];
    expect(parse({ schemaVersion: 2, mediaType: OCI_INDEX, manifests })).toMatchObject({
      ok: true,
      value: { manifests: [{ platform: { os: 'linux', architecture: 'arm64' } }] },
    });
  });

  it('takes null for what is not there, as Go writes it', () => {
    const layers = [{ ...descriptorOf('l'), annotations: null, platform: null }];
    expect(parse(imageManifest({ annotations: null, subject: null, artifactType: '', layers }))).toMatchObject({
      ok: true,
      value: { annotations: {}, subject: undefined, artifactType: undefined },
    });
  });

  it('with an annotation called __proto__ has it as any other', () => {
    const text = JSON.stringify(imageManifest()).replace(/}$/, ',"annotations":{"__proto__":"x"}}');
    const found = parse(text);
    expect(found.ok && Object.entries(found.value.annotations)).toEqual([['__proto__', 'x']]);
    expect(found.ok && Object.getPrototypeOf(found.value.annotations)).toBe(Object.prototype);
  });

  const digest = sha256('x');
  it.each<[string, object | string]>([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a byte order mark', `\ufeff${JSON.stringify(imageManifest())}`],
    ['no schemaVersion', { mediaType: OCI_MANIFEST, config: descriptorOf(''), layers: [] }],
    ['schemaVersion as text', imageManifest({ schemaVersion: '2' })],
    ['a mediaType that is none', imageManifest({ mediaType: 7 })],
    ['a mediaType from the prototype', imageManifest({ mediaType: 'constructor' })],
    ['no config', imageManifest({ config: undefined })],
    ['no layers', imageManifest({ layers: undefined })],
    ['layers that are no list', imageManifest({ layers: {} })],
    ['a layer that is null', imageManifest({ layers: [null] })],
    ['a digest of sha512', imageManifest({ layers: [{ ...descriptorOf(''), digest: `sha512:${'0'.repeat(128)}` }] })],
    ['a short digest', imageManifest({ layers: [{ ...descriptorOf(''), digest: 'sha256:00' }] })],
    [
      'a digest with a path',
      imageManifest({ layers: [{ ...descriptorOf(''), digest: `sha256:../${'0'.repeat(61)}` }] }),
    ],
    ['a size below zero', imageManifest({ layers: [{ mediaType: 'a/b', digest, size: -1 }] })],
    ['a size that is no whole number', imageManifest({ layers: [{ mediaType: 'a/b', digest, size: 0.5 }] })],
    [
      'a size beyond all numbers',
      `${JSON.stringify(imageManifest()).slice(0, -1)},"subject":{"mediaType":"a/b","digest":"${digest}","size":1e400}}`,
    ],
    ['a size as text', imageManifest({ layers: [{ mediaType: 'a/b', digest, size: '1' }] })],
    ['a descriptor without type', imageManifest({ layers: [{ digest, size: 1 }] })],
    ['an annotation that is a number', imageManifest({ annotations: { a: 1 } })],
    ['annotations that are a list', imageManifest({ annotations: ['a'] })],
    [
      'a platform without architecture',
      { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [{ ...descriptorOf(''), platform: { os: 'linux' } }] },
    ],
    ['an artifactType that is a number', imageManifest({ artifactType: 1 })],
  ])('is refused with %s', (_, body) => {
    expect(parse(body).ok).toBe(false);
  });

  it('is refused with bytes that are no UTF-8', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"schemaVersion":2,"x":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}'),
    ]);
    expect(parseManifest(bytes, undefined)).toEqual({ ok: false, error: 'is not a JSON object' });
  });
});
