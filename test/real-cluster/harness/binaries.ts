import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { withProgress } from './progress.ts';
import { output, probe, run } from './run.ts';
import { type Log, SetupError } from './setup-error.ts';

const MODULES = resolve(import.meta.dirname, '../binaries');

const COMMANDS = {
  'cert-manager': '.',
  coredns: '.',
  cosign: 'github.com/sigstore/cosign/v3/cmd/cosign',
  'csi-driver': '.',
  'csi-provisioner': 'github.com/kubernetes-csi/external-provisioner/v6/cmd/csi-provisioner',
  etcd: 'go.etcd.io/etcd/server/v3',
  fulcio: 'github.com/sigstore/fulcio',
  helm: 'helm.sh/helm/v4/cmd/helm',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
  'kube-proxy': 'k8s.io/kubernetes/cmd/kube-proxy',
  'kube-router': 'github.com/cloudnativelabs/kube-router/v2/cmd/kube-router',
  'kube-scheduler': 'k8s.io/kubernetes/cmd/kube-scheduler',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
  kubelet: 'k8s.io/kubernetes/cmd/kubelet',
  promrules: '.',
  registry: '.',
  'rekor-server': 'github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix',
  'timestamp-server': 'github.com/sigstore/timestamp-authority/v2/cmd/timestamp-server',
} as const;

const CERT_MANAGER = 'github.com/cert-manager/cert-manager';
const COSIGN = 'github.com/sigstore/cosign/v3';
const COSIGN_VERSION = 'sigs.k8s.io/release-utils/version.gitVersion';
const FULCIO = 'github.com/sigstore/fulcio';
const HELM = 'helm.sh/helm/v4';
const HELM_VERSION = `${HELM}/internal/version.version`;
const KUBE_ROUTER = 'github.com/cloudnativelabs/kube-router/v2';
const KUBE_ROUTER_VERSION = `${KUBE_ROUTER}/pkg/version.Version`;
const PROVISIONER = 'github.com/kubernetes-csi/external-provisioner/v6';
const SNAPSHOTTER = 'github.com/kubernetes-csi/external-snapshotter/client/v8';

export type BinaryName = keyof typeof COMMANDS;

/** A Go module that pins what is built here, and all that is needed to build it. */
interface GoModule {
  readonly folder: string;
  /** The least Go version that builds it, e.g. "1.26.0". */
  readonly go: string;
  /** Variables that a release sets when it is linked. */
  readonly variables: Readonly<Record<string, string>>;
}

/** A Go module that pins one Kubernetes version. */
export interface PinnedModule extends GoModule {
  /** The Kubernetes version, e.g. "v1.37.2". */
  readonly kubernetes: string;
  /** Its minor version, e.g. "1.37". */
  readonly minor: string;
}

/** Where binaries are kept: outside the checkout, so that a fresh clone does not build them again. */
function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'qdrant-admission', 'binaries');
}

/** The Go version that a module asks for, and the version of one module that it requires. */
async function readRequirement(
  folder: string,
  path: string,
): Promise<{ readonly go: string; readonly version: string; readonly major: string; readonly minor: string }> {
  const file = join(folder, 'go.mod');
  const text = await readFile(file, 'utf8');
  // A single requirement stands on the line of its directive.
  const lines = text.split('\n').map((line) =>
    line
      .trim()
      .replace(/^require /, '')
      .split(' '),
  );
  const go = lines.find(([word]) => word === 'go')?.[1];
  const version = lines.find(([word]) => word === path)?.[1];
  const [, major, minor] = /^v(\d+)\.(\d+)\.\d+$/.exec(version ?? '') ?? [];
  if (go === undefined || version === undefined || major === undefined || minor === undefined) {
    throw new Error(`${file}: expected a "go" directive and a "${path} vX.Y.Z" requirement`);
  }
  return { go, version, major, minor };
}

async function readModule(folder: string): Promise<PinnedModule> {
  const { go, version, major, minor } = await readRequirement(folder, 'k8s.io/kubernetes');
  const variables = { gitVersion: version, gitMajor: major, gitMinor: minor };
  return {
    folder,
    go,
    variables: Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [`k8s.io/component-base/version.${name}`, value]),
    ),
    kubernetes: version,
    minor: `${major}.${minor}`,
  };
}

