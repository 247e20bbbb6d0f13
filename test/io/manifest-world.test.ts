import { describe, expect, it } from 'vitest';
import { createManifestWorld, withUnknownFacts } from '../../src/io/manifest-world.ts';
import { readManifests } from '../../src/io/manifests.ts';

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
const { signal } = new AbortController();
const policies = { group: 'networking.k8s.io', kind: 'NetworkPolicy' };
const namespaces = { group: '', kind: 'Namespace' };

async function names(world: ReturnType<typeof createManifestWorld>, kind: typeof policies, namespace: string) {
  const listed = await world.list(kind, namespace, signal);
  return listed.known ? listed.value.map(({ metadata }) => metadata) : listed.reason;
}

describe('the world that files tell of', () => {
  it('is complete for a kind in a namespace once they bring one of it', async () => {
    const world = createManifestWorld(manifests);
    expect(await names(world, policies, 'qdrant')).toEqual([{ name: 'a', namespace: 'qdrant' }]);
    expect(await names(world, policies, 'other')).toEqual([{ name: 'c', namespace: 'other' }]);
  });

  it('is unknown for all else, never empty', async () => {
    const world = createManifestWorld(manifests);
    expect(await names(world, policies, 'third')).toBe('the files bring no NetworkPolicy in the namespace third');
    expect(await names(world, { group: '', kind: 'Node' }, '')).toBe('the files bring no Node');
    expect(await names(createManifestWorld([]), namespaces, '')).toBe('the files bring no Namespace');
  });

  it('puts objects that name no namespace into the one that was given, as the API server would', async () => {
    const world = createManifestWorld(manifests, 'qdrant');
    expect(await names(world, policies, 'qdrant')).toEqual([
      { name: 'a', namespace: 'qdrant' },
      { name: 'b', namespace: 'qdrant' },
      { name: 'd', namespace: 'qdrant' },
    ]);
  });

  it('has cluster-scoped objects, also where a namespace was given', async () => {
    expect(await names(createManifestWorld(manifests, 'x'), namespaces, '')).toEqual([{ name: 'qdrant' }]);
  });
});

describe('a fact that a fixture says is unknown', () => {
  it('cannot be learnt, and others can', async () => {
    const world = withUnknownFacts(createManifestWorld(manifests), { namespace: 'the watch is stale' });
    expect(await names(world, namespaces, '')).toBe('the watch is stale');
    expect(await names(world, policies, 'other')).toEqual([{ name: 'c', namespace: 'other' }]);
  });
});
