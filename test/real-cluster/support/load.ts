import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '../../../src/cluster/client.ts';
import { badSpec, goodSpec, pod } from './pods.ts';

/** What the API server answered, in full. */
export interface Admission {
  readonly status: number;
  readonly text: string;
}

/** Asks the API server to make a pod, without making it. */
export async function tryPod(client: KubeClient, namespace: string, spec: object): Promise<Admission> {
  const { status, body } = await client.request({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/pods?dryRun=All`,
    body: JSON.parse(JSON.stringify(pod(namespace, 'probe', spec))),
    signal: AbortSignal.timeout(20_000),
  });
  return { status, text: JSON.stringify(body) };
}

export interface Load {
  readonly counts: { readonly admitted: number; readonly refused: number };
  /** Every answer that is not the one of the rules. */
  readonly lost: readonly Admission[];
  end(): Promise<void>;
}

/** Good and bad pods without a pause, over connections that are kept. */
export function startLoad(client: KubeClient, namespace: string): Load {
  let running = true;
  const counts = { admitted: 0, refused: 0 };
  const lost: Admission[] = [];
  const keepTrying = async (spec: object, expected: 'admitted' | 'refused'): Promise<void> => {
    while (running) {
      const admission = await tryPod(client, namespace, spec);
      const isRight =
        expected === 'admitted'
          ? admission.status === 201
          : admission.status === 403 && admission.text.includes('denied the request');
      if (isRight) counts[expected]++;
      else lost.push(admission);
      await sleep(20);
    }
  };
  const workers = [1, 2].flatMap(() => [keepTrying(goodSpec(), 'admitted'), keepTrying(badSpec(), 'refused')]);
  return {
    counts,
    lost,
    async end() {
      running = false;
      await Promise.all(workers);
    },
  };
}
