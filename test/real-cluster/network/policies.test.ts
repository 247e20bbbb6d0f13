import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { runProgram } from '../../support/command-line.ts';
import { defaultDeny, networkPolicy } from '../../support/network-objects.ts';
import { repeats } from '../../support/repeats.ts';
import { joinCluster } from '../harness/cluster.ts';
import { goodSpec, pod } from '../support/pods.ts';
import {
  apply,
  configFor,
  ENFORCED,
  ensureNamespace,
  must,
  type Protection,
  protect,
  until,
} from '../support/protected.ts';

/** What keeps a namespace isolated, asked of the real API server: its defaults, its order of deletion, its races. */
const cluster = joinCluster(inject('cluster'));
const { kubectl } = cluster;
const namespace = 'policies';
const ROUNDS = repeats(200);
let protection: Protection;

/** A default deny may go only by this: with it a suite can make and delete one in each round. */
const EXEMPTION = {
  rule: 'default-deny-kept',
  namespace,
  path: 'spec',
  reason: 'each round begins without a default deny',
  responsible: 'the suite',
  expires: '2100-01-01T00:00:00Z',
};
const CONFIG = configFor(namespace);
const IN = ['-n', namespace] as const;

const ALL = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] };
const LOOSER = { podSelector: {}, policyTypes: ['Ingress'], egress: null };

function policy(name: string, spec: object): object {
  return networkPolicy(name, spec as never, { namespace });
}

function applyList(...items: readonly object[]) {
  return kubectl(['apply', '-f', '-'], { stdin: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) });
}

async function patch(name: string, change: object): Promise<{ code: number; stderr: string }> {
  return kubectl([...IN, 'patch', 'networkpolicy', name, '--type=merge', '-p', JSON.stringify(change)]);
}

async function namesOfPolicies(): Promise<string[]> {
  const { items } = JSON.parse(await must(kubectl([...IN, 'get', 'networkpolicy', '-o', 'json'])));
  return items.map(({ metadata }: { metadata: { name: string } }) => metadata.name).sort();
}

beforeAll(async () => {
  await ensureNamespace(cluster, namespace);
  protection = await protect(cluster, namespace, CONFIG);
});

afterAll(() => protection?.remove());

describe('a default deny', () => {
  test.each<[what: string, ...args: string[]]>([
    ['deleted', 'delete', 'networkpolicy', 'default-deny'],
    ['deleted with all others', 'delete', 'networkpolicy', '--all'],
    ['replaced', 'replace', '--force', '-f', '-'],
  ])('cannot be %s, though no pod is there', async (_, ...args) => {
    const { code, stderr } = await kubectl([...IN, ...args], { stdin: JSON.stringify(policy('default-deny', LOOSER)) });
    expect(code).not.toBe(0);
    expect(stderr).toContain('default-deny-kept');
    expect(await namesOfPolicies()).toEqual(['default-deny']);
  });

  test.each<[what: string, change: object]>([
    ['for one direction only', { spec: { policyTypes: ['Ingress'] } }],
    ['for some pods only', { spec: { podSelector: { matchLabels: { app: 'qdrant' } } } }],
    ['with an opening', { spec: { egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }] } }],
    [
      'with an owner',
      {
        metadata: {
          ownerReferences: [
            { apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: 'c0ffee00-0000-4000-8000-000000000002' },
          ],
        },
      },
    ],
  ])('cannot be changed to hold %s', async (_, change) => {
    const { code, stderr } = await patch('default-deny', change);
    expect(code).not.toBe(0);
    expect(stderr).toContain('default-deny-kept');
  });

  test('can be labelled', async () => {
    expect((await patch('default-deny', { metadata: { labels: { team: 'platform' } } })).code).toBe(0);
  });

  test('of two, one stays, whoever deletes which at the same moment', async () => {
    await apply(cluster, policy('deny-all', ALL));
    const both = ['default-deny', 'deny-all'].map((name) => kubectl([...IN, 'delete', 'networkpolicy', name]));
    const codes = (await Promise.all(both)).map(({ code }) => code);
    expect(codes).toEqual([1, 0]);
    expect(await namesOfPolicies()).toEqual(['default-deny']);
  });

  test('counts as the API server fills it in: without policyTypes and without rules for egress it is for Ingress', async () => {
    await apply(cluster, policy('ingress-only', { podSelector: {}, egress: [] }));
    const types = await must(
      kubectl([...IN, 'get', 'networkpolicy', 'ingress-only', '-o', 'jsonpath={.spec.policyTypes}']),
    );
    expect(types).toBe('["Ingress"]');
    await must(kubectl([...IN, 'delete', 'networkpolicy', 'ingress-only']));
  });
});

