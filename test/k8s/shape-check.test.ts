import { describe, expect, it } from 'vitest';
import { makeSubject } from '../../src/engine/subject.ts';
import { judge } from '../../src/judge.ts';
import { KINDS } from '../../src/k8s/kinds.ts';
import type { KubernetesObject } from '../../src/k8s/object.ts';
import { shapeErrors } from '../../src/k8s/shape-check.ts';
import { container, pod } from '../support/pods.ts';
import { policyWith } from '../support/policies.ts';
import { NO_WORLD } from '../support/worlds.ts';

const context = {
  privileged: false,
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  runAsUser: 1000,
  runAsGroup: 2000,
  fsGroup: 3000,
  supplementalGroups: [4000],
  readOnlyRootFilesystem: true,
  procMount: 'Default',
  capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
  appArmorProfile: { type: 'RuntimeDefault' },
  seLinuxOptions: { type: 'container_t', user: '', role: '' },
  windowsOptions: { hostProcess: false },
  sysctls: [{ name: 'kernel.shm_rmid_forced' }],
};
const handler = { httpGet: { host: '' }, tcpSocket: { host: '' } };
const resources = { requests: { cpu: '2', memory: '8Gi' }, limits: { cpu: 2, memory: '8Gi' } };
const full = {
  name: 'qdrant',
  image: 'qdrant/qdrant:v1.19.0',
  resources,
  securityContext: context,
  ports: [{ name: 'http', hostPort: 0 }],
  livenessProbe: handler,
  readinessProbe: handler,
  startupProbe: handler,
  lifecycle: { postStart: handler, preStop: handler },
};

/** A template in which every field that we read is set. */
const TEMPLATE = {
  metadata: {
    name: 'qdrant-0',
    generateName: 'qdrant-',
    namespace: 'qdrant',
    uid: '3f2c',
    labels: { app: 'qdrant' },
    annotations: { note: 'x' },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'qdrant', uid: '1', controller: true }],
  },
  spec: {
    hostNetwork: false,
    hostPID: false,
    hostIPC: false,
    hostUsers: true,
    os: { name: 'linux' },
    nodeName: 'node-1',
    nodeSelector: { 'example.com/pool': 'qdrant' },
    tolerations: [{ key: 'example.com/pool' }],
    topologySpreadConstraints: [{ whenUnsatisfiable: 'DoNotSchedule' }],
    priorityClassName: 'databases',
    serviceAccountName: 'qdrant',
    serviceAccount: 'qdrant',
    automountServiceAccountToken: false,
    shareProcessNamespace: false,
    hostAliases: [{ ip: '203.0.113.7' }],
    resources,
    securityContext: context,
    volumes: [
      { name: 'data', emptyDir: {} },
      { name: 'models', image: { reference: 'qdrant/models:3' } },
      { name: 'login', projected: { sources: [{ serviceAccountToken: {} }] } },
    ],
    containers: [full],
    initContainers: [full],
    ephemeralContainers: [full],
  },
};

/** Fields of which any value is looked at, and none is read as something else. */
const UNREAD = /\.(emptyDir|ip)$/;
/** Quantities may be numbers or text. */
const QUANTITY = /\.(cpu|memory)$/;

/** What may stand in JSON where something else is expected, by the name that a message has for it. */
const VALUES = {
  'a string': 'text',
  'a boolean': true,
  'a number': 1.5,
  'a list': ['text'],
  'an object': { field: 'text' },
} as const;
type TypeName = keyof typeof VALUES;

function typeOf(value: unknown): TypeName {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return `a ${typeof value}` as TypeName;
}

interface Place {
  readonly path: string;
  readonly value: unknown;
  /** A copy of the whole with something else here. */
  readonly replaced: (value: unknown) => unknown;
  readonly inList: boolean;
}