/** What has a version of its own, whatever the Kubernetes module is. */
const OTHERS: Readonly<Partial<Record<BinaryName, () => Promise<GoModule>>>> = {
  'cert-manager': () => otherModule('cert-manager', CERT_MANAGER),
  coredns: () => otherModule('coredns', 'github.com/coredns/coredns'),
  cosign: () => otherModule('cosign', COSIGN, COSIGN_VERSION),
  'csi-driver': () => otherModule('csi', PROVISIONER),
  'csi-provisioner': () => otherModule('csi', PROVISIONER),
  fulcio: () => otherModule('sigstore', FULCIO),
  helm: () => otherModule('helm', HELM, HELM_VERSION),
  'kube-router': () => otherModule('kube-router', KUBE_ROUTER, KUBE_ROUTER_VERSION),
  promrules: () => otherModule('promrules', 'github.com/prometheus/prometheus'),
  registry: () => otherModule('sigstore', FULCIO),
  'rekor-server': () => otherModule('sigstore', FULCIO),
  'timestamp-server': () => otherModule('sigstore', FULCIO),
};

/** A module that builds one thing, and the variable that takes its version. */
async function otherModule(name: string, required: string, variable?: string): Promise<GoModule> {
  const folder = join(MODULES, name);
  const { go, version } = await readRequirement(folder, required);
  return { folder, go, variables: variable === undefined ? {} : { [variable]: version } };
}

/** Every pinned Kubernetes, the newest (the default) first. */
async function pinnedModules(): Promise<readonly PinnedModule[]> {
  const entries = await readdir(MODULES, { withFileTypes: true });
  const others = entries
    .filter((entry) => entry.isDirectory() && /^\d+\.\d+$/.test(entry.name))
    .map((entry) => join(MODULES, entry.name));
  return Promise.all([MODULES, ...others].map(readModule));
}

/** The module for a minor version such as "1.34"; the newest when none is given. Throws a SetupError for one that is not pinned. */
export async function pinnedModule(minor?: string): Promise<PinnedModule> {
  const modules = await pinnedModules();
  const found = minor === undefined ? modules[0] : modules.find((module) => module.minor === minor);
  if (found === undefined) {
    const pinned = modules.map((module) => module.minor).join(', ');
    throw new SetupError(`Kubernetes ${minor} is not pinned here: expected one of ${pinned}`);
  }
  return found;
}

/** Why Go cannot build the module ("Go >= 1.26.0 (found go1.22.1)"); undefined when it can. */
export async function missingGo(module: GoModule): Promise<string | undefined> {
  const need = `Go >= ${module.go}`;
  // Asked outside the module: an older toolchain refuses to answer inside of it, or downloads a newer one.
  const found = await probe('go', ['env', 'GOVERSION']);
  if (found === undefined) {
    return `${need} (no "go" on the PATH)`;
  }
  const have = /^go(\d+)\.(\d+)/.exec(found);
  const least = /^(\d+)\.(\d+)/.exec(module.go);
  const distance = (Number(have?.[1]) - Number(least?.[1])) * 1000 + Number(have?.[2]) - Number(least?.[2]);
  return distance >= 0 ? undefined : `${need} (found ${found})`;
}

function goEnvironment(): NodeJS.ProcessEnv {
  // A go.work above the checkout would replace the pinned versions.
  return { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' };
}

function buildFlags(module: GoModule): readonly string[] {
  const settings = Object.entries(module.variables).map(([name, value]) => `-X ${name}=${value}`);
  return ['-trimpath', '-ldflags', ['-s -w', ...settings].join(' ')];
}

/** The folder that holds what this module builds with this Go; another pin, Go or flag means another folder. */
async function binariesFolder(module: GoModule): Promise<string> {
  const hash = createHash('sha256');
  const sources = (await readdir(module.folder)).filter((name) => /\.(go|mod|sum)$/.test(name)).sort();
  for (const file of sources) {
    hash.update(await readFile(join(module.folder, file))).update('\0');
  }
  hash.update(await output('go', ['version'], { cwd: module.folder })).update('\0');
  hash.update(buildFlags(module).join('\0'));
  return join(cacheFolder(), hash.digest('hex').slice(0, 24));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Removes what builds left that were killed with their harness; a build that still runs keeps its own. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = /\.(\d+)\.partial$/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) {
      await rm(join(folder, name), { force: true });
    }
  }
}

