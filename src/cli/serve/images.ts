import { join } from 'node:path';
import type { KubeClient } from '../../cluster/client.ts';
import type { Config } from '../../config/resolve.ts';
import type { ImageSource } from '../../facts/ports.ts';
import type { ImageAnswer } from '../../images/evidence.ts';
import type { ImagesSettings } from '../../images/settings.ts';
import type { TrustRootStore as Store } from '../../sigstore/trust-roots.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { ServeSettings } from './settings.ts';

/** How often trust roots in files are looked at, in milliseconds. */
const RELOAD_MS = 2000;
/** How often what was verified is written down, in milliseconds. */
const SAVE_MS = 30_000;
/** Signatures that are verified at the same time, each in a thread: reviews go on meanwhile. */
const WORKERS = 1;
/** Of the memory limit, for what is known of images, and for the heap of a thread. */
const MEMORY_PART = 1 / 32;
const WORKER_PART = 1 / 4;
const MIB = 1024 * 1024;

interface ImagesOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly client: KubeClient | undefined;
  /** In bytes: that of the whole process. */
  readonly memoryLimit: number;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** What registries tell, as the configuration of the moment wants it asked. */
export interface ImagesConnection {
  readonly source: ImageSource;
  /** Takes the settings of another configuration. What is known of images stays known. */
  follow(config: Config): void;
  /** Writes down what was verified, and ends the threads. */
  stop(): Promise<void>;
}

const NOT_ASKED: ImageAnswer = { state: 'unreachable', reason: 'the configuration does not have images verified' };

/** Loads what asks registries and verifies signatures only where the configuration wants it: it takes some 20 MB. */
export function connectImages(settings: ServeSettings, options: ImagesOptions): ImagesConnection {
  let parts: Promise<Parts> | undefined;
  let current: Promise<ImageSource | undefined> = Promise.resolve(undefined);
  /** The same once it is there: what it remembers costs no turn of the event loop. */
  let ready: ImageSource | undefined;

  function use(next: Promise<ImageSource | undefined>): void {
    current = next;
    ready = undefined;
    void next.then((source) => {
      if (current === next) ready = source;
    });
  }

  const ask = (fresh: boolean): ImageSource['evidence'] => {
    return async (of, authorities, signal) => {
      const source = await current;
      const from = fresh ? (source?.fresh ?? source) : source;
      return from ? from.evidence(of, authorities, signal) : NOT_ASKED;
    };
  };
  return {
    source: {
      remembered: (...asked) => ready?.remembered?.(...asked),
      evidence: ask(false),
      fresh: { evidence: ask(true) },
    },
    follow(config) {
      const images = imagesOf(config);
      if (images?.verification !== 'on') {
        use(Promise.resolve(undefined));
        return;
      }
      parts ??= loadParts(settings, options);
      const before = current;
      const next = parts.then((loaded) => loaded.sourceFor(images));
      use(
        next.catch(async (error: unknown) => {
          options.log.error({ err: error }, 'images cannot be verified as configured: what held before still does');
          return (await before) ?? failing(error);
        }),
      );
    },
    async stop() {
      const loaded = await parts?.catch(() => undefined);
      await loaded?.stop();
    },
  };
}

/** Nobody can be asked: that is said of every image. */
function failing(error: unknown): ImageSource {
  const reason = `images cannot be verified as configured: ${error instanceof Error ? error.message : error}`;
  return { evidence: async () => ({ state: 'unreachable', reason }) };
}

/** A part of the memory limit, and enough for any bundle; large documents of SBOMs need more (docs/images.md). */
function workerHeap(memoryLimit: number): number {
  return Math.max(48, Math.floor((memoryLimit * WORKER_PART) / MIB));
}

/** What stands at the top of the configuration is the same for all namespaces. */
function imagesOf({ namespaces }: Config): ImagesSettings | undefined {
  const [first] = namespaces.values();
  return first?.settings.images;
}

interface Parts {
  sourceFor(images: ImagesSettings): Promise<ImageSource>;
  stop(): Promise<void>;
}

async function loadParts({ evidence }: ServeSettings, options: ImagesOptions): Promise<Parts> {
  const { env, log, metrics, client, memoryLimit, now, signal } = options;
  const [
    { ImageMemory },
    { createRegistryImages },
    { RecordStore },
    { createConfigMapShelf },
    { RegistryContent },
    { readProxies },
    { WorkerPool },
    { TrustRootStore },
    { trustSources },
  ] = await Promise.all([
    import('../../evidence/image-memory.ts'),
    import('../../evidence/registry-images.ts'),
    import('../../evidence/record-store.ts'),
    import('../../cluster/record-shelf.ts'),
    import('../../registry/registry-content.ts'),
    import('../../registry/proxies.ts'),
    import('../../sigstore/worker-pool.ts'),
    import('../../sigstore/trust-roots.ts'),
    import('../../evidence/trust-sources.ts'),
  ]);
  const proxies = readProxies({ https: env['HTTPS_PROXY'], http: env['HTTP_PROXY'], except: env['NO_PROXY'] });
  if (!proxies.ok) throw new Error(proxies.error);
  const memory = new ImageMemory(Math.floor(memoryLimit * MEMORY_PART));
  let trust: Store | undefined;
  let content: InstanceType<typeof RegistryContent> | undefined;
  metrics.trustRoots(() => trust?.states ?? []);
  metrics.imagesKnown(() => ({ images: memory.size, bytes: memory.bytes }));
  const kept =
    evidence && client
      ? new RecordStore({
          shelves: evidence.configMaps.map((name) =>
            createConfigMapShelf(client, { namespace: evidence.namespace, name }, signal),
          ),
          now,
          onProblem: (problem) => log.warn({ problem }, 'what was verified of images could not be kept'),
        })
      : undefined;
  await kept?.load();
  const saving = kept && setInterval(() => void kept.save(), SAVE_MS).unref();
  const verification = new WorkerPool({ size: WORKERS, heapMib: workerHeap(memoryLimit) });
  return {
    async sourceFor(images) {
      const store = await TrustRootStore.open({
        sources: trustSources(images, join(env['TMPDIR'] ?? '/tmp', 'qdrant-admission')),
        everyMs: RELOAD_MS,
        now,
        onChange(state) {
          metrics.reload('trust-root', state.problem === undefined);
          log[state.problem === undefined ? 'info' : 'error'](state, 'a trust root was read again');
        },
      });
      trust?.stop();
      trust = store;
      // Requests that go on keep their connections.
      content?.close();
      content = new RegistryContent({ settings: images, proxies: proxies.value });
      return createRegistryImages({
        content,
        verification,
        trustRoots: () => store.current,
        memory,
        kept,
        lives: images.lives,
        onAnswer: ({ state }, origin) => metrics.imageAnswer(state, origin),
      });
    },
    async stop() {
      clearInterval(saving);
      trust?.stop();
      content?.close();
      await kept?.save();
      await verification.close();
    },
  };
}