/** Every field and item below a value. */
function placesIn(value: unknown, path: string, replaced: (value: unknown) => unknown): Place[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, i) => {
      const put = (now: unknown) => replaced(value.with(i, now));
      return [
        { path: `${path}[${i}]`, value: item, replaced: put, inList: true },
        ...placesIn(item, `${path}[${i}]`, put),
      ];
    });
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => {
    const at = /^(labels|annotations|nodeSelector)$/.test(path.split('.').at(-1) ?? '')
      ? `${path}["${key}"]`
      : `${path}.${key}`;
    const below = path === '' ? key : at;
    const put = (now: unknown) => replaced({ ...value, [key]: now });
    return [{ path: below, value: part, replaced: put, inList: false }, ...placesIn(part, below, put)];
  });
}

const places = placesIn(TEMPLATE, '', (value) => value).filter(
  ({ path }) => !UNREAD.test(path) && !QUANTITY.test(path),
);
const asPod = (template: unknown) => ({ apiVersion: 'v1', kind: 'Pod', ...(template as object) }) as KubernetesObject;

describe('the shape of a pod', () => {
  it('is right where every field has its type', () => {
    expect(shapeErrors(asPod(TEMPLATE))).toEqual([]);
    expect(places.length).toBeGreaterThan(200);
  });

  it.each(places)('is wrong where $path has another type', ({ path, value, replaced }) => {
    for (const [name, wrong] of Object.entries(VALUES)) {
      const isNumber = typeof value === 'number';
      if (name === typeOf(value) && !isNumber) continue;
      const errors = shapeErrors(asPod(replaced(wrong)));
      expect(errors[0], `${path} as ${name}`).toMatchObject({ path, found: name });
    }
  });

  it('takes null for a field that is not set, and never for an item', () => {
    for (const { path, replaced, inList } of places) {
      const errors = shapeErrors(asPod(replaced(null)));
      if (inList) expect(errors[0], path).toMatchObject({ path, found: 'null' });
      else if (/^spec(\.containers)?$/.test(path)) expect(errors, path).toMatchObject([{ path: 'spec.containers' }]);
      else expect(errors, path).toEqual([]);
    }
  });

  it('wants integers, not numbers and not text', () => {
    for (const runAsUser of [0.5, '0', Number.NaN, Number.POSITIVE_INFINITY]) {
      const [error] = shapeErrors(pod({ securityContext: { runAsUser } }));
      expect(error).toMatchObject({ path: 'spec.securityContext.runAsUser', expected: 'an integer' });
    }
    expect(shapeErrors(pod({ securityContext: { runAsUser: -0 } }))).toEqual([]);
  });

  it('takes text and numbers for quantities, and nothing else', () => {
    const limited = (cpu: unknown) =>
      shapeErrors(pod({ containers: [container('qdrant', { resources: { limits: { cpu } } })] }));
    for (const right of ['2', '', 2, 0.5, null]) expect(limited(right), String(right)).toEqual([]);
    for (const wrong of [true, ['2'], { value: '2' }]) {
      expect(limited(wrong)).toMatchObject([{ path: 'spec.containers[0].resources.limits["cpu"]' }]);
    }
  });

  it.each([
    ['no spec', { spec: undefined }],
    ['no containers', { spec: { initContainers: [full] } }],
    ['an empty list of containers', { spec: { containers: [] } }],
    ['fields that are only inherited', JSON.parse('{"__proto__": {"spec": {"containers": [{}]}}, "spec": null}')],
  ])('is wrong with %s: nothing would be judged', (_, template) => {
    expect(shapeErrors(asPod(template))).toEqual([
      { path: 'spec.containers', expected: 'at least one container', found: 'none' },
    ]);
  });

  it('is that of the template in every kind that makes pods', () => {
    for (const { group, kind, template } of KINDS) {
      if (!template) continue;
      const base = template.map((field) => `${field}.`).join('');
      const carry = (inner: unknown) => template.reduceRight<unknown>((value, field) => ({ [field]: value }), inner);
      const objectWith = (inner: object): KubernetesObject => ({
        apiVersion: group === '' ? 'v1' : `${group}/v1`,
        kind,
        ...(carry(inner) as object),
      });
      expect(shapeErrors(objectWith(TEMPLATE)), kind).toEqual([]);
      const wrong = { ...TEMPLATE, spec: { ...TEMPLATE.spec, hostPID: 'true' } };
      expect(shapeErrors(objectWith(wrong)), kind).toEqual([
        { path: `${base}spec.hostPID`, expected: 'true or false', found: 'a string' },
      ]);
    }
  });

  it('may lack its template in a ReplicationController, and nowhere else', () => {
    expect(shapeErrors({ apiVersion: 'v1', kind: 'ReplicationController', spec: {} })).toEqual([]);
    expect(shapeErrors({ apiVersion: 'apps/v1', kind: 'Deployment', spec: {} })).toEqual([
      { path: 'spec.template', expected: 'a pod template', found: 'nothing' },
    ]);
    expect(shapeErrors({ apiVersion: 'batch/v1', kind: 'CronJob', spec: { jobTemplate: [] } })).toEqual([
      { path: 'spec.jobTemplate', expected: 'an object', found: 'a list' },
    ]);
  });

  it('is not asked of a kind of another group', () => {
    expect(shapeErrors({ apiVersion: 'example.com/v1', kind: 'Pod', spec: 'anything' })).toEqual([]);
    expect(shapeErrors({ apiVersion: 'example.com/v1', kind: 'Pod', metadata: { name: 1 } } as never).length).toBe(1);
  });
});

