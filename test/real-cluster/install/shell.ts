import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { ClusterAccess } from '../harness/cluster.ts';
import { type RunResult, run } from '../harness/run.ts';
import type { Helm } from '../support/helm.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

/** Where a person types what the documentation says: kubectl and helm are on the PATH, the cluster is the current one. */
export interface Shell {
  run(script: string): Promise<RunResult>;
  stop(): Promise<void>;
}

export async function openShell({
  cluster,
  helm,
}: {
  readonly cluster: ClusterAccess;
  readonly helm: Helm;
}): Promise<Shell> {
  const folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-shell-'));
  // Without a path it is the one that is on the PATH anyway.
  if (isAbsolute(cluster.kubectlBinary)) await symlink(cluster.kubectlBinary, join(folder, 'kubectl'));
  await symlink(helm.binary, join(folder, 'helm'));
  const env = {
    PATH: `${folder}:${process.env['PATH'] ?? ''}`,
    HOME: folder,
    KUBECONFIG: cluster.kubeconfig,
    NO_PROXY: process.env['NO_PROXY'] ?? '',
  };
  return {
    run: (script) => run('/bin/sh', ['-ec', script], { env, cwd: ROOT, timeoutMs: 120_000 }),
    stop: () => rm(folder, { recursive: true }),
  };
}

/** The command in a page of the documentation that begins so, word for word; throws where there is none, or more than one. */
export async function documented(page: string, beginning: string): Promise<string> {
  const text = await readFile(join(ROOT, page), 'utf8');
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  const lines = text.split('\n').map((line) => line.replace(/ {4,}# .*$/, '').trim());
  const found = new Set([...spans, ...lines].filter((command) => command.startsWith(beginning)));
  const [command] = found;
  if (command === undefined || found.size > 1) {
    throw new Error(`${page}: expected one command that begins with "${beginning}", found ${found.size}`);
  }
  return command;
}
