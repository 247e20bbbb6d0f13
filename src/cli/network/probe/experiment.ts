import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '../../../cluster/client.ts';
import { KubeError } from '../../../cluster/wire.ts';
import { isJsonObject, type JsonObject } from '../../../k8s/object.ts';
import { type Attempt, describeAttempt, type Reach, reachOf, readAttempts, STEADY, steadyReach } from './attempts.ts';
import {
  account,
  CLIENT,
  clientPod,
  DIRECTIONS,
  type Direction,
  defaultDeny,
  type PodSettings,
  policyName,
  SERVER,
  serverPod,
} from './objects.ts';
import type { DirectionResult, PodPlace, ProbeFindings } from './report.ts';
import { create, inNamespace, remove } from './scratch.ts';

const BETWEEN_LOOKS_MS = 150;
/** A client that goes on makes another attempt within this time, even if the one before got no answer. */
const NEXT_ATTEMPT_MS = 2500;

export interface ExperimentOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly pods: PodSettings;
  /** Of each step. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (doing: string) => void;
}

/** Two pods, and what became of their connections. */
type Findings = Pick<ProbeFindings, 'server' | 'client' | 'directions'>;

/**
 * Shows that a connection works, that it does not under a default deny, and that it does again without: for ingress and
 * then for egress, so that nothing but the policy can be the cause. @throws KubeError where the pods or the first
 * connection do not come about
 */
export async function experiment(options: ExperimentOptions): Promise<Findings> {
  const { client, namespace, pods, signal } = options;
  await create(client, inNamespace(namespace, 'serviceaccounts'), account(), signal);
  const server = await startPod(serverPod(pods), SERVER, options);
  const caller = await startPod(clientPod(server.addresses, pods), CLIENT, options);
  options.onProgress('waiting for a connection between the pods');
  const first = await settles('open', options);
  if (first.reach !== 'open') {
    throw new KubeError(`no connection between the pods even without a NetworkPolicy of theirs: ${first.said}`);
  }
  const directions: DirectionResult[] = [];
  for (const direction of DIRECTIONS) directions.push(await tryDirection(direction, options));
  return { server, client: caller, directions };
}

/** Never rejects because of the cluster: what is known of the other direction stays known. */
async function tryDirection(direction: Direction, options: ExperimentOptions): Promise<DirectionResult> {
  const { client, namespace, signal, onProgress } = options;
  onProgress(`waiting for the default deny of ${direction}`);
  const policies = inNamespace(namespace, 'networkpolicies');
  try {
    await create(client, policies, defaultDeny(direction), signal);
    const denied = await settles('denied', options);
    await remove(client, `${policies}/${policyName(direction)}`, signal);
    if (denied.reach === 'stopped') return { direction, outcome: 'unknown', reason: denied.said };
    if (denied.reach === 'unsteady') {
      const reason = `denied only at the end (${denied.said}): try again with more --timeout-seconds`;
      return { direction, outcome: 'unknown', reason };
    }
    if (denied.reach !== 'denied') return { direction, outcome: 'open', said: denied.said };
    const again = await settles('open', options);
    if (again.reach === 'open') return { direction, outcome: 'denied', afterMs: denied.afterMs, said: denied.said };
    const reason = `denied, but not open again after the policy was deleted: something else may be the cause (${again.said})`;
    return { direction, outcome: 'unknown', reason };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof KubeError)) throw error;
    return { direction, outcome: 'unknown', reason: error.message };
  }
}

interface Settled {
  /** What the attempts come to: `unsteady` where only the last ones are as wanted, `stopped` where there are no new ones. */
  readonly reach: Reach | 'unsteady' | 'stopped';
  /** From the beginning to the first of the attempts, as far as it could be seen from here. */
  readonly afterMs: number;
  /** The last attempt in words. */
  readonly said: string;
}

