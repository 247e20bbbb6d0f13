import { describe, expect, it } from 'vitest';
import type { KindName } from '../../src/k8s/kinds.ts';
import { readManifests } from '../../src/manifests/objects.ts';
import { createManifestWorld } from '../../src/manifests/world.ts';

const TEXT = `apiVersion: v1
kind: Namespace
metadata: { name: qdrant }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: a, namespace: qdrant }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: b }
---
apiVersion: example.com/v1
kind: PersistentVolumeClaim
metadata: { name: of-another-group, namespace: qdrant }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: c, namespace: other }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: d, namespace: "" }
`;
const { manifests } = readManifests(TEXT, 'f.yaml');
const COMPLETE = { complete: true };
const { signal } = new AbortController();

async function names(world: ReturnType<typeof createManifestWorld>, kind: KindName, namespace: string) {
  const listed = await world.list(kind, namespace, signal);
  return listed.known ? listed.value.map(({ metadata }) => metadata) : listed.reason;
}

describe('the world that files tell of', () => {
  it('is complete for a kind in a namespace once they bring one of it', async () => {
    const world = createManifestWorld(manifests, COMPLETE);
    expect(await names(world, 'PersistentVolumeClaim', 'qdrant')).toEqual([{ name: 'a', namespace: 'qdrant' }]);
    expect(await names(world, 'PersistentVolumeClaim', 'other')).toEqual([{ name: 'c', namespace: 'other' }]);
  });

  it('is unknown for all else, never empty', async () => {
    const world = createManifestWorld(manifests, COMPLETE);
    expect(await names(world, 'PersistentVolumeClaim', 'third')).toBe(
      'the files bring no PersistentVolumeClaim in the namespace third',
    );
    expect(await names(world, 'Secret', '')).toBe('the files bring no Secret');
    expect(await names(createManifestWorld([], COMPLETE), 'Namespace', '')).toBe('the files bring no Namespace');
  });

  it('puts objects that name no namespace into the one that was given, as the API server would', async () => {
    const world = createManifestWorld(manifests, { namespace: 'qdrant', complete: false });
    expect(await names(world, 'PersistentVolumeClaim', 'qdrant')).toEqual([
      { name: 'a', namespace: 'qdrant' },
      { name: 'b', namespace: 'qdrant' },
      { name: 'd', namespace: 'qdrant' },
    ]);
  });

  it('has cluster-scoped objects, also where a namespace was given', async () => {
    expect(await names(createManifestWorld(manifests, { namespace: 'x', complete: true }), 'Namespace', '')).toEqual([
      { name: 'qdrant' },
    ]);
  });
});

describe('one object of files', () => {
  const read = (world: ReturnType<typeof createManifestWorld>, kind: KindName, namespace: string, name: string) =>
    world.read(kind, namespace, name, signal);

  it('is what they bring; another is unknown, unless they are taken to bring all', async () => {
    const [plain, complete] = [false, true].map((each) => createManifestWorld(manifests, { complete: each }));
    if (!plain || !complete) throw new Error('there are two worlds');
    for (const world of [plain, complete]) {
      expect(await read(world, 'PersistentVolumeClaim', 'qdrant', 'a')).toMatchObject({
        known: true,
        value: { kind: 'PersistentVolumeClaim' },
      });
      expect(await read(world, 'Secret', '', 'a')).toMatchObject({ known: false });
    }
    expect(await read(plain, 'PersistentVolumeClaim', 'qdrant', 'z')).toEqual({
      known: false,
      reason: 'the files bring no PersistentVolumeClaim in the namespace qdrant called z',
    });
    expect(await read(complete, 'PersistentVolumeClaim', 'qdrant', 'z')).toEqual({ known: true, value: undefined });
    expect(await names(plain, 'Namespace', '')).toBe('the files may not bring every Namespace');
  });
});
