import { describe, expect, it } from 'vitest';
import { resolve, shared } from '../../src/images/configuration.ts';
import type { ImageEvidence } from '../../src/images/evidence.ts';
import { parseImageReference } from '../../src/k8s/core/image-reference.ts';
import { createImageWorld, imageWorldSchema } from '../../src/manifests/image-world.ts';

const DIGEST = `sha256:${'9'.repeat(64)}`;
const PINNED = `docker.io/qdrant/qdrant@${DIGEST}`;
const { signal } = new AbortController();
const { policies } = resolve(shared.parse({ verify: true }), { allowedRegistries: undefined });
const QDRANT = policies.flatMap(({ authorities }) => authorities);

async function ask(images: object, text: string, authorities = QDRANT) {
  const reference = parseImageReference(text);
  if (!reference) throw new Error(`${text} is no reference`);
  return createImageWorld(imageWorldSchema.parse(images)).evidence(reference, authorities, signal);
}

async function evidenceIn(images: object, text: string, authorities = QDRANT): Promise<ImageEvidence> {
  const answer = await ask(images, text, authorities);
  if (answer.state !== 'found') throw new Error(answer.reason);
  return answer.evidence;
}

function problemIn(images: unknown): string {
  const parsed = imageWorldSchema.safeParse(images);
  return parsed.success ? '' : parsed.error.issues.map(({ message }) => message).join();
}

describe('the registries of a fixture', () => {
  it('know an image by its digest, whatever its tag, and a tag by what it stands for', async () => {
    const images = { [PINNED]: { signatures: [{ by: 'qdrant' }] }, 'qdrant/qdrant:v1': { digest: DIGEST } };
    for (const text of [PINNED, `qdrant/qdrant:v9@${DIGEST}`]) {
      expect(await evidenceIn(images, text)).toMatchObject({ digest: DIGEST, signatures: [{ storedAs: 'bundle' }] });
    }
    expect(await evidenceIn(images, 'docker.io/qdrant/qdrant:v1')).toMatchObject({ digest: DIGEST, signatures: [] });
  });

  it('know nothing of an image that the fixture does not name, which is not the same as not signed', async () => {
    expect(await ask({}, PINNED)).toMatchObject({ state: 'unreachable' });
  });

  it.each(['unreachable', 'absent', 'invalid'])('may be %s', async (state) => {
    expect(await ask({ [PINNED]: { [state]: 'why' } }, PINNED)).toEqual({ state, reason: 'why' });
  });

  it('hold signatures that verify for those who are asked about, and for nobody else', async () => {
    const attestations = [{ by: 'qdrant', provenance: { builder: 'b' } }];
    const images = { [PINNED]: { signatures: [{ by: 'qdrant' }, { by: 'team' }], attestations } };
    expect((await evidenceIn(images, PINNED)).signatures.map(({ signer }) => signer.authority)).toEqual(['qdrant']);
    expect((await evidenceIn(images, PINNED)).attestations).toHaveLength(1);
    expect(await evidenceIn(images, PINNED, [])).toMatchObject({ signatures: [], attestations: [] });
  });

  it('say what is attached, attested, rejected and missing', async () => {
    const at = '2026-11-29T00:00:00Z';
    const images = {
      [PINNED]: {
        platforms: [
          { platform: 'linux/amd64', digest: DIGEST, sbom: 'bound' },
          { platform: 'linux/arm64', digest: DIGEST, sbom: 'present' },
          { platform: 'linux/s390x', digest: DIGEST },
        ],
        attestations: [
          { by: 'qdrant', sbom: { format: 'SPDX', packages: 1 }, scan: { scanner: 's', finishedAt: at } },
          { by: 'qdrant', vex: [{ vulnerability: 'CVE-1', status: 'fixed', at }] },
        ],
        rejections: [{ found: 'f', reason: 'r' }],
        incomplete: 'i',
      },
    };
    const evidence = await evidenceIn(images, PINNED);
    expect(evidence.platforms.map(({ os, architecture }) => `${os}/${architecture}`)).toEqual([
      'linux/amd64',
      'linux/arm64',
      'linux/s390x',
    ]);
    expect(evidence.attached.map(({ level, content }) => [level, content?.kind])).toEqual([
      ['bound', 'sbom'],
      ['present', undefined],
    ]);
    expect(evidence.attestations.map(({ content }) => content.kind)).toEqual(['sbom', 'scan', 'vex']);
    expect(evidence).toMatchObject({ rejections: [{ found: 'f', reason: 'r' }], incomplete: 'i' });
  });

  it.each([
    ['what is no reference', { 'a b': {} }, 'Invalid key in record'],
    ['what is not known', { [PINNED]: { signed: true } }, 'Unrecognized key: "signed"'],
    ['two states at once', { [PINNED]: { absent: 'a', invalid: 'b' } }, 'expected what is known of the image'],
  ])('do not hold %s', (_, images, expected) => {
    expect(problemIn(images)).toContain(expected);
  });
});
