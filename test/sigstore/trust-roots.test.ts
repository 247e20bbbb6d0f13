import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shippedPublicRoot } from '../../src/sigstore/public-root.ts';
import { TrustMaterials } from '../../src/sigstore/trust-material.ts';
import {
  newestKeySince,
  type TrustRootSource,
  type TrustRootState,
  TrustRootStore,
} from '../../src/sigstore/trust-roots.ts';
import { startSigstore } from '../support/sigstore/private-sigstore.ts';
import { tufRepository } from '../support/tuf-repository.ts';

const NOW = new Date('2026-11-30T00:00:00Z');
let folder: string;
const stores: TrustRootStore[] = [];
const servers: Server[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trust-roots-'));
});

afterEach(async () => {
  for (const store of stores.splice(0)) store.stop();
  for (const server of servers.splice(0)) server.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(source: TrustRootSource, onChange?: (state: TrustRootState) => void): Promise<TrustRootStore> {
  const store = await TrustRootStore.open({
    sources: new Map([['it', source]]),
    everyMs: 3_600_000,
    now: () => NOW,
    ...(onChange && { onChange }),
  });
  stores.push(store);
  return store;
}

/** A mirror on this machine; it answers 404 for what it does not have. */
async function mirror(files: () => ReadonlyMap<string, string>): Promise<string> {
  const server = createServer((request, response) => {
    const found = files().get(request.url ?? '');
    response.statusCode = found === undefined ? 404 : 200;
    response.end(found);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the root that is shipped', () => {
  it('is the one of the public instance, with its logs and authorities', () => {
    const { root, source } = shippedPublicRoot();
    const { tlogs, certificateAuthorities, ctlogs, timestampAuthorities } = new TrustMaterials().of(root);
    expect(tlogs.map(({ baseURL }) => baseURL)).toContain('https://rekor.sigstore.dev');
    for (const part of [certificateAuthorities, ctlogs, timestampAuthorities]) expect(part.length).toBeGreaterThan(0);
    expect(source).toMatch(/^@sigstore\/tuf \d+\.\d+\.\d+$/);
    expect(newestKeySince(root)?.getTime()).toBeGreaterThan(Date.UTC(2025, 8, 1));
  });

  it('is there without a network', async () => {
    const store = await open({ kind: 'shipped' });
    expect(store.current.get('it')).toEqual(shippedPublicRoot().root);
    expect(store.states).toMatchObject([
      { name: 'it', source: expect.stringContaining('shipped with @sigstore/tuf'), readAt: NOW },
    ]);
  });
});

describe('a root in a file', () => {
  it('is read again when it changes', async () => {
    const [first, second] = [(await startSigstore()).root, (await startSigstore()).root];
    const path = join(folder, 'trusted_root.json');
    await writeFile(path, first.text);
    const seen: TrustRootState[] = [];
    const store = await open({ kind: 'file', path }, (state) => seen.push(state));
    expect(store.current.get('it')).toEqual(first);
    await writeFile(path, second.text);
    await store.refresh();
    expect(store.current.get('it')).toEqual(second);
    expect(seen).toMatchObject([{ name: 'it', fingerprint: second.fingerprint, source: path }]);
  });

  it('that turned bad leaves the last good one in use, and says so until it is good again', async () => {
    const { root } = await startSigstore();
    const path = join(folder, 'trusted_root.json');
    await writeFile(path, root.text);
    const seen: (string | undefined)[] = [];
    const store = await open({ kind: 'file', path }, ({ problem }) => seen.push(problem));
    for (const bad of ['{', '{}', 'null']) {
      await writeFile(path, bad);
      await store.refresh();
      expect(store.current.get('it')).toEqual(root);
      expect(store.states[0]?.problem).toContain(`${path}: it `);
    }
    await rm(path);
    await store.refresh();
    expect(store.states[0]?.problem).toContain('cannot be read: ENOENT');
    await writeFile(path, root.text);
    await store.refresh();
    expect(store.states[0]?.problem).toBeUndefined();
    expect(seen).toHaveLength(5);
  });

  it.each([
    ['that is not there', undefined, 'cannot be read: ENOENT'],
    ['that is no JSON', 'text', 'not a trusted_root.json'],
    ['with nothing in it', '{}', 'neither certificate authorities nor transparency logs'],
  ])('%s is refused at the start', async (_name, text, reason) => {
    const path = join(folder, 'trusted_root.json');
    if (text !== undefined) await writeFile(path, text);
    await expect(open({ kind: 'file', path })).rejects.toThrow(reason);
  });

  it('whose chain does not end in a self-signed certificate is refused: it could verify nothing', async () => {
    const { rootJson } = await startSigstore();
    const authorities = structuredClone(rootJson['certificateAuthorities']) as {
      certChain: { certificates: object[] };
    }[];
    authorities[0]?.certChain.certificates.pop();
    const path = join(folder, 'trusted_root.json');
    await writeFile(path, JSON.stringify({ ...rootJson, certificateAuthorities: authorities }));
    await expect(open({ kind: 'file', path })).rejects.toThrow('does not end in a self-signed one');
  });
});

describe('a root of a TUF mirror', () => {
  async function tuf(files: () => ReadonlyMap<string, string>): Promise<TrustRootSource & { kind: 'tuf' }> {
    const url = await mirror(files);
    const initialRoot = join(folder, 'root.json');
    await writeFile(initialRoot, files().get('/1.root.json') ?? '');
    return { kind: 'tuf', mirror: { url, initialRoot, cache: join(folder, 'cache'), everyMs: 3_600_000 } };
  }

  it('is fetched in the background, and a newer one later', async () => {
    const [first, second] = [(await startSigstore()).root, (await startSigstore()).root];
    const keys = generateKeyPairSync('ed25519');
    let files = tufRepository(first.text, 1, keys);
    const store = await open(await tuf(() => files));
    await store.refresh();
    expect(store.current.get('it')).toEqual(first);
    files = tufRepository(second.text, 2, keys);
    await store.refresh();
    expect(store.current.get('it')).toEqual(second);
  });

  it('stays the last good one when the mirror is gone, lies, or goes back; also after a restart', async () => {
    const [good, evil] = [(await startSigstore()).root, (await startSigstore()).root];
    const keys = generateKeyPairSync('ed25519');
    let files = tufRepository(good.text, 2, keys);
    const source = await tuf(() => files);
    const store = await open(source);
    await store.refresh();
    for (const bad of [new Map<string, string>(), tufRepository(evil.text, 3), tufRepository(evil.text, 1, keys)]) {
      files = bad;
      await store.refresh();
      expect(store.current.get('it')).toEqual(good);
      expect(store.states[0]?.problem).toBeDefined();
    }
    files = new Map();
    const restarted = await open(source);
    expect(restarted.current.get('it')).toEqual(good);
    await restarted.refresh();
    expect(restarted.current.get('it')).toEqual(good);
  });

  it('is fetched from the bundle, too, which carries the client and the first keys of the public instance', async () => {
    const { root } = await startSigstore();
    const outdir = join(folder, 'dist');
    await build({
      entryPoints: [join(import.meta.dirname, '../../src/sigstore/trust-roots.ts')],
      outdir,
      splitting: true,
      bundle: true,
      platform: 'node',
      format: 'esm',
      outExtension: { '.js': '.mjs' },
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    });
    const bundled: { TrustRootStore: typeof TrustRootStore } = await import(
      pathToFileURL(join(outdir, 'trust-roots.mjs')).href
    );
    const files = tufRepository(root.text);
    const source = await tuf(() => files);
    const shipped: TrustRootSource = { kind: 'shipped' };
    const store = await bundled.TrustRootStore.open({
      sources: new Map<string, TrustRootSource>([
        ['mirror', source],
        ['shipped', shipped],
      ]),
      everyMs: 3_600_000,
      now: () => NOW,
    });
    stores.push(store);
    await store.refresh();
    expect(store.states.map(({ problem }) => problem)).toEqual([undefined, undefined]);
    expect(store.current).toEqual(
      new Map([
        ['mirror', root],
        ['shipped', shippedPublicRoot().root],
      ]),
    );
  });

  it('is not there before the mirror ever answered', async () => {
    const files = tufRepository((await startSigstore()).root.text);
    let reachable = false;
    const source = await tuf(() => files);
    const gone = await mirror(() => (reachable ? files : new Map()));
    const store = await open({ ...source, mirror: { ...source.mirror, url: gone } });
    await store.refresh();
    expect(store.current.size).toBe(0);
    expect(store.states).toEqual([{ name: 'it', source: gone, problem: 'Failed to download' }]);
    reachable = true;
    await store.refresh();
    expect(store.current.size).toBe(1);
  });
});
