import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pinnedModule } from '../harness/binaries.ts';
import { startKindCluster } from './kind-cluster.ts';

/** Docker and kind are stood in for: what is shown is which commands they would get, and that nothing is left behind. */
const DOCKER = `
case "$1" in
  run) [ ! -e "$FAKES/no-registry" ] ;;
  port) cat "$FAKES/port" ;;
  inspect) echo 172.18.0.1 ;;
  exec) case " $* " in
    *" ctr "*) printf 'TASK PID STATUS\\nabc123 4711 RUNNING\\n' ;;
    *" curl "*) printf 'ok\\n\\n200' ;;
  esac ;;
esac`;
const KIND = '[ "$1" != version ] || echo 0.33.0';
const KUBECTL = `
case " $* " in
  *" --client "*) echo '{"clientVersion":{"minor":"37"}}' ;;
  *" /version "*) echo '{"gitVersion":"v1.37.0"}' ;;
  *" get pods "*) echo "etcd $(cat "$FAKES/name")-control-plane containerd://abc123" ;;
esac`;

let folder: string;
const registry = createServer((_, response) => response.setHeader('docker-content-digest', 'sha256:d1').end());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-fakes-'));
  for (const [name, script] of Object.entries({ docker: DOCKER, kind: KIND, kubectl: KUBECTL })) {
    const file = join(folder, name);
    await writeFile(file, `#!/bin/sh\necho "${name} $*" >>"$FAKES/log"\n${script}\n`);
    await chmod(file, 0o755);
  }
  await new Promise<void>((listening) => registry.listen(0, '127.0.0.1', listening));
  await writeFile(join(folder, 'port'), `127.0.0.1:${(registry.address() as AddressInfo).port}\n`);
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH']}`);
  vi.stubEnv('FAKES', folder);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await new Promise((closed) => registry.close(closed));
  await rm(folder, { recursive: true });
});

/** The commands so far, with the cluster's name, which is new each time, as NAME and the registry's port as PORT. */
async function commands(): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'log'), 'utf8');
  const name = /--name (qdrant-admission-[0-9a-f]{8}) /.exec(text)?.[1] ?? '';
  await writeFile(join(folder, 'name'), name);
  const { port } = registry.address() as AddressInfo;
  return text.trim().replaceAll(name, 'NAME').replaceAll(String(port), 'PORT').split('\n');
}

const start = async () => startKindCluster(await pinnedModule(), () => undefined);

test('nodes know the registry by the name that images get on this machine, and images are named by digest', async () => {
  const cluster = await start();
  const mirrors = (await commands()).filter((command) => command.includes('hosts.toml'));
  const file = '/etc/containerd/certs.d/localhost:PORT/hosts.toml';
  expect(mirrors).toEqual(
    ['control-plane', 'worker'].map((node) => `docker exec -i NAME-${node} install -D /dev/stdin ${file}`),
  );
  const build = { contextDir: '/context', dockerfile: '/context/Dockerfile', buildArgs: { A: 'b' }, ref: 'a/b:built' };
  expect(await cluster.buildImage(build)).toBe(`${cluster.registry}/a/b@sha256:d1`);
  expect((await commands()).slice(-2)).toEqual([
    'docker build --provenance=false --sbom=false --file /context/Dockerfile --tag localhost:PORT/a/b:built --build-arg A=b /context',
    'docker push --quiet localhost:PORT/a/b:built',
  ]);
  await cluster.stop();
});

test('failures happen inside of the nodes, by the process that containerd names', async () => {
  const cluster = await start();
  await commands();
  await cluster.pauseEtcd();
  expect(await cluster.fetchFromNode('http://10.244.0.5:9090/readyz')).toEqual({ status: 200, text: 'ok\n' });
  await cluster.resumeEtcd();
  await cluster.killNode(await cluster.addNode());
  const sent = (await commands()).filter((command) => / (kill|uncordon) /.test(command));
  expect(sent.map((command) => command.replace(/--kubeconfig \S+ /, ''))).toEqual([
    'docker exec NAME-control-plane kill -STOP 4711',
    'docker exec NAME-control-plane kill -CONT 4711',
    'kubectl uncordon NAME-worker',
    'docker kill NAME-worker',
  ]);
  await cluster.stop();
});

test('cluster and registry are removed at the end, and where the registry does not start', async () => {
  await (await start()).stop();
  await writeFile(join(folder, 'no-registry'), '');
  const ended = (await commands()).filter((command) => /docker rm|kind delete/.test(command));
  await expect(start()).rejects.toThrow(/docker run/);
  const failed = (await readFile(join(folder, 'log'), 'utf8'))
    .split('\n')
    .filter((line) => /docker rm|kind delete/.test(line));
  expect(ended.map((command) => command.replace(/ --kubeconfig .*/, ''))).toEqual([
    'docker rm --force --volumes NAME-registry',
    'kind delete cluster --name NAME',
  ]);
  expect(failed).toHaveLength(4);
});
