import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { probeOutputSchema } from '../../../../src/cli/network/probe/json.ts';
import { LABEL, PREFIX } from '../../../../src/cli/network/probe/objects.ts';
import { PROGRAM, runProgram, type Surroundings } from '../../../support/command-line.ts';
import {
  type ScriptedApi,
  type ScriptedRequest,
  sendJson,
  sendStatus,
  startScriptedApi,
} from '../../../support/scripted-api.ts';

let api: ScriptedApi;
beforeAll(async () => {
  api = await startScriptedApi();
});
afterAll(() => api.close());

interface Metadata {
  readonly name: string;
  readonly uid: string;
  readonly labels?: Readonly<Record<string, string>>;
}

interface Reply {
  readonly status?: number;
  /** A text is sent as one. */
  readonly body: unknown;
}

/** A cluster with as much of Kubernetes in it as a probe meets; `refusing` answers instead where it wants to. */
class Cluster {
  readonly namespaces = new Map<string, Metadata>();
  readonly policies = new Set<string>();
  enforced: readonly string[] = ['Ingress', 'Egress'];
  address = '10.0.0.7';
  attempts = 0;
  /** What an attempt comes to, by the types of the policies that are there. */
  outcome = (types: readonly string[]): string =>
    types.some((type) => this.enforced.includes(type)) ? 'ECONNREFUSED' : 'open';
  refusing: (request: ScriptedRequest, response: ServerResponse) => boolean = () => false;

  answer(request: ScriptedRequest, response: ServerResponse): void {
    if (this.refusing(request, response)) return;
    const { status = 200, body } = this.#reply(request);
    if (typeof body === 'string') response.writeHead(status, { 'content-type': 'text/plain' }).end(body);
    else sendJson(response, body, status);
  }

  #reply({ method, url, body }: ScriptedRequest): Reply {
    const [plural = '', name = '', sub] = url.pathname.replace(/^.*\/v1\/(namespaces\/[^/]+\/(?=.))?/, '').split('/');
    const object = body === '' ? undefined : JSON.parse(body);
    if (sub === 'log') return { body: this.#log() };
    if (method === 'POST') return this.#create(plural, object);
    if (method === 'DELETE') return this.#delete(plural, name, object);
    if (plural === 'namespaces' && name === '') {
      const marked = [...this.namespaces.values()].filter(({ labels }) => labels?.[LABEL] !== undefined);
      expect(url.searchParams.get('labelSelector')).toBe(LABEL);
      return { body: { items: marked.map((metadata) => ({ metadata })) } };
    }
    const metadata = this.namespaces.get(name);
    if (plural === 'namespaces') return metadata ? { body: { metadata } } : notFound(name);
    return { body: { spec: { nodeName: 'node-1' }, status: { phase: 'Running', podIPs: [{ ip: this.address }] } } };
  }

  #create(plural: string, object: { metadata: Metadata }): Reply {
    const { name } = object.metadata;
    if (plural === 'namespaces') {
      if (this.namespaces.has(name))
        return { status: 409, body: { kind: 'Status', message: `${name} already exists` } };
      this.namespaces.set(name, { ...object.metadata, uid: `uid of ${name}` });
    }
    if (plural === 'networkpolicies') this.policies.add(name);
    return { status: 201, body: object };
  }

  #delete(plural: string, name: string, options: unknown): Reply {
    if (plural === 'networkpolicies') this.policies.delete(name);
    if (plural === 'namespaces') {
      expect(options).toMatchObject({ preconditions: { uid: `uid of ${name}` } });
      this.namespaces.delete(name);
    }
    return { body: {} };
  }

  #log(): string {
    const types = [...this.policies].map((name) => (name.endsWith('ingress') ? 'Ingress' : 'Egress'));
    const lines = Array.from({ length: 5 }, () => {
      this.attempts += 1;
      return JSON.stringify({ number: this.attempts, outcomes: [[this.address, this.outcome(types)]] });
    });
    return `${lines.join('\n')}\n`;
  }
}

function notFound(name: string): Reply {
  return { status: 404, body: { kind: 'Status', reason: 'NotFound', details: { name } } };
}

let cluster: Cluster;
beforeEach(() => {
  cluster = new Cluster();
  api.requests.length = 0;
  api.play((request, response) => cluster.answer(request, response));
});

