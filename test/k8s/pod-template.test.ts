import { describe, expect, it } from 'vitest';
import { groupOf, refOf } from '../../src/k8s/object.ts';
import { podOf } from '../../src/k8s/pod-template.ts';
import { container } from '../support/pods.ts';

const template = {
  metadata: { labels: { app: 'qdrant' } },
  spec: {
    initContainers: [container('a'), container('b')],
    containers: [container('c')],
    ephemeralContainers: [container('d')],
  },
};

describe('the pod of an object', () => {
  it.each([
    ['v1', 'Pod', '', template],
    ['v1', 'PodTemplate', 'template.', { template }],
    ['v1', 'ReplicationController', 'spec.template.', { spec: { template } }],
    ['apps/v1', 'DaemonSet', 'spec.template.', { spec: { template } }],
    ['apps/v1', 'Deployment', 'spec.template.', { spec: { template } }],
    ['apps/v1', 'ReplicaSet', 'spec.template.', { spec: { template } }],
    ['apps/v1', 'StatefulSet', 'spec.template.', { spec: { template } }],
    ['apps/v1beta2', 'StatefulSet', 'spec.template.', { spec: { template } }],
    ['batch/v1', 'Job', 'spec.template.', { spec: { template } }],
    ['batch/v1', 'CronJob', 'spec.jobTemplate.spec.template.', { spec: { jobTemplate: { spec: { template } } } }],
  ])('is found in %s %s, with its place', (apiVersion, kind, base, fields) => {
    const pod = podOf({ apiVersion, kind, ...fields });
    expect(pod?.base).toBe(base);
    expect(pod?.metadata.labels).toEqual({ app: 'qdrant' });
    expect(pod?.containers.map(({ container: { name }, list, index }) => [name, list, index])).toEqual([
      ['a', 'initContainers', 0],
      ['b', 'initContainers', 1],
      ['c', 'containers', 0],
      ['d', 'ephemeralContainers', 0],
    ]);
  });

  it.each([
    ['v1', 'Service', {}],
    ['example.com/v1', 'Deployment', { spec: { template } }],
    ['v1', 'Deployment', { spec: { template } }],
    ['apps/v1', 'Pod', template],
    ['v1', 'pod', template],
    ['v1', 'constructor', template],
    ['v1', 'ReplicationController', { spec: {} }],
    ['v1', 'ReplicationController', {}],
    ['v1', 'ReplicationController', { spec: { template: null } }],
  ])('is not looked for in %s %s', (apiVersion, kind, fields) => {
    expect(podOf({ apiVersion, kind, ...fields })).toBeUndefined();
  });

  it('is carried by a kind of a group, whatever its version', () => {
    expect(podOf({ apiVersion: 'apps/v2', kind: 'Deployment', spec: { template } })?.base).toBe('spec.template.');
    expect(podOf({ apiVersion: 'example.com/v1', kind: 'Deployment', spec: { template } })).toBeUndefined();
    expect(groupOf('apps/v1')).toBe('apps');
    expect(groupOf('v1')).toBe('');
  });
});

describe('the name of an object', () => {
  it.each([
    [{ name: 'a', namespace: 'n' }, undefined, 'Pod n/a'],
    [{ name: 'a' }, 'n', 'Pod n/a'],
    [{ name: 'a' }, undefined, 'Pod a'],
    [{ generateName: 'a-' }, 'n', 'Pod n/a-*'],
    [{}, 'n', 'Pod n/(no name)'],
    [undefined, undefined, 'Pod (no name)'],
  ])('of %j in %j is %s', (metadata, namespace, expected) => {
    expect(refOf({ apiVersion: 'v1', kind: 'Pod', ...(metadata && { metadata }) }, namespace)).toBe(expected);
  });
});
