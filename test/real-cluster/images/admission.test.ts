import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createKubeClient } from '../../../src/cluster/client.ts';
import { findCluster } from '../../../src/cluster/kubeconfig.ts';
import { createConfigMapShelf } from '../../../src/cluster/record-shelf.ts';
import { RecordStore } from '../../../src/evidence/record-store.ts';
import { missingGo, pinnedModule } from '../harness/binaries.ts';
import { joinCluster } from '../harness/cluster.ts';
import { type SigningStack, startSigningStack } from '../signing/stack.ts';
import { goodSpec, pod } from '../support/pods.ts';
import { apply, ENFORCED, must, type Protection, protect, until } from '../support/protected.ts';
import { createKeyRing, STRANGER, Stage } from './stage.ts';

/** Images as the real cosign signed them, in pods that the real API server asks the webhook about. */
const cluster = joinCluster(inject('cluster'));
const namespace = 'images';
const FIRST_START_MS = 30 * 60_000;
/** Nobody listens there. */
const NOWHERE = '127.0.0.1:1';

const missing = await missingGo(await pinnedModule());

describe.skipIf(missing !== undefined)('a pod', () => {
  let stack: SigningStack;
  let at: Stage;
  let protection: Protection;
  const digests = { signed: '', unsigned: '', stranger: '', later: '' };

  /** @param registry what the entry of the registry says besides */
  function config(registry: object = {}, cache: object = {}): object {
    const entry = { registry: stack.plainRegistry, insecure: true, privateAddresses: true, ...registry };
    const identities = [{ owner: 'https://github.com/qdrant', repositories: ['https://github.com/qdrant/qdrant'] }];
    return {
      version: 1,
      network: ENFORCED,
      namespaces: [
        {
          names: [namespace],
          profile: 'private',
          rules: {
            'image-registry': { options: { allowed: [stack.plainRegistry] } },
            'image-digest': { options: { tagRegistries: [stack.plainRegistry] } },
          },
        },
      ],
      images: {
        trustRoots: { ours: { file: stack.roots.own } },
        authorities: { release: { keyless: { trustRoot: 'ours', identities } } },
        policies: [{ images: [stack.plainRegistry], authorities: ['release'] }],
        registries: [entry],
        cache,
      },
    };
  }

  beforeAll(async () => {
    stack = await startSigningStack((line) => void process.stderr.write(`${line}\n`));
    at = new Stage(stack, await createKeyRing(stack), stack.plainRegistry, 'qdrant/qdrant');
    digests.signed = await at.signed('legacy');
    digests.unsigned = await at.image('unsigned');
    digests.stranger = await at.signed('bundle', { run: STRANGER }, 'stranger');
    digests.later = await at.signed('bundle', {}, 'later');
    await at.tag(digests.signed, 'v1.19.0');
    protection = await protect(cluster, namespace, config());
  }, FIRST_START_MS);

  afterAll(async () => {
    await protection?.remove();
    await stack?.stop();
  });

  function create(image: string, changes: object = {}) {
    const object = pod(namespace, 'qdrant-0', { ...goodSpec(image), ...changes });
    return cluster.kubectl(['create', '--dry-run=server', '-f', '-'], { stdin: JSON.stringify(object) });
  }

  test("is let in with an image that is signed as Qdrant's are, and has its SBOM", async () => {
    const { code, stderr } = await create(at.repository.at(digests.signed));
    expect(code, stderr).toBe(0);
    // Nobody has said where reports of scans come from: that is said, and nothing else.
    expect(stderr.match(/^Warning: \S+/gm)).toEqual(['Warning: image-scan:']);
  });

  test('is let in by a tag with a warning that names the digest to pin', async () => {
    const { code, stderr } = await create(`${at.repository.at('').replace(/@$/, '')}:v1.19.0`);
    expect([code, stderr]).toEqual([0, expect.stringContaining(digests.signed)]);
    expect(stderr).toContain('Warning: image-signature');
  });

  test.each(['unsigned', 'stranger'] as const)('is refused with an image that is %s', async (which) => {
    const { code, stderr } = await create(at.repository.at(digests[which]));
    expect([code, stderr]).toEqual([1, expect.stringContaining('denied the request')]);
    expect(stderr).toContain('image-signature');
    expect(stderr).toContain('spec.containers[0]');
  });

  test('is refused for an init container, whatever the others are', async () => {
    const { containers } = goodSpec(at.repository.at(digests.unsigned)) as { containers: { name: string }[] };
    const initContainers = containers.map((container) => ({ ...container, name: 'init' }));
    const { code, stderr } = await create(at.repository.at(digests.signed), { initContainers });
    expect([code, stderr]).toEqual([1, expect.stringContaining('spec.initContainers[0]')]);
  });

  test('gets no ephemeral container that is not signed', async () => {
    await apply(
      cluster,
      pod(namespace, 'debugged', { ...goodSpec(at.repository.at(digests.signed)), schedulerName: 'nobody' }),
    );
    const debug = async (image: string) => {
      const path = `/api/v1/namespaces/${namespace}/pods/debugged/ephemeralcontainers?dryRun=All`;
      const object = JSON.parse(await must(cluster.kubectl(['-n', namespace, 'get', 'pod', 'debugged', '-o', 'json'])));
      const { containers } = goodSpec(image) as { containers: { resources?: object }[] };
      const [{ resources: _, ...container } = {}] = containers;
      object.spec.ephemeralContainers = [{ ...container, name: 'debugger' }];
      return cluster.kubectl(['replace', '--raw', path, '-f', '-'], { stdin: JSON.stringify(object) });
    };
    const refused = await debug(at.repository.at(digests.unsigned));
    expect([refused.code, refused.stderr + refused.stdout]).toEqual([1, expect.stringContaining('image-signature')]);
    expect(await debug(at.repository.at(digests.signed))).toMatchObject({ code: 0 });
  });

  test('is told from a violation where the registry is gone, and what was verified before goes on', async () => {
    await protection.reconfigure(config({ mirrors: [NOWHERE] }, { goodFor: '1s', badFor: '1s' }));
    const never = await create(at.repository.at(digests.later));
    expect([never.code, never.stderr]).toEqual([1, expect.stringContaining('could not')]);
    expect(never.stderr).not.toContain('breaks');
    expect(await create(at.repository.at(digests.signed))).toMatchObject({ code: 0 });
    await protection.reconfigure(config());
    await until(
      'the registry to be asked again',
      async () => (await create(at.repository.at(digests.later))).code === 0,
    );
  });

  test('may come after a restart: records are kept in ConfigMaps as the API server has them', async () => {
    const client = createKubeClient(await findCluster({ kubeconfig: cluster.kubeconfig, env: {} }));
    const names = ['evidence-0', 'evidence-1'];
    for (const name of names)
      await apply(cluster, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } });
    const problems: string[] = [];
    const open = () =>
      new RecordStore({
        shelves: names.map((name) => createConfigMapShelf(client, { namespace, name }, AbortSignal.timeout(60_000))),
        now: () => new Date(),
        onProblem: (problem) => problems.push(problem),
      });
    const record = { manifests: {}, tags: { x: null }, referrers: {}, blobs: {} };
    const [first, other] = [open(), open()];
    for (let i = 0; i < 5; i++) first.keep(`image ${i}`, record);
    other.keep('image 5', record);
    await first.save();
    await other.save();
    const next = open();
    await next.load();
    for (let i = 0; i < 6; i++) expect(next.find(`image ${i}`)?.record).toEqual(record);
    expect(problems).toEqual([]);
  });
});