/** Looks at the attempts until they are as wanted, or time is up. */
async function settles(wanted: Reach, options: ExperimentOptions): Promise<Settled> {
  const began = performance.now();
  let since: number | undefined;
  let attempts: readonly Attempt[] = [];
  let trouble = 'the client pod makes no attempts any more';
  const look = async (): Promise<Settled | undefined> => {
    try {
      attempts = await attemptsOf(options);
    } catch (error) {
      if (!(error instanceof KubeError) || isForbidden(error)) throw error;
      // A kubelet may be slow to know its pod, and an API server may restart.
      trouble = error.message;
      return undefined;
    }
    const last = attempts.at(-1);
    since = last && reachOf(last) === wanted ? (since ?? performance.now()) : undefined;
    if (!last || since === undefined || steadyReach(attempts) !== wanted) return undefined;
    return { reach: wanted, afterMs: Math.round(since - began), said: describeAttempt(last) };
  };
  while (performance.now() - began < options.timeoutMs) {
    const settled = await look();
    if (settled) return settled;
    await sleep(BETWEEN_LOOKS_MS, undefined, { signal: options.signal });
  }
  // A client that has ended says nothing new, and what it said last says nothing of now.
  const before = attempts.at(-1)?.number;
  const newest = (): Attempt | undefined => attempts.findLast(({ number }) => number !== before);
  for (const ends = performance.now() + NEXT_ATTEMPT_MS; performance.now() < ends; ) {
    const settled = await look();
    if (settled) return settled;
    const last = newest();
    if (last && reachOf(last) !== wanted) break;
    await sleep(BETWEEN_LOOKS_MS, undefined, { signal: options.signal });
  }
  const afterMs = Math.round(performance.now() - began);
  const last = newest();
  if (!last) return { reach: 'stopped', afterMs, said: trouble };
  const reach = reachOf(last);
  return { reach: reach === wanted ? 'unsteady' : reach, afterMs, said: describeAttempt(last) };
}

/** It will not be allowed a moment later. */
function isForbidden({ status }: KubeError): boolean {
  return status === 401 || status === 403;
}

async function attemptsOf({ client, namespace, signal }: ExperimentOptions): Promise<readonly Attempt[]> {
  const path = `${inNamespace(namespace, 'pods')}/${CLIENT}/log?tailLines=${STEADY}`;
  const { status, body } = await client.request({ method: 'GET', path, signal });
  if (status !== 200) {
    const said = isJsonObject(body) && typeof body['message'] === 'string' ? body['message'] : `HTTP status ${status}`;
    throw new KubeError(`the log of the client pod could not be read: ${said}`, status);
  }
  // A line that is a JSON document may be taken for one.
  return readAttempts(typeof body === 'string' ? body : JSON.stringify(body));
}

/** Makes a pod and waits until it runs and has its addresses. @throws KubeError where it does not in time */
async function startPod(pod: JsonObject, name: string, options: ExperimentOptions): Promise<PodPlace> {
  const { client, namespace, timeoutMs, signal, onProgress } = options;
  const path = inNamespace(namespace, 'pods');
  const began = performance.now();
  await create(client, path, pod, signal);
  let state: PodState = { waiting: 'not there yet' };
  do {
    state = podState(await client.get(`${path}/${name}`, signal));
    if ('place' in state) return state.place;
    onProgress(`waiting for the pod ${name}: ${state.waiting}`);
    if (state.over) break;
    await sleep(BETWEEN_LOOKS_MS, undefined, { signal });
  } while (performance.now() - began < timeoutMs);
  throw new KubeError(`the pod ${name} does not run: ${state.waiting}`);
}

type PodState = { readonly place: PodPlace } | { readonly waiting: string; readonly over?: boolean };

function podState({ spec, status }: JsonObject): PodState {
  const { phase, podIPs, containerStatuses, conditions, message } = objectAt(status);
  const addresses = listAt(podIPs).flatMap(({ ip }) => (typeof ip === 'string' ? [ip] : []));
  const { nodeName } = objectAt(spec);
  if (phase === 'Running' && addresses.length > 0) return { place: { node: String(nodeName), addresses } };
  const [container] = listAt(containerStatuses);
  const { waiting, terminated } = objectAt(container?.['state']);
  const unscheduled = listAt(conditions).find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  const why = [waiting, terminated, unscheduled].map(objectAt).find(({ reason }) => typeof reason === 'string');
  const said = [why?.['reason'] ?? phase ?? 'Pending', why?.['message'] ?? message].filter(
    (part) => part !== undefined,
  );
  return { waiting: said.join(': '), over: phase === 'Failed' || phase === 'Succeeded' };
}

function objectAt(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function listAt(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