async function build(name: BinaryName, module: GoModule, target: string): Promise<void> {
  // Renamed into place when it is whole: a build that is killed leaves nothing under the final name.
  const partial = `${target}.${process.pid}.partial`;
  try {
    const args = ['build', ...buildFlags(module), '-o', partial, COMMANDS[name]];
    const result = await run('go', args, { cwd: module.folder, env: goEnvironment() });
    if (result.code !== 0) {
      throw new Error(`go build ${COMMANDS[name]} failed in ${module.folder}\n${result.stderr.trim()}`);
    }
    await rename(partial, target);
  } finally {
    await rm(partial, { force: true });
  }
}

async function ensureBinary(name: BinaryName, module: GoModule, label: string, log: Log): Promise<string> {
  const missing = await missingGo(module);
  if (missing !== undefined) {
    throw new SetupError(`building ${name} needs ${missing}`);
  }
  const folder = await binariesFolder(module);
  await mkdir(folder, { recursive: true });
  await sweep(folder);
  const path = join(folder, name);
  if (!(await exists(path))) {
    await withProgress(`building ${label}`, log, () => build(name, module, path));
  }
  return path;
}

/**
 * Builds what is not in the cache yet, and answers with the path of each binary. Throws a SetupError when Go is missing
 * or too old, and the compiler's words when a build fails.
 */
export async function ensureBinaries<Name extends BinaryName>(
  names: readonly Name[],
  log: Log,
  module?: PinnedModule,
): Promise<Record<Name, string>> {
  const kubernetes = module ?? (await pinnedModule());
  const paths: [Name, string][] = [];
  for (const name of names) {
    const other = await OTHERS[name]?.();
    const label = other || name === 'etcd' ? name : `${name} ${kubernetes.kubernetes}`;
    paths.push([name, await ensureBinary(name, other ?? kubernetes, label, log)]);
  }
  return Object.fromEntries(paths) as Record<Name, string>;
}

/** The path of what was built before, or of Helm 4 on the PATH; undefined where there is none. It builds nothing. */
export async function findHelm(): Promise<string | undefined> {
  const module = await otherModule('helm', HELM, HELM_VERSION);
  if ((await missingGo(module)) === undefined) {
    const built = join(await binariesFolder(module), 'helm');
    if (await exists(built)) return built;
  }
  const version = await probe('helm', ['version', '--template', '{{.Version}}']);
  return version?.startsWith('v4.') ? 'helm' : undefined;
}

/** The same; where there is none and Go is, it is built. */
export async function findOrBuildHelm(log: Log): Promise<string | undefined> {
  const found = await findHelm();
  if (found !== undefined || (await missingGo(await pinnedModule())) !== undefined) return found;
  const { helm } = await ensureBinaries(['helm'], log);
  return helm;
}

/** The path of a tool that is installed by its own version, e.g. `sigs.k8s.io/kind@v0.33.0`; installed when it is not in the cache yet. */
export async function ensureTool(packageAtVersion: string, name: string, log: Log): Promise<string> {
  const folder = join(cacheFolder(), packageAtVersion.replaceAll(/[^\w.@-]/g, '_'));
  const path = join(folder, name);
  if (!(await exists(path))) {
    const env = { ...goEnvironment(), GOBIN: folder };
    await withProgress(`installing ${packageAtVersion}`, log, () =>
      output('go', ['install', packageAtVersion], { env }),
    );
  }
  return path;
}

/**
 * The folder of a Go module at the version that the pinned module (the newest, unless another is given) requires, downloaded if need be.
 * Its files are read-only. Throws a SetupError when Go is missing.
 */
export async function goModule(path: string, module?: GoModule): Promise<string> {
  const chosen = module ?? (await pinnedModule());
  const missing = await missingGo(chosen);
  if (missing !== undefined) {
    throw new SetupError(`reading the Go module ${path} needs ${missing}`);
  }
  const text = await output('go', ['mod', 'download', '-json', path], { cwd: chosen.folder, env: goEnvironment() });
  const answer: unknown = JSON.parse(text);
  if (typeof answer !== 'object' || answer === null || !('Dir' in answer) || typeof answer.Dir !== 'string') {
    throw new Error(`go mod download ${path} named no folder: ${text}`);
  }
  return answer.Dir;
}

/** The folder of cert-manager's source at the version that is built here. */
export async function certManagerSource(): Promise<string> {
  return goModule(CERT_MANAGER, await otherModule('cert-manager', CERT_MANAGER));
}

/** The folder of the CRDs of volume snapshots, at the version that the provisioner built here was made for. */
export async function snapshotDefinitions(): Promise<string> {
  return join(await goModule(SNAPSHOTTER, await otherModule('csi', PROVISIONER)), 'config/crd');
}