const probe = (args: readonly string[] = [], around: Surroundings = {}) =>
  runProgram(['network', 'probe', '--kubeconfig', api.kubeconfig, '--timeout-seconds', '1', ...args], around);

describe('network probe', () => {
  it.each([
    ['both', ['Ingress', 'Egress'], 0, ['denied', 'denied']],
    ['neither', [], 1, ['open', 'open']],
    ['ingress only', ['Ingress'], 1, ['denied', 'open']],
    ['egress only', ['Egress'], 1, ['open', 'denied']],
  ])('where %s is enforced', async (_, enforced, code, outcomes) => {
    cluster.enforced = enforced;
    const ran = await probe(['--format', 'json']);
    expect(ran).toMatchObject({ code, stderr: '' });
    const output = probeOutputSchema.parse(JSON.parse(ran.stdout));
    expect(output.directions.map(({ outcome }) => outcome)).toEqual(outcomes);
    expect(output).toMatchObject({ exitCode: code, server: { node: 'node-1', addresses: ['10.0.0.7'] } });
    expect(cluster.namespaces.size).toBe(0);
    expect(cluster.policies.size).toBe(0);
  });

  it('says so to people', async () => {
    const { stdout } = await probe();
    expect(stdout.replaceAll(/after \d+ ms/g, 'after N ms')).toBe(`\
tried from a pod on node-1 (10.0.0.7) to a pod on node-1 (10.0.0.7)
default deny of ingress  denied after N ms (10.0.0.7 ECONNREFUSED)
default deny of egress   denied after N ms (10.0.0.7 ECONNREFUSED)

NetworkPolicies are enforced between these pods.
`);
    cluster.enforced = ['Ingress'];
    const open = await probe();
    expect(open.stdout).toContain('default deny of egress   NOT denied within 1 s (10.0.0.7 open)\n');
    expect(open.stdout).toContain('NetworkPolicies are NOT enforced between these pods');
  });

  it("runs the program's own image, or the one that is named", async () => {
    await probe();
    await probe(['--image', 'registry.example.com/node:26']);
    const images = api.requests
      .filter(({ method, url }) => method === 'POST' && url.pathname.endsWith('/pods'))
      .map(({ body }) => JSON.parse(body).spec.containers[0].image);
    const own = `ghcr.io/qdrant/qdrant-admission:${PROGRAM.version}`;
    const named = 'registry.example.com/node:26';
    expect(images).toEqual([own, own, named, named]);
  });

  it.each([
    ['nothing is open to begin with', () => 'ECONNREFUSED', 'even without a NetworkPolicy'],
    [
      'a connection that was denied stays so',
      (() => {
        let broken = false;
        return (types: readonly string[]) => {
          broken ||= types.length > 0;
          return broken ? 'no answer' : 'open';
        };
      })(),
      'not open again',
    ],
  ])('could not tell where %s', async (_, outcome, said) => {
    cluster.outcome = outcome;
    const { code, stdout } = await probe();
    expect(code).toBe(2);
    expect(stdout).toContain(said);
    expect(cluster.namespaces.size).toBe(0);
  });

  it('could not tell where the client makes no attempts any more: what it said last is old', async () => {
    cluster.enforced = [];
    cluster.refusing = ({ url }, response) => {
      if (!url.pathname.endsWith('/log') || cluster.policies.size === 0) return false;
      const line = JSON.stringify({ number: 7, outcomes: [[cluster.address, 'open']] });
      response.writeHead(200, { 'content-type': 'text/plain' }).end(`${line}\n`.repeat(5));
      return true;
    };
    const { code, stdout } = await probe();
    expect(code).toBe(2);
    expect(stdout).toContain('makes no attempts any more');
  });

  it('is patient with a log that cannot be read for a moment, and not where it may not be read', async () => {
    let failures = 3;
    cluster.refusing = ({ url }, response) => {
      if (!url.pathname.endsWith('/log') || failures-- <= 0) return false;
      sendStatus(response, 500, 'InternalError', 'no such container yet');
      return true;
    };
    expect((await probe()).code).toBe(0);
    cluster.refusing = ({ url }, response) => {
      if (!url.pathname.endsWith('/log')) return false;
      sendStatus(response, 403, 'Forbidden', 'not for you');
      return true;
    };
    const { code, stdout } = await probe(['--timeout-seconds', '3600']);
    expect(code).toBe(2);
    expect(stdout).toContain('the log of the client pod could not be read: not for you');
  });

  it.each([
    ['pods', 'violates a quota\u001b[31m'],
    ['networkpolicies', 'not for you'],
    ['serviceaccounts', 'not for you'],
  ])('could not tell where %s are refused, and cleans up', async (plural, message) => {
    cluster.refusing = ({ method, url }, response) => {
      if (method !== 'POST' || !url.pathname.endsWith(`/${plural}`)) return false;
      sendStatus(response, 403, 'Forbidden', message);
      return true;
    };
    const { code, stdout } = await probe();
    expect(code).toBe(2);
    expect(stdout).toContain(message.replace('\u001b[31m', ''));
    expect(stdout).not.toContain('\u001b');
    expect(cluster.namespaces.size).toBe(0);
  });

  it('leaves a namespace alone that was there before', async () => {
    cluster.namespaces.set('mine', { name: 'mine', uid: '1' });
    const { code, stdout } = await probe(['-n', 'mine']);
    expect(code).toBe(2);
    expect(stdout).toContain('mine already exists');
    expect([...cluster.namespaces.keys()]).toEqual(['mine']);
  });

  it('makes and deletes the namespace that is named', async () => {
    expect((await probe(['--namespace', 'scratch'])).code).toBe(0);
    const made = api.requests.find(({ method, url }) => method === 'POST' && url.pathname === '/api/v1/namespaces');
    expect(JSON.parse(made?.body ?? '').metadata.name).toBe('scratch');
    expect(cluster.namespaces.size).toBe(0);
  });

  it('deletes what a killed one left, known by label and name', async () => {
    const left = `${PREFIX}dead`;
    const labels = { [LABEL]: 'a run' };
    for (const [name, marks] of [
      [left, labels],
      [`${PREFIX}unmarked`, undefined],
      ['of-others', labels],
      ['named', labels],
    ] as const) {
      cluster.namespaces.set(name, { name, uid: `uid of ${name}`, ...(marks && { labels: marks }) });
    }
    const ran = await probe(['-n', 'named']);
    expect(ran.stderr).toBe(
      [left, 'named'].map((name) => `deleted the namespace ${name}, which an earlier probe had left\n`).join(''),
    );
    expect(ran.code).toBe(0);
    expect([...cluster.namespaces.keys()]).toEqual([`${PREFIX}unmarked`, 'of-others']);
  });

  it.each(['/pods', '/log', '/networkpolicies'])('cleans up when it is interrupted at %s', async (at) => {
    const stop = new AbortController();
    cluster.refusing = ({ url }) => {
      if (url.pathname.endsWith(at)) stop.abort();
      return false;
    };
    const { code, stdout } = await probe([], { signal: stop.signal });
    expect(code).toBe(2);
    expect(stdout).toContain('could not tell: interrupted');
    expect(cluster.namespaces.size).toBe(0);
  });

  it('says what is left where it cannot clean up', async () => {
    cluster.refusing = ({ method, url }, response) => {
      if (method !== 'DELETE' || !url.pathname.startsWith('/api/v1/namespaces/')) return false;
      sendStatus(response, 403, 'Forbidden', 'not for you');
      return true;
    };
    const { code, stderr } = await probe(['-n', 'scratch']);
    expect(code).toBe(0);
    expect(stderr).toContain('the namespace scratch could not be deleted: ');
    expect(stderr).toContain('kubectl delete namespace scratch');
  });

  it.each([
    [['--timeout-seconds', '0'], '--timeout-seconds is "0": expected a number from 1'],
    [['--namespace', 'a/b'], '--namespace is "a/b": expected the name of a namespace'],
    [['--image='], '--image is empty: expected IMAGE'],
    [['--format', 'yaml'], '--format is "yaml": expected text'],
  ])('%j is a misuse', async (args, said) => {
    const { code, stdout, stderr } = await runProgram(['network', 'probe', ...args]);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain(`qdrant-admission network probe: ${said}`);
  });

  it('refuses a kubeconfig that cannot be used', async () => {
    const { code, stderr } = await runProgram(['network', 'probe', '--kubeconfig', '/absent']);
    expect(code).toBe(3);
    expect(stderr).toContain('/absent: cannot be read');
  });
});
