import { ensureBinaries, missingGo, type PinnedModule } from './binaries.ts';
import { probe, type RunResult, run } from './run.ts';
import { type Log, SetupError } from './setup-error.ts';

export type KubectlResult = RunResult;

interface KubectlOptions {
  /** Handed to `-f -` and the like. */
  readonly stdin?: string;
  /** Speaks as this user instead of the administrator. */
  readonly as?: string;
  readonly asGroups?: readonly string[];
  /** Milliseconds, 60,000 unless told; a command that runs longer is killed and rejects. */
  readonly timeoutMs?: number;
}

/** Runs kubectl to its end; a non-zero exit code is a result, not an error. */
export type Kubectl = (args: readonly string[], options?: KubectlOptions) => Promise<KubectlResult>;

export interface KubectlSettings {
  readonly binary: string;
  readonly kubeconfig: string;
  /** Where kubectl keeps what it discovered; clusters that come and go on one port must not share it. */
  readonly cache: string;
}

export function kubectlWith(settings: KubectlSettings): Kubectl {
  return (args, options = {}) => {
    const who = [
      ...(options.as === undefined ? [] : ['--as', options.as]),
      ...(options.asGroups ?? []).flatMap((group) => ['--as-group', group]),
    ];
    // A person's aliases and default flags (kuberc) would change what a test says.
    const env: NodeJS.ProcessEnv = { ...process.env, KUBERC: 'off', KUBECACHEDIR: settings.cache };
    delete env['KUBECONFIG'];
    return run(settings.binary, ['--kubeconfig', settings.kubeconfig, ...who, ...args], {
      env,
      timeoutMs: options.timeoutMs ?? 60_000,
      ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
    });
  };
}

/** The minor version of the kubectl on the PATH, e.g. 37; undefined when there is none. */
async function minorOnPath(): Promise<number | undefined> {
  const text = await probe('kubectl', ['version', '--client', '--output=json']);
  const minor = text === undefined ? undefined : /"minor":\s*"(\d+)/.exec(text)?.[1];
  return minor === undefined ? undefined : Number(minor);
}

/** Why no kubectl can be had; undefined when one can. */
export async function missingKubectl(module: PinnedModule): Promise<string | undefined> {
  if ((await minorOnPath()) !== undefined) {
    return undefined;
  }
  const missing = await missingGo(module);
  return missing === undefined ? undefined : `kubectl on the PATH, or ${missing} to build it`;
}

/**
 * The kubectl of the PATH where it is at most one minor version away from the pinned one (the skew that Kubernetes supports),
 * else the pinned one, built on first use. Throws a SetupError when neither can be had.
 */
export async function findKubectl(module: PinnedModule, log: Log): Promise<string> {
  const found = await minorOnPath();
  const wanted = Number(module.minor.split('.')[1]);
  if (found !== undefined && Math.abs(found - wanted) <= 1) {
    return 'kubectl';
  }
  if ((await missingGo(module)) === undefined) {
    return (await ensureBinaries(['kubectl'], log, module)).kubectl;
  }
  if (found === undefined) {
    throw new SetupError(`needed: ${await missingKubectl(module)}`);
  }
  log(
    `using kubectl 1.${found} of the PATH, though the pinned version is ${module.minor} (without Go it cannot be built)`,
  );
  return 'kubectl';
}

/** The server's version as it tells it itself, e.g. "v1.37.2"; rejects when it does not answer. */
export async function readServerVersion(kubectl: Kubectl): Promise<string> {
  const result = await kubectl(['get', '--raw', '/version']);
  if (result.code !== 0) {
    throw new Error(`the API server does not tell its version: ${result.stderr.trim()}`);
  }
  const version: unknown = JSON.parse(result.stdout);
  if (
    typeof version !== 'object' ||
    version === null ||
    !('gitVersion' in version) ||
    typeof version.gitVersion !== 'string'
  ) {
    throw new Error(`/version has no gitVersion: ${result.stdout}`);
  }
  return version.gitVersion;
}