describe('names like those of JavaScript', () => {
  const NAMES = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'prototype'];

  it.each(NAMES)('%s is a name like any other', async (name) => {
    const map = JSON.parse(`{"${name}": "x"}`);
    const object = pod(
      {
        containers: [container(name)],
        initContainers: [container(name)],
        volumes: [{ name, emptyDir: {} }],
      },
      { name, labels: map, annotations: map },
    );
    expect(shapeErrors(object)).toEqual([]);
    expect(await brokenRules(object)).toEqual([]);
    const broken = pod({ containers: [container(name, { securityContext: { privileged: true } })] }, { name });
    expect(await brokenRules(broken)).toContain('privileged');
  });

  it.each(NAMES)('%s is no type of volume', async (name) => {
    const volumes = JSON.parse(`[{"name": "data", "${name}": {"hostPath": {"path": "/"}}, "emptyDir": {}}]`);
    expect(await brokenRules(pod({ volumes }))).toEqual(['restricted-volumes']);
  });

  it('give a field no value that it does not have', async () => {
    const safe = '{"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}';
    const securityContext = JSON.parse(`{"__proto__": ${safe}}`);
    expect(await brokenRules(pod({ containers: [container('qdrant', { securityContext })] }))).toEqual([
      'allow-privilege-escalation',
      'capabilities-restricted',
    ]);
  });
});

describe('a large pod', () => {
  const many = (count: number): object[] => Array.from({ length: count }, (_, i) => container(`c${i}`));

  it('has at most a thousand containers, in all lists together', () => {
    expect(shapeErrors(pod({ containers: many(500), initContainers: many(500) }))).toEqual([]);
    expect(shapeErrors(pod({ containers: many(500), initContainers: many(501) }))).toEqual([
      { path: 'spec', expected: 'at most 1000 containers', found: 'a pod of 1001' },
    ]);
  });

  it('may have as many environment variables as etcd takes', () => {
    const env = Array.from({ length: 36_000 }, (_, i) => ({ name: `ENV_${i}`, value: 'x' }));
    expect(shapeErrors(pod({ containers: [container('qdrant', { env })] }))).toEqual([]);
  });
});

async function brokenRules(object: KubernetesObject): Promise<string[]> {
  const subject = makeSubject({ object, now: new Date(0) });
  const { verdicts } = await judge(subject, policyWith(), NO_WORLD, new AbortController().signal);
  return verdicts.flatMap(({ rule, outcome }) => (outcome === 'fail' ? [rule.id] : []));
}
