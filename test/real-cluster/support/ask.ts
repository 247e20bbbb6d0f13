import { request } from 'node:https';
import type { Subject } from '../../../src/engine/subject.ts';
import type { KubernetesObject } from '../../../src/k8s/object.ts';
import { reviewFor, saidIn } from '../../support/ask-handler.ts';
import type { WebhookProcess } from '../../support/webhook-process.ts';
import type { SharedCluster } from '../harness/cluster.ts';
import { goodSpec, pod } from './pods.ts';
import { apply } from './protected.ts';

/** Where a webhook listens. */
type Asked = Pick<WebhookProcess, 'port' | 'ca'>;

/** What somebody was told: let in or not, and in which words. */
export interface Told {
  readonly allowed: boolean;
  readonly message: string;
}

/** Asks the real API server to do what the subject says, as a server-side dry run: all of admission runs, nothing stays. */
export async function askApiServer(cluster: SharedCluster, subject: Subject): Promise<Told> {
  const { object, oldObject, namespace, subresource } = subject;
  if (object.kind === 'Binding') return askToBind(cluster, object, namespace);
  if (subject.operation === 'CREATE') {
    return told(cluster.kubectl(['create', '--dry-run=server', '-f', '-'], { stdin: JSON.stringify(object) }));
  }
  const name = object.metadata?.name ?? '';
  if (oldObject) await apply(cluster, oldObject);
  try {
    const path = `/api/v1/namespaces/${namespace}/pods/${name}${subresource && `/${subresource}`}?dryRun=All`;
    return await told(cluster.kubectl(['replace', '--raw', path, '-f', '-'], { stdin: JSON.stringify(object) }));
  } finally {
    await cluster.kubectl(['-n', namespace, 'delete', 'pod', name, '--grace-period=0', '--force']);
  }
}

/** A Binding needs a pod that nobody else schedules. */
async function askToBind(cluster: SharedCluster, binding: KubernetesObject, namespace: string): Promise<Told> {
  const name = binding.metadata?.name ?? '';
  await apply(cluster, pod(namespace, name, { ...goodSpec(), schedulerName: 'nobody' }));
  try {
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/binding?dryRun=All`;
    return await told(cluster.kubectl(['create', '--raw', path, '-f', '-'], { stdin: JSON.stringify(binding) }));
  } finally {
    await cluster.kubectl(['-n', namespace, 'delete', 'pod', name, '--grace-period=0', '--force']);
  }
}

async function told(result: ReturnType<SharedCluster['kubectl']>): Promise<Told> {
  const { code, stdout, stderr } = await result;
  return { allowed: code === 0, message: stderr + stdout };
}

/** Sends the AdmissionReview that the API server would send, to the webhook itself. */
export async function askWebhook(webhook: Asked, host: string, subject: Subject): Promise<Told> {
  return saidIn(await post(webhook, host, JSON.stringify(reviewFor(subject))));
}

function post(webhook: Asked, host: string, body: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const call = request(
    {
      host,
      port: webhook.port,
      path: '/validate?timeout=5s',
      method: 'POST',
      ca: webhook.ca,
      headers: { 'content-type': 'application/json' },
    },
    (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
    },
  );
  call.on('error', reject);
  call.end(body);
  return promise;
}
