import type { SharedCluster } from '../harness/cluster.ts';
import type { RunResult } from '../harness/run.ts';
import { must, type Protection, until } from '../support/protected.ts';

/** What tests of storage do on the cluster, over and over. */
export interface Storage {
  /** `kubectl create`; a refusal is a result. */
  create(...objects: readonly object[]): Promise<RunResult>;
  /** The same as a server-side dry run: all of admission, nothing stays. */
  tryCreate(object: object): Promise<RunResult>;
  /** A merge patch of something, as `pvc/data -n app`; a refusal is a result. */
  patch(target: string, body: object, ...args: readonly string[]): Promise<RunResult>;
  /** A field by its JSONPath, `{.spec.volumeName}`; empty where it is not set. */
  field(target: string, path: string): Promise<string>;
  untilField(target: string, path: string, expected: string): Promise<void>;
  /** Touches it, so that controllers look at it now, and not when they next look at all there are. */
  touch(target: string): Promise<void>;
  /** Waits until a claim, `pvc data -n app`, is bound. */
  untilBound(target: string): Promise<void>;
  /** Deletes what is there of it, waits until it is gone, and takes finalizers away that nobody is there to take. */
  remove(...targets: readonly string[]): Promise<void>;
}

export function storageOn({ kubectl }: SharedCluster): Storage {
  const field: Storage['field'] = (target, path) =>
    must(kubectl(['get', ...target.split(' '), '-o', `jsonpath=${path}`]));
  const touch: Storage['touch'] = async (target) => {
    await must(kubectl(['annotate', '--overwrite', ...target.split(' '), `example.com/look=${Date.now()}`]));
  };
  async function removeOne(target: string): Promise<void> {
    const [what = '', ...rest] = target.split(' ');
    await must(kubectl(['delete', '--ignore-not-found', '--wait=false', what, ...rest]));
    const left = async () => (await must(kubectl(['get', '--ignore-not-found', what, ...rest]))) !== '';
    if (!(await left())) return;
    await kubectl(['patch', what, ...rest, '--type=merge', '-p', '{"metadata":{"finalizers":null}}']);
    await until(`${target} to be gone`, async () => !(await left()));
  }

  return {
    field,
    touch,
    async untilBound(target) {
      await until(`${target} to be bound`, async () => {
        if ((await field(target, '{.status.phase}')) === 'Bound') return true;
        await touch(target);
        return false;
      });
    },
    create: (...objects) => kubectl(['create', '-f', '-'], { stdin: JSON.stringify(listOf(objects)) }),
    tryCreate: (object) => kubectl(['create', '--dry-run=server', '-f', '-'], { stdin: JSON.stringify(object) }),
    patch: (target, body, ...args) =>
      kubectl(['patch', ...target.split(' '), '--type=merge', '-p', JSON.stringify(body), ...args]),
    untilField: (target, path, expected) =>
      until(`${path} of ${target} to be ${expected}`, async () => (await field(target, path)) === expected),
    async remove(...targets) {
      await Promise.all(targets.map(removeOne));
    },
  };
}

/** Deletes the claims of a namespace and the volumes that are theirs, by force where nobody is there to let go of them. */
export async function removeVolumesOf({ kubectl }: SharedCluster, namespace: string): Promise<void> {
  const path = `jsonpath={range .items[?(@.spec.claimRef.namespace=="${namespace}")]}{.metadata.name} {end}`;
  const volumes = async () => (await must(kubectl(['get', 'pv', '-o', path]))).split(' ').filter((name) => name !== '');
  await must(kubectl(['-n', namespace, 'delete', 'pvc', '--all', '--timeout=5m']));
  const names = await volumes();
  if (names.length === 0) return;
  await kubectl(['delete', 'pv', ...names, '--ignore-not-found', '--wait=false']);
  await kubectl(['patch', 'pv', ...names, '--type=merge', '-p', '{"metadata":{"finalizers":null}}']);
  await until(`the volumes of ${namespace} to be gone`, async () => (await volumes()).length === 0);
}

/** Waits until the webhook has refused something whose log line names this, such as what a controller tried. */
export async function untilDenied({ webhook }: Protection, words: string): Promise<void> {
  await until(`a refusal that names ${words}`, async () =>
    webhook
      .log()
      .split('\n')
      .some((line) => line.includes('"denied"') && line.includes(words)),
  );
}

/** One object as itself: kubectl says less of a list. */
function listOf(objects: readonly object[]): object | undefined {
  return objects.length === 1 ? objects[0] : { apiVersion: 'v1', kind: 'List', items: objects };
}
