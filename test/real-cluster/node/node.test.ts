import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { greeter, httpServer, type Manifest, restrictedNamespace } from './manifests.ts';
import { type NodeCluster, startNode } from './node.ts';
import { missingForNode } from './requirements.ts';
import { podCgroups, processesOf, residueOf } from './residue.ts';

const PATIENCE = { timeout: 110_000, interval: 200 };
/** The first start on a machine compiles Kubernetes. */
const FIRST_START_MS = 45 * 60_000;
/** It takes the cluster 30 s to give up a node. */
const NODE_LOSS_MS = 5 * 60_000;
const NAMESPACE = 'restricted';

const { provider, serverVersion } = inject('cluster');
const kubernetes = /^v(\d+\.\d+)/.exec(serverVersion)?.[1] ?? '';
const missing = provider === 'local' ? await missingForNode(kubernetes) : ['the provider local'];

const title = missing.length === 0 ? 'a whole node' : `a whole node (not here: needs ${missing.join('; ')})`;

describe.skipIf(missing.length > 0)(title, () => {
  const lines: string[] = [];
  let cgroups: readonly string[] = [];
  let cluster: NodeCluster;
  let base = '';

  beforeAll(async () => {
    cgroups = await podCgroups();
    cluster = await startNode({ kubernetes, log: (line) => void lines.push(line) });
    base = await cluster.baseImage();
    await apply([restrictedNamespace(NAMESPACE)]);
  }, FIRST_START_MS);

  afterAll(() => cluster?.stop());

  async function apply(manifests: readonly Manifest[]): Promise<void> {
    const list = { apiVersion: 'v1', kind: 'List', items: manifests };
    expect(await cluster.kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(list) })).toMatchObject({
      code: 0,
      stderr: '',
    });
  }

  async function read(path: string, name: string): Promise<string> {
    const args = ['get', 'pods', '-n', NAMESPACE, '-l', `app=${name}`, `--output=jsonpath={.items[*]${path}}`];
    return (await cluster.kubectl(args)).stdout;
  }

  /** What the Service answers, asked by the API server as it asks a webhook. */
  async function ask(name: string): Promise<string> {
    const path = `/api/v1/namespaces/${NAMESPACE}/services/http:${name}:http/proxy/`;
    const answer = await cluster.kubectl(['get', '--raw', path]);
    return answer.stdout || answer.stderr;
  }

  async function evaluate(name: string, script: string): Promise<string> {
    const exec = ['exec', '-n', NAMESPACE, `deployment/${name}`, '--', '/nodejs/bin/node', '--input-type=module'];
    const result = await cluster.kubectl([...exec, '--eval', script]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    return result.stdout.trim();
  }

  test('is ready, in the version of the API server', async () => {
    expect(cluster.serverVersion).toBe(serverVersion);
    const columns = '--output=jsonpath={.items[*].metadata.name} {.items[*].status.nodeInfo.kubeletVersion}';
    expect((await cluster.kubectl(['get', 'nodes', columns])).stdout).toBe(`node-1 ${serverVersion}`);
  });

  test('runs a pod of the restricted profile from its registry, reached through its Service', async () => {
    await apply(httpServer({ name: 'one', namespace: NAMESPACE, image: base, args: ['--eval', greeter('one here')] }));
    await vi.waitFor(async () => expect(await ask('one')).toBe('one here'), PATIENCE);
    expect(await read('.status.containerStatuses[0].imageID', 'one')).toBe(base);
  });

  test('gives the pod no more than the profile allows, as kubectl exec shows', async () => {
    const script = `
      import { readFileSync, writeFileSync } from 'node:fs';
      const status = readFileSync('/proc/self/status', 'utf8');
      const [, capabilities] = /CapEff:\\s*(\\S+)/.exec(status);
      const [, seccomp] = /Seccomp:\\s*(\\S+)/.exec(status);
      let write;
      try { writeFileSync('/file', ''); } catch (error) { write = error.code; }
      console.log(JSON.stringify({ user: process.getuid(), capabilities, seccomp, write }));`;
    expect(JSON.parse(await evaluate('one', script))).toEqual({
      user: 65_532,
      capabilities: '0000000000000000',
      seccomp: '2',
      write: 'EROFS',
    });
  });

  test('refuses a privileged pod there, by the API server itself', async () => {
    const run = ['run', 'bad', '-n', NAMESPACE, `--image=${base}`, '--privileged'];
    const refused = await cluster.kubectl(run);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('violates PodSecurity "restricted:latest": privileged');
  });

  test('lets a pod reach Services, the API server among them, and this machine', async () => {
    const here = createServer((_, answer) => answer.end('here')).listen(0, cluster.webhookHost);
    try {
      await vi.waitFor(() => expect(here.listening).toBe(true));
      const address = here.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const script = `
        import { readFileSync } from 'node:fs';
        import { request } from 'node:https';
        const account = (name) => readFileSync('/var/run/secrets/kubernetes.io/serviceaccount/' + name, 'utf8');
        const text = async (url) => (await fetch(url)).text();
        const options = { host: process.env.KUBERNETES_SERVICE_HOST, path: '/version', ca: account('ca.crt') };
        const headers = { authorization: 'Bearer ' + account('token') };
        const status = await new Promise((resolve, reject) => {
          const answered = (answer) => answer.resume().once('end', () => resolve(answer.statusCode));
          request({ ...options, headers, agent: false }, answered).on('error', reject).end();
        });
        console.log(JSON.stringify([
          await text('http://' + process.env.ONE_SERVICE_HOST),
          await text('http://${cluster.webhookHost}:${port}'),
          status,
        ]));`;
      // A pod knows the Services that were there before it.
      await apply(
        httpServer({ name: 'two', namespace: NAMESPACE, image: base, args: ['--eval', greeter('two here')] }),
      );
      await vi.waitFor(async () => expect(await ask('two')).toBe('two here'), PATIENCE);
      expect(JSON.parse(await evaluate('two', script))).toEqual(['one here', 'here', 200]);
    } finally {
      here.close();
    }
  });

  test('builds a Dockerfile with a RUN step on the base image, twice the same, and runs the result', async () => {
    const context = await mkdtemp(join(tmpdir(), 'qdrant-admission-context-'));
    try {
      const run = `RUN ["/nodejs/bin/node", "--eval", "fs.writeFileSync('/built.js', fs.readFileSync('/source.js'))"]`;
      const lines = ['ARG BASE', 'FROM $BASE', 'USER 0', 'COPY source.js /', run, 'USER 65532', 'CMD ["/built.js"]'];
      await writeFile(join(context, 'source.js'), greeter('built here'));
      await writeFile(join(context, 'Dockerfile'), `${lines.join('\n')}\n`);
      const build = {
        contextDir: context,
        dockerfile: join(context, 'Dockerfile'),
        buildArgs: { BASE: base },
        ref: 'built:test',
        timestamp: 0,
      };
      const image = await cluster.buildImage(build);
      expect(await cluster.buildImage(build)).toBe(image);
      await apply(httpServer({ name: 'built', namespace: NAMESPACE, image, args: [] }));
      await vi.waitFor(async () => expect(await ask('built')).toBe('built here'), PATIENCE);
    } finally {
      await rm(context, { recursive: true });
    }
  });

  test('starts a container again whose process was killed', async () => {
    const pod = await cluster.killContainer({ namespace: NAMESPACE, labels: 'app=one' });
    expect(await read('.metadata.name', 'one')).toBe(pod);
    await vi.waitFor(async () => {
      const status = '.status.containerStatuses[0]';
      expect(await read(`${status}.lastState.terminated.exitCode`, 'one')).toBe('137');
      expect(await read(`${status}.restartCount`, 'one')).toBe('1');
      expect(await ask('one')).toBe('one here');
    }, PATIENCE);
  });

  test('says which container it cannot kill', async () => {
    const nobody = cluster.killContainer({ namespace: NAMESPACE, labels: 'app=nobody' });
    await expect(nobody).rejects.toThrow('no running container of app=nobody in restricted');
  });

  test('keeps its pods over a restart of the API server and a pause of etcd', async () => {
    await cluster.restartApiServer();
    cluster.pauseEtcd();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    cluster.resumeEtcd();
    await vi.waitFor(async () => expect(await ask('one')).toBe('one here'), PATIENCE);
    expect(await read('.status.containerStatuses[0].restartCount', 'one')).toBe('1');
    expect(await evaluate('one', 'console.log(1 + 1)')).toBe('2');
  });

  test(
    'joins a second node, and replaces its pods when it is lost',
    async () => {
      const onNode = { name: 'moved', namespace: NAMESPACE, image: base, preferredNode: 'node-2' };
      await cluster.addNode('node-2');
      await apply(httpServer({ ...onNode, args: ['--eval', greeter('moved here')] }));
      await vi.waitFor(async () => expect(await ask('moved')).toBe('moved here'), PATIENCE);
      expect(await read('.spec.nodeName', 'moved')).toBe('node-2');
      const address = await clusterIp('moved');
      const fetchIt = `fetch('http://${address}').then((answer) => answer.text()).then(console.log, console.log)`;
      await vi.waitFor(async () => expect(await evaluate('one', fetchIt)).toBe('moved here'), PATIENCE);

      await cluster.killNode('node-2');
      expect(cluster.nodes()).toEqual(['node-1']);
      await vi.waitFor(async () => {
        expect((await read('.spec.nodeName', 'moved')).split(' ')).toContain('node-1');
        expect(await ask('moved')).toBe('moved here');
      }, PATIENCE);
      await expect(cluster.killNode('node-1')).rejects.toThrow('shares its network with the control plane');

      await cluster.addNode('node-2');
      expect(cluster.nodes()).toEqual(['node-1', 'node-2']);
      await vi.waitFor(async () => expect(await read('.spec.nodeName', 'moved')).toBe('node-1'), PATIENCE);
    },
    NODE_LOSS_MS,
  );

  async function clusterIp(name: string): Promise<string> {
    const args = ['get', 'service', name, '-n', NAMESPACE, '--output=jsonpath={.spec.clusterIP}'];
    return (await cluster.kubectl(args)).stdout;
  }

  test('ends the processes of pods that are deleted', async () => {
    const before = await processesOf(cluster);
    await cluster.kubectl(['delete', 'deployment', 'built', '-n', NAMESPACE, '--wait']);
    await vi.waitFor(async () => {
      expect(await read('.metadata.name', 'built')).toBe('');
      expect((await processesOf(cluster)).length).toBeLessThan(before.length);
    }, PATIENCE);
  });

  test('leaves no process, mount, namespace, interface, cgroup or file behind when it is stopped', async () => {
    expect((await processesOf(cluster)).length).toBeGreaterThan(cluster.processIds().length);
    expect(await podCgroups()).not.toEqual(cgroups);
    await cluster.stop();
    expect(await residueOf(cluster)).toEqual([]);
    expect(await podCgroups()).toEqual(cgroups);
    expect(lines.filter((line) => line.includes('ended by itself'))).toEqual([]);
  });

  test('leaves nothing behind when the harness is killed', async () => {
    const main = join(import.meta.dirname, 'main.ts');
    const harness = spawn(process.execPath, [main, 'up', '--kubernetes', kubernetes]);
    let folder = '';
    for await (const line of createInterface({ input: harness.stderr })) {
      folder = /with its files in (.+)$/.exec(line)?.[1] ?? folder;
      if (line.startsWith('Ctrl-C')) {
        break;
      }
    }
    const traces = { folder, network: cluster.network };
    expect(folder).toContain(cluster.network);
    expect(await residueOf(traces)).not.toEqual([]);
    harness.kill('SIGKILL');
    await vi.waitFor(async () => expect(await residueOf(traces)).toEqual([]), PATIENCE);
    expect(await podCgroups()).toEqual(cgroups);
  });
});
