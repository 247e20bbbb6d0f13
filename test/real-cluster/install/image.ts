import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../harness/run.ts';
import { imageConfig, pulledBytes } from './pulled.ts';
import { buildProgram, type Site } from './site.ts';

const DOCKERFILE = resolve(import.meta.dirname, '../../../Dockerfile');

/** What comes of the Dockerfile. */
export function image(site: () => Site): void {
  describe('the image', () => {
    test('adds at most 20 MB to its base', async () => {
      const added = (await pulledBytes(site().image)) - (await pulledBytes(site().base));
      expect(added).toBeGreaterThan(100_000);
      expect(added).toBeLessThan(20_000_000);
    });

    test('runs as nobody, without a shell to start it, and says what it is', async () => {
      const { User, Entrypoint, Labels } = await imageConfig(site().image);
      expect(User).toBe('65532:65532');
      expect([Entrypoint[0], Entrypoint.at(-1)]).toEqual(['node', '/opt/qdrant-admission/main.js']);
      expect(Labels).toMatchObject({
        'org.opencontainers.image.title': 'qdrant-admission',
        'org.opencontainers.image.licenses': 'Apache-2.0',
        'org.opencontainers.image.base.name': site().base,
        'org.opencontainers.image.revision': expect.any(String),
        'org.opencontainers.image.version': expect.any(String),
      });
    });

    test('is the same to the last byte when it is built again', async () => {
      expect(await buildProgram(site().cluster, site().base)).toBe(site().image);
    });

    test.each([
      ['node:26', 'gcr.io/base@sha256:1'],
      ['node@sha256:1', 'gcr.io/base:nonroot'],
    ])('is no release if it comes from %s and %s', async (BUILD_IMAGE, BASE_IMAGE) => {
      expect(await guarded({ RELEASE: 'true', BUILD_IMAGE, BASE_IMAGE })).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('a release needs its images by digest (…@sha256:…), not '),
      });
      expect(await guarded({ RELEASE: 'false', BUILD_IMAGE, BASE_IMAGE })).toMatchObject({ code: 0 });
      const pinned = { RELEASE: 'true', BUILD_IMAGE: 'node@sha256:1', BASE_IMAGE: 'gcr.io/base@sha256:1' };
      expect(await guarded(pinned)).toMatchObject({ code: 0 });
    });
  });
}

/** The first step of the Dockerfile, in a shell of this machine: images that have one cannot be had everywhere. */
async function guarded(args: Readonly<Record<string, string>>) {
  const [, script = 'exit 99'] = /^RUN (for image in [\s\S]*?done)$/m.exec(await readFile(DOCKERFILE, 'utf8')) ?? [];
  return run('/bin/sh', ['-c', script], { env: args, cwd: join(DOCKERFILE, '..') });
}
