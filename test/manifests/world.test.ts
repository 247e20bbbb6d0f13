import { describe, expect, it } from 'vitest';
import { readManifests } from '../../src/manifests/objects.ts';
import { createManifestWorld, withUnknownFacts } from '../../src/manifests/world.ts';

const TEXT = `apiVersion: v1
kind: Namespace
metadata: { name: qdrant }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: a, namespace: qdrant }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: b }
---
apiVersion: example.com/v1
kind: NetworkPolicy
metadata: { name: of-another-group, namespace: qdrant }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: c, namespace: other }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: d, namespace: "" }
`;
const { manifests } = readManifests(TEXT, 'f.yaml');
const COMPLETE = { complete: true };
const { signal } = new AbortController();
const policies = { group: 'networking.k8s.io', kind: 'NetworkPolicy' };
const namespaces = { group: '', kind: 'Namespace' };

async function names(world: ReturnType<typeof createManifestWorld>, kind: typeof policies, namespace: string) {
  const listed = await world.list(kind, namespace, signal);
  return listed.known ? listed.value.map(({ metadata }) => metadata) : listed.reason;
}

describe('the world that files tell of', () => {
  it('is complete for a kind in a namespace once they bring one of it', async () => {
    const world = createManifestWorld(manifests, COMPLETE);
    expect(await names(world, policies, 'qdrant')).toEqual([{ name: 'a', namespace: 'qdrant' }]);
    expect(await names(world, policies, 'other')).toEqual([{ name: 'c', namespace: 'other' }]);
  });

  it('is unknown for all else, never empty', async () => {
    const world = createManifestWorld(manifests, COMPLETE);
    expect(await names(world, policies, 'third')).toBe('the files bring no NetworkPolicy in the namespace third');
    expect(await names(world, { group: '', kind: 'Node' }, '')).toBe('the files bring no Node');
    expect(await names(createManifestWorld([], COMPLETE), namespaces, '')).toBe('the files bring no Namespace');
  });

  it('puts objects that name no namespace into the one that was given, as the API server would', async () => {
    const world = createManifestWorld(manifests, { namespace: 'qdrant', complete: false });
    expect(await names(world, policies, 'qdrant')).toEqual([
      { name: 'a', namespace: 'qdrant' },
      { name: 'b', namespace: 'qdrant' },
      { name: 'd', namespace: 'qdrant' },
    ]);
  });

  it('has cluster-scoped objects, also where a namespace was given', async () => {
    expect(await names(createManifestWorld(manifests, { namespace: 'x', complete: true }), namespaces, '')).toEqual([
      { name: 'qdrant' },
    ]);
  });
});

describe('one object of files', () => {
  const read = (
    world: ReturnType<typeof createManifestWorld>,
    kind: typeof policies,
    namespace: string,
    name: string,
  ) => world.read?.(kind, namespace, name, signal);

  it('is what they bring; another is unknown, unless they are taken to bring all', async () => {
    const [plain, complete] = [false, true].map((each) => createManifestWorld(manifests, { complete: each }));
    if (!plain || !complete) throw new Error('there are two worlds');
    for (const world of [plain, complete]) {
      expect(await read(world, policies, 'qdrant', 'a')).toMatchObject({
        known: true,
        value: { kind: 'NetworkPolicy' },
      });
      expect(await read(world, { group: '', kind: 'Node' }, '', 'a')).toMatchObject({ known: false });
    }
    expect(await read(plain, policies, 'qdrant', 'z')).toEqual({
      known: false,
      reason: 'the files bring no NetworkPolicy in the namespace qdrant called z',
    });
    expect(await read(complete, policies, 'qdrant', 'z')).toEqual({ known: true, value: undefined });
    expect(await names(plain, namespaces, '')).toBe('the files may not bring every Namespace');
  });
});

describe('a fact that a fixture says is unknown', () => {
  it('cannot be learnt, and others can', async () => {
    const world = withUnknownFacts(createManifestWorld(manifests, COMPLETE), { namespace: 'the watch is stale' });
    expect(await names(world, namespaces, '')).toBe('the watch is stale');
    expect(await names(world, policies, 'other')).toEqual([{ name: 'c', namespace: 'other' }]);
  });
});
