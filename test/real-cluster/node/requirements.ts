import { access, constants, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { missingGo, pinnedModule } from '../harness/binaries.ts';
import { withProgress } from '../harness/progress.ts';
import { probe, run } from '../harness/run.ts';
import { type Log, SetupError } from '../harness/setup-error.ts';

/** What is run on the node, and the Debian package that brings it. */
const PACKAGES = {
  buildah: 'buildah',
  conntrack: 'conntrack',
  containerd: 'containerd',
  ipset: 'ipset',
  iptables: 'iptables',
  nft: 'nftables',
  runc: 'runc',
} as const;

/** What every Linux has; not installed here. */
const BASICS = ['ip', 'mount', 'nsenter', 'tar', 'unshare'] as const;

const PLUGIN_PACKAGE = 'containernetworking-plugins';
const PLUGIN_FOLDERS = ['/usr/lib/cni', '/opt/cni/bin', '/usr/libexec/cni'];

async function canRun(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Whether a program is on the PATH, or where a PATH without the administrator's folders does not look. */
async function isInstalled(program: string): Promise<boolean> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const found = await Promise.all(folders.map((folder) => canRun(join(folder, program))));
  return found.includes(true);
}

async function findPlugins(): Promise<string | undefined> {
  for (const folder of PLUGIN_FOLDERS) {
    if (await canRun(join(folder, 'bridge'))) {
      return folder;
    }
  }
  return undefined;
}

/** The folder of the CNI plugins. */
export async function pluginFolder(): Promise<string> {
  const folder = await findPlugins();
  if (folder === undefined) {
    throw new SetupError(`no CNI plugins found in ${PLUGIN_FOLDERS.join(', ')}`);
  }
  return folder;
}

async function missingPackages(): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const [program, name] of Object.entries(PACKAGES)) {
    if (!(await isInstalled(program))) {
      missing.push(name);
    }
  }
  return (await findPlugins()) === undefined ? [...missing, PLUGIN_PACKAGE] : missing;
}

async function missingFromKernel(): Promise<readonly string[]> {
  const missing: string[] = [];
  // A bridge and a veth pair inside of namespaces of their own, gone with the command.
  const links = 'ip link add probe0 type bridge && ip link add probe1 type veth peer name probe2';
  if ((await probe('unshare', ['--net', '--pid', '--mount', '--fork', 'sh', '-c', links])) === undefined) {
    missing.push('the right to make namespaces with bridges and veth pairs in them (CAP_SYS_ADMIN, CAP_NET_ADMIN)');
  }
  if (!/ - cgroup2? /.test(await readFile('/proc/self/mountinfo', 'utf8'))) {
    missing.push('a mounted cgroup hierarchy');
  }
  if (!/^nodev\toverlay$/m.test(await readFile('/proc/filesystems', 'utf8'))) {
    await probe('modprobe', ['overlay']);
    if (!/^nodev\toverlay$/m.test(await readFile('/proc/filesystems', 'utf8'))) {
      missing.push('the overlay file system');
    }
  }
  return missing;
}

/** What this machine lacks to be a node, in words for a person; empty when `startNode` can run. Packages that it can install do not count. */
export async function missingForNode(kubernetes?: string): Promise<readonly string[]> {
  if (process.platform !== 'linux') {
    return ['Linux'];
  }
  if (process.getuid?.() !== 0) {
    return ['root'];
  }
  const missing: string[] = [];
  for (const program of BASICS) {
    if (!(await isInstalled(program))) {
      missing.push(program);
    }
  }
  if (missing.length > 0) {
    return missing;
  }
  const packages = await missingPackages();
  if (packages.length > 0 && !(await isInstalled('apt-get'))) {
    missing.push(`${packages.join(', ')} (there is no apt-get to install them with)`);
  }
  const go = await missingGo(await pinnedModule(kubernetes));
  return [...missing, ...(go === undefined ? [] : [go]), ...(await missingFromKernel())];
}

/** Installs from Debian what is not there yet; throws a SetupError with apt's last words when it cannot. */
export async function installPackages(log: Log): Promise<void> {
  const names = await missingPackages();
  if (names.length === 0) {
    return;
  }
  // Packages would start their services, which nobody asked for: systemd is told that it is not there.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', SYSTEMD_OFFLINE: '1', RUNLEVEL: '1' };
  const install = ['install', '-y', '--no-install-recommends', ...names];
  await withProgress(`installing ${names.join(', ')}`, log, async () => {
    const first = await run('apt-get', install, { env });
    if (first.code === 0) {
      return;
    }
    // The usual reason is a list of packages that is missing or too old.
    await run('apt-get', ['update'], { env });
    const second = await run('apt-get', install, { env });
    if (second.code !== 0) {
      throw new SetupError(`needed from Debian: ${names.join(', ')}\n${second.stderr.trim()}`);
    }
  });
}
