import { describe, expect, it } from 'vitest';
import { applicableRules } from '../../src/engine/review.ts';
import { makeSubject } from '../../src/engine/subject.ts';
import type { KubernetesObject } from '../../src/k8s/object.ts';
import { pod } from '../support/pods.ts';
import { policyWithAllRules } from '../support/policies.ts';

const selector = (app: string) => ({ selector: { matchLabels: { app } } });
const ROLES = { database: selector('qdrant'), operator: selector('operator') };
/** A rule for databases, and the one that it overrides. */
const IDS = ['guaranteed', 'requests-and-limits'];

const labelled = (app?: string) => pod({}, app === undefined ? {} : { labels: { app } });

/** Which of the two rules have a say. */
function applicable(object: KubernetesObject, oldObject?: KubernetesObject, settings: object = { roles: ROLES }) {
  const operation = oldObject ? 'UPDATE' : 'CREATE';
  const subject = makeSubject({ object, operation, now: new Date(0), ...(oldObject && { oldObject }) });
  return applicableRules(subject, policyWithAllRules(settings))
    .map(({ rule }) => rule.id)
    .filter((id) => IDS.includes(id));
}

describe('a rule for a role', () => {
  it('judges pods of that role, and those of none', () => {
    expect(applicable(labelled('qdrant'))).toEqual(['guaranteed']);
    expect(applicable(labelled())).toEqual(['guaranteed']);
    expect(applicable(labelled('loader'))).toEqual(['guaranteed']);
  });

  it('does not judge pods of another', () => {
    expect(applicable(labelled('operator'))).toEqual(['requests-and-limits']);
  });

  it('judges every pod where the configuration names no roles', () => {
    expect(applicable(labelled('operator'), undefined, {})).toEqual(['guaranteed']);
  });

  it('overrides another rule only where it is as strict', () => {
    const weaker = { roles: ROLES, rules: { guaranteed: { mode: 'warn' } } };
    expect(applicable(labelled('qdrant'), undefined, weaker)).toEqual(IDS);
    const off = { roles: ROLES, rules: { guaranteed: { mode: 'off' } } };
    expect(applicable(labelled('qdrant'), undefined, off)).toEqual(['requests-and-limits']);
  });

  it('judges a pod that takes the role later, by labels alone', () => {
    expect(applicable(labelled('qdrant'), labelled('operator'))).toEqual(['guaranteed']);
    expect(applicable(labelled(), labelled('operator'))).toEqual(['guaranteed']);
  });

  it('does not judge a change of labels that leaves the role as it was', () => {
    expect(applicable(labelled('loader'), labelled('qdrant'))).toEqual([]);
    expect(applicable(labelled('operator'), labelled('qdrant'))).toEqual([]);
  });

  it('judges a pod whose resources change', () => {
    const resized = pod({ resources: { limits: { cpu: '4' } } }, { labels: { app: 'qdrant' } });
    expect(applicable(resized, labelled('qdrant'))).toEqual(['guaranteed']);
  });
});

describe('the template of a ReplicationController that had none', () => {
  it('is judged by every rule, also by those about what is not there', () => {
    const controller = (template?: object) => ({ apiVersion: 'v1', kind: 'ReplicationController', spec: { template } });
    const template = { spec: { containers: [{ name: 'qdrant' }] } };
    const subject = makeSubject({
      object: controller(template),
      oldObject: controller(),
      operation: 'UPDATE',
      now: new Date(0),
    });
    expect(applicableRules(subject, policyWithAllRules()).map(({ rule }) => rule.id)).toContain(
      'service-account-token',
    );
  });
});
