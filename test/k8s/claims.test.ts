import { describe, expect, it } from 'vitest';
import { makeSubject } from '../../src/engine/subject.ts';
import { claimsOf, defaultClass, LEGACY_CLASS, namedClass } from '../../src/k8s/claims.ts';
import { concernsAll } from '../../src/k8s/kinds.ts';
import { pod } from '../support/pods.ts';

function marked(name: string, creationTimestamp: string, mark = 'storageclass.kubernetes.io/is-default-class') {
  const metadata = { name, creationTimestamp, annotations: { [mark]: 'true' } };
  return { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata };
}

describe('the default class', () => {
  const plain = { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 'plain' } };
  const old = marked('old', '2026-01-01T00:00:00Z');

  it('is the newest that is marked, then the first by name', () => {
    expect(defaultClass([plain])).toBeUndefined();
    expect(defaultClass([old, marked('new', '2026-02-01T00:00:00Z'), plain])?.metadata.name).toBe('new');
    const twins = [marked('b', '2026-02-01T00:00:00Z'), marked('a', '2026-02-01T00:00:00Z'), old];
    expect(defaultClass(twins)?.metadata.name).toBe('a');
  });

  it('may be marked in the older way, and by "true" only', () => {
    const beta = marked('beta', '2026-03-01T00:00:00Z', 'storageclass.beta.kubernetes.io/is-default-class');
    expect(defaultClass([old, beta])?.metadata.name).toBe('beta');
    const off = {
      ...plain,
      metadata: { name: 'off', annotations: { 'storageclass.kubernetes.io/is-default-class': 'True' } },
    };
    expect(defaultClass([off])).toBeUndefined();
  });
});

describe('the class that a claim names', () => {
  it('is that of the older annotation wherever its key is there', () => {
    expect(namedClass({}, { storageClassName: 'fast' })).toBe('fast');
    expect(namedClass({ annotations: { [LEGACY_CLASS]: 'plain' } }, { storageClassName: 'fast' })).toBe('plain');
    expect(namedClass({ annotations: { [LEGACY_CLASS]: '' } }, { storageClassName: 'fast' })).toBe('');
    expect(namedClass({}, { storageClassName: null })).toBeUndefined();
    expect(namedClass(undefined, undefined)).toBeUndefined();
  });
});

describe('the claims of an object', () => {
  const template = { metadata: { name: 'data' }, spec: { storageClassName: 'fast' } };

  it('are itself, its templates, and the volumes that its pods bring with them', () => {
    const ephemeral = { volumes: [{ name: 'tmp' }, { name: 'scratch', ephemeral: { volumeClaimTemplate: template } }] };
    const { apiVersion, ...own } = pod(ephemeral);
    const set = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      spec: { volumeClaimTemplates: [template], template: { metadata: own.metadata, spec: own['spec'] } },
    };
    expect(claimsOf(set).map(({ base, name }) => [base, name])).toEqual([
      ['spec.volumeClaimTemplates[0].', 'data'],
      ['spec.template.spec.volumes[1].ephemeral.volumeClaimTemplate.', 'scratch'],
    ]);
    expect(claimsOf({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...template })).toMatchObject([{ base: '' }]);
    expect(claimsOf({ apiVersion: 'example.com/v1', kind: 'PersistentVolumeClaim', ...template })).toEqual([]);
  });
});

describe('an object that stands in no namespace', () => {
  const now = new Date(0);

  it('is judged by the one that it points into, whatever the request says', () => {
    const object = {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'pv' },
      spec: { claimRef: { namespace: 'qdrant' } },
    };
    expect(makeSubject({ object, namespace: 'other', now })).toMatchObject({
      namespace: 'qdrant',
      ref: 'PersistentVolume pv',
    });
    expect(makeSubject({ object: { ...object, spec: {} }, namespace: 'other', now }).namespace).toBe('');
  });

  it('concerns all where it points into none in particular', () => {
    expect(concernsAll(marked('a', ''))).toBe(true);
    expect(concernsAll(pod())).toBe(false);
  });
});