describe('what network plan prints', () => {
  const labelled = (app: string) => ({ selector: { matchLabels: { app } } });
  const roles = { operator: labelled('qdrant-operator'), client: labelled('loader') };
  const network = {
    clients: [{ namespace: 'shop' }, { cidr: '10.20.0.0/16' }],
    monitoring: [{ namespace: 'monitoring' }],
  };
  const config = {
    version: 1,
    network: { ...ENFORCED, apiServer: [{ cidr: '10.0.0.7/32' }] },
    namespaces: [{ names: [namespace], profile: 'private', roles, network }],
  };
  let folder: string;

  beforeAll(async () => {
    await protection.restart(config);
    folder = await mkdtemp(join(tmpdir(), 'plan-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('is applied as it is', async () => {
    const file = join(folder, 'config.yaml');
    await writeFile(file, JSON.stringify(config));
    const plan = await runProgram(['network', 'plan', '--config', file, '-n', namespace]);
    expect([plan.code, plan.stderr]).toEqual([0, '']);
    expect(plan.stdout).toContain('name: allow-operator');
    const applied = await kubectl(['apply', '-f', '-'], { stdin: plan.stdout });
    expect(applied.stderr).not.toContain('denied the request');
    expect([applied.code, await namesOfPolicies()]).toEqual([
      0,
      ['allow-client', 'allow-database', 'allow-dns', 'allow-operator', 'default-deny'],
    ]);
    const database = pod(namespace, 'database', goodSpec(), { labels: { app: 'qdrant' } });
    expect((await kubectl(['create', '--dry-run=server', '-f', '-'], { stdin: JSON.stringify(database) })).code).toBe(
      0,
    );
  });
});

describe('a range of addresses', () => {
  const network = { clients: [{ cidr: '10.20.0.0/16' }] };
  const [, minor] = /^v1\.(\d+)/.exec(inject('cluster').serverVersion) ?? [];
  /** Since 1.36 the API server itself refuses what not everybody reads alike, and bits behind the prefix. */
  const isStrict = Number(minor) >= 36;

  beforeAll(() => protection.restart({ ...CONFIG, namespaces: [{ names: [namespace], profile: 'private', network }] }));

  function from(cidr: string, except: readonly string[] = []): object {
    const peers = [{ ipBlock: { cidr, ...(except.length > 0 && { except }) } }];
    const spec = {
      podSelector: { matchLabels: { app: 'qdrant' } },
      ingress: [{ from: peers, ports: [{ port: 6333 }] }],
    };
    return policy('ranges', spec);
  }

  test.each(['10.20.0.0', '10.20.0.0/33', '10.20.0/16', 'qdrant', ''])('%j is none to the API server', async (cidr) => {
    const { code, stderr } = await applyList(from(cidr));
    expect(code).not.toBe(0);
    expect(stderr).toContain('spec.ingress[0].from[0].ipBlock.cidr');
    expect(stderr).not.toContain('denied the request');
  });

  test.each<[text: string, cidr: string, except?: string[]]>([
    ['010.20.0.0/16', '010.20.0.0/16'],
    ['::ffff:10.20.0.0/112', '::ffff:10.20.0.0/112'],
    ['an exception that is 010.21.0.0/16', '10.20.0.0/15', ['010.21.0.0/16']],
  ])('%s is refused: not everybody reads it alike', async (_, cidr, except) => {
    const { code, stderr } = await applyList(from(cidr, except));
    expect(code).not.toBe(0);
    if (isStrict) expect(stderr).not.toContain('denied the request');
    else expect(stderr).toContain('policy-ingress');
  });

  test('is let in as far as the configuration names it, with bits behind the prefix where the API server takes them', async () => {
    const address = isStrict ? '10.20.0.0' : '10.20.0.7';
    const inside = await applyList(from(`${address}/16`, ['10.20.1.0/24']));
    expect(inside.stderr).not.toContain('denied the request');
    expect(inside.code).toBe(0);
    const wider = await applyList(from('10.20.0.0/15'));
    expect(wider.stderr).toContain('policy-ingress');
    expect(wider.stderr).toContain('10.21.0.0/16');
    await must(kubectl([...IN, 'delete', 'networkpolicy', 'ranges']));
  });
});

describe('with an exemption, so that each round begins without one', () => {
  beforeAll(() => protection.restart({ ...CONFIG, exemptions: [EXEMPTION] }));

  test(
    `a policy and its pod in one file are let in, ${ROUNDS} times`,
    async () => {
      for (let round = 0; round < ROUNDS; round++) {
        await must(kubectl([...IN, 'delete', 'networkpolicy', '--all']));
        const { code, stderr } = await applyList(
          defaultDeny(namespace),
          pod(namespace, `together-${round}`, goodSpec()),
        );
        expect({ round, code, stderr }).toEqual({ round, code: 0, stderr: '' });
      }
      await kubectl([...IN, 'delete', 'pod', '--all', '--grace-period=0', '--force', '--wait=false']);
    },
    ROUNDS * 20_000,
  );

  test('a pod before its policy is refused, and told the order', async () => {
    await must(kubectl([...IN, 'delete', 'networkpolicy', '--all']));
    const { code, stderr } = await applyList(pod(namespace, 'early', goodSpec()), defaultDeny(namespace));
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/default-deny .*before its pods/);
    // The rest of the file came in, so the next try does.
    expect((await applyList(pod(namespace, 'early', goodSpec()))).code).toBe(0);
  });

  test('a policy that was deleted just now denies nothing any more', async () => {
    for (let round = 0; round < Math.ceil(ROUNDS / 4); round++) {
      await apply(cluster, defaultDeny(namespace));
      await must(kubectl([...IN, 'delete', 'networkpolicy', '--all']));
      // The watch may not have told yet: memory lags, and by then the pod is in. What it may be is one second.
      await until('the refusal of a pod', async () => {
        const { stderr } = await kubectl(['create', '--dry-run=server', '-f', '-'], {
          stdin: JSON.stringify(pod(namespace, 'late', goodSpec())),
        });
        return stderr.includes('default-deny');
      });
    }
  });
});

describe('the end of a namespace', () => {
  test('is not held up by its default deny', async () => {
    await apply(cluster, defaultDeny(namespace));
    await kubectl([...IN, 'delete', 'pod', '--all', '--grace-period=0', '--force', '--wait=false']);
    await must(kubectl(['delete', 'namespace', namespace, '--wait=false']));
    await until('the namespace to be gone', async () => (await kubectl(['get', 'namespace', namespace])).code !== 0);
    await ensureNamespace(cluster, namespace);
  });
});
