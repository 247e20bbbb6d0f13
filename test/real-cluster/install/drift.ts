import { expect, test } from 'vitest';
import { objectsOf } from '../support/helm.ts';
import { must } from '../support/protected.ts';
import { RELEASE, type Site, valuesFor } from './site.ts';

/** What Argo CD and Flux would compare, once the program has written its Secret and `caBundle`, and the controllers their defaults. */
export function drift(site: () => Site): void {
  test('who deploys from a repository sees no drift: everything that the chart sets is as it was set', async () => {
    const { cluster, helm } = site();
    const rendered = objectsOf(await helm.render(RELEASE, RELEASE, valuesFor(site())));
    const items = rendered.filter(({ metadata }) => metadata?.annotations?.['helm.sh/hook'] === undefined);
    const stdin = listOf(items);
    const live = JSON.parse(await must(cluster.kubectl(['get', '-o', 'json', '-f', '-'], { stdin })));
    expect(live.items).toHaveLength(items.length);
    const written = JSON.stringify(live);
    expect(written).toContain('"caBundle":');
    expect(written).toContain('"tls.key":');
    for (const [index, item] of items.entries()) expect(live.items[index]).toMatchObject(item);

    // As the installation did it: the owner of every field that it set.
    const annotations = { 'meta.helm.sh/release-name': RELEASE, 'meta.helm.sh/release-namespace': RELEASE };
    const applied = listOf(
      items.map((item) => ({
        ...item,
        metadata: { ...item.metadata, annotations: { ...item.metadata?.annotations, ...annotations } },
      })),
    );
    await must(cluster.kubectl(['diff', '--server-side', '--field-manager=helm', '-f', '-'], { stdin: applied }));
  });
}

function listOf(items: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}
