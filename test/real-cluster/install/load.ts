import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { badSpec, goodSpec, pod } from '../support/pods.ts';
import { until } from '../support/protected.ts';
import { PROTECTED } from './site.ts';

/** An admission that did not end as the rules say. */
export interface Lost {
  /** Milliseconds since the load began. */
  readonly at: number;
  readonly tookMs: number;
  readonly answer: string;
}

export interface Load {
  readonly admitted: number;
  readonly refused: number;
  readonly lost: readonly Lost[];
  /** Waits until the stream has gone on for some seconds: what follows a change has to be seen as well. */
  more(): Promise<void>;
  end(): Promise<void>;
}

const WORKERS = 6;
const PAUSE_MS = 20;
const CALL_MS = 30_000;
const MORE_CALLS = 200;

interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * Good and bad pods by dry run without an end, as the administrator of a kubeconfig: every one goes through the API server to the
 * webhook. Each worker keeps its connection.
 */
async function startLoad(kubeconfig: string): Promise<Load> {
  const began = performance.now();
  const { server, ...identity } = await administrator(kubeconfig);
  const agent = new Agent({ keepAlive: true, maxSockets: WORKERS, ...identity });
  const counts = { admitted: 0, refused: 0 };
  const lost: Lost[] = [];
  let running = true;

  const create = (body: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const url = new URL(`/api/v1/namespaces/${PROTECTED}/pods?dryRun=All`, server);
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const call = request(url, { method: 'POST', agent, headers, timeout: CALL_MS }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.once('error', reject);
      });
      call.once('timeout', () => call.destroy(new Error(`no answer within ${CALL_MS} ms`)));
      call.once('error', reject);
      call.end(body);
    });

  const work = async (spec: object, expected: 'admitted' | 'refused'): Promise<void> => {
    const body = JSON.stringify(pod(PROTECTED, 'load', spec));
    while (running) {
      const at = performance.now();
      const answer = await create(body).catch((error: Error): Answer => ({ status: 0, text: error.message }));
      if (isRight(answer, expected)) counts[expected] += 1;
      else lost.push({ at: at - began, tookMs: performance.now() - at, answer: `${answer.status} ${answer.text}` });
      await sleep(PAUSE_MS);
    }
  };

  const workers = Array.from({ length: WORKERS }, (_, number) =>
    number % 2 === 0 ? work(goodSpec(), 'admitted') : work(badSpec(), 'refused'),
  );
  return {
    get admitted() {
      return counts.admitted;
    },
    get refused() {
      return counts.refused;
    },
    lost,
    async more() {
      const from = counts.admitted + counts.refused;
      await until('more admissions', async () => counts.admitted + counts.refused >= from + MORE_CALLS);
    },
    async end() {
      running = false;
      await Promise.all(workers);
      agent.destroy();
    },
  };
}

/** What was lost while something else was done. */
export async function withLoad(kubeconfig: string, work: (load: Load) => Promise<void>): Promise<readonly Lost[]> {
  const load = await startLoad(kubeconfig);
  try {
    await work(load);
  } finally {
    await load.end();
  }
  return load.lost;
}

function isRight({ status, text }: Answer, expected: 'admitted' | 'refused'): boolean {
  if (expected === 'admitted') return status === 201;
  return status === 403 && text.includes('denied the request');
}

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
  readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
}

/** The kubeconfig of a cluster that was made for the tests: it holds everything. */
async function administrator(file: string) {
  const { clusters, users } = parse(await readFile(file, 'utf8')) as Kubeconfig;
  const [cluster, user] = [clusters[0]?.cluster ?? {}, users[0]?.user ?? {}];
  const decoded = (text = ''): Buffer => Buffer.from(text, 'base64');
  return {
    server: cluster['server'] ?? '',
    ca: decoded(cluster['certificate-authority-data']),
    cert: decoded(user['client-certificate-data']),
    key: decoded(user['client-key-data']),
  };
}
