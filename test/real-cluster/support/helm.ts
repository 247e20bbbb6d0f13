import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { isKubernetesObject, type KubernetesObject } from '../../../src/k8s/object.ts';
import { ensureBinaries } from '../harness/binaries.ts';
import { type RunResult, run } from '../harness/run.ts';

export const CHART = resolve(import.meta.dirname, '../../../charts/qdrant-admission');

export interface HelmOptions {
  /** Handed over as a file of values. */
  readonly values?: object;
  readonly as?: string;
  readonly asGroups?: readonly string[];
}

export interface Helm {
  readonly binary: string;
  run(args: readonly string[], options?: HelmOptions): Promise<RunResult>;
  /** Everything that the chart renders, hooks and tests included. Throws Helm's words where it renders nothing. */
  render(release: string, namespace: string, values: object, args?: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

/** Helm at the pinned version, with nothing of what is configured on this machine. */
export async function startHelm(kubeconfig?: string): Promise<Helm> {
  const { helm: binary } = await ensureBinaries(['helm'], (line) => process.stderr.write(`${line}\n`));
  const folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-helm-'));
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: folder,
    ...(kubeconfig !== undefined && { KUBECONFIG: kubeconfig }),
  };
  let files = 0;

  async function runHelm(args: readonly string[], options: HelmOptions = {}): Promise<RunResult> {
    const all = [...args];
    if (options.values) {
      const file = join(folder, `values-${files++}.yaml`);
      await writeFile(file, JSON.stringify(options.values));
      all.push('--values', file);
    }
    if (options.as !== undefined) all.push('--kube-as-user', options.as);
    for (const group of options.asGroups ?? []) all.push('--kube-as-group', group);
    return run(binary, all, { env, timeoutMs: 120_000 });
  }

  return {
    binary,
    run: runHelm,
    async render(release, namespace, values, args = []) {
      const result = await runHelm(['template', release, CHART, '--namespace', namespace, ...args], { values });
      if (result.code !== 0) throw new Error(result.stderr);
      return result.stdout;
    },
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The objects of a rendered text; throws where it holds anything else. */
export function objectsOf(rendered: string): KubernetesObject[] {
  return parseAllDocuments(rendered).flatMap((document) => {
    if ('errors' in document && document.errors.length > 0) throw document.errors[0];
    const value: unknown = document.toJS();
    if (value === null) return [];
    if (!isKubernetesObject(value)) throw new Error(`no Kubernetes object: ${JSON.stringify(value).slice(0, 200)}`);
    return [value];
  });
}
