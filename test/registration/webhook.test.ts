import { describe, expect, it } from 'vitest';
import { makeSubject } from '../../src/engine/subject.ts';
import { KINDS } from '../../src/k8s/kinds.ts';
import { EXPOSING_ANNOTATIONS } from '../../src/network/exposures.ts';
import { webhookConfiguration, webhookEntries } from '../../src/registration/webhook.ts';
import { RULES } from '../../src/rules/index.ts';
import { askRule } from '../support/ask-rule.ts';
import { fixtureFiles, readFixture } from '../support/fixtures.ts';

interface Registered {
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly resources: readonly string[];
}

const REGISTERED = webhookEntries(RULES).flatMap(({ rules }) => rules as unknown as readonly Registered[]);

describe('the webhook', () => {
  it.each(KINDS.filter(({ name, admission }) => admission && RULES.some(({ kinds }) => kinds.includes(name))))(
    'is asked about $name in every version that is read',
    ({ group, plural, versions, admission }) => {
      const rule = REGISTERED.find(
        ({ apiGroups, resources }) => apiGroups.includes(group) && resources.includes(plural),
      );
      expect(rule?.apiVersions).toEqual(expect.arrayContaining([...versions]));
      expect(rule?.resources).toEqual(expect.arrayContaining([...(admission?.alsoThrough ?? [])]));
    },
  );
});

describe('a Service that is called inside of the cluster only', () => {
  const EXPOSING = EXPOSING_ANNOTATIONS.map(({ key }) => key);
  const rules = RULES.filter(({ kinds }) => kinds.includes('Service'));
  const services = fixtureFiles()
    .filter(({ promise }) => promise === 'network')
    .map((file) => readFixture(file).subject.object)
    .filter(({ kind }) => kind === 'Service');

  it('breaks no rule, so that the webhook need not be asked about it', () => {
    expect(services.length).toBeGreaterThan(20);
    for (const service of services) {
      const { externalIPs: _, ...spec } = service['spec'] as Record<string, unknown>;
      const annotations = Object.entries(service.metadata?.annotations ?? {}).filter(
        ([key]) => !EXPOSING.includes(key),
      );
      const metadata = { ...service.metadata, annotations: Object.fromEntries(annotations) };
      const object = { ...service, metadata, spec: { ...spec, type: 'ClusterIP' } };
      for (const rule of rules) expect(askRule(rule, makeSubject({ object, now: new Date(0) })), rule.id).toEqual([]);
    }
  });

  it('is told by its type, which the API server always fills in, and by what leads it elsewhere', () => {
    const conditions = webhookEntries(RULES).find(({ name }) => name.startsWith('services.'))?.matchConditions;
    expect(conditions?.[0]?.expression).toBe(
      [
        'object.?spec.?type.orValue("") != "ClusterIP"',
        'object.?spec.?externalIPs.orValue([]).size() > 0',
        ...EXPOSING.map((key) => `object.?metadata.?annotations[?"${key}"].hasValue()`),
      ].join(' || '),
    );
  });
});

interface Entry {
  readonly name: string;
  readonly failurePolicy: string;
  readonly namespaceSelector?: { readonly matchExpressions: readonly [{ readonly values: readonly string[] }] };
}

/** The entries that ask about workloads: where, and what becomes of these when nobody answers. */
function workloadEntries(denying?: readonly string[], failurePolicy: 'Fail' | 'Ignore' = 'Fail') {
  const namespaces = ['c', 'a', 'b'];
  const options = { name: 'x', clientConfig: {}, namespaces, failurePolicy, timeoutSeconds: 5 };
  const made = webhookConfiguration(RULES, { ...options, ...(denying && { denying }) }) as { webhooks: Entry[] };
  expect(new Set(made.webhooks.map(({ name }) => name)).size).toBe(made.webhooks.length);
  return made.webhooks
    .filter(({ name }) => name.includes('workloads'))
    .map((entry) => [entry.name, entry.failurePolicy, entry.namespaceSelector?.matchExpressions[0].values.join()]);
}

describe('workloads that nobody judged', () => {
  const ADVISED = 'workloads.admission.qdrant.io';
  const DENIED = 'denied-workloads.admission.qdrant.io';

  it('are let in where there is only advice', () => {
    expect(workloadEntries()).toEqual([[ADVISED, 'Ignore', 'a,b,c']]);
  });

  it('are refused where templates are denied, and only there', () => {
    expect(workloadEntries(['b'])).toEqual([
      [ADVISED, 'Ignore', 'a,c'],
      [DENIED, 'Fail', 'b'],
    ]);
    expect(workloadEntries(['c', 'b', 'a'])).toEqual([[DENIED, 'Fail', 'a,b,c']]);
  });

  it('are let in everywhere while nothing is enforced', () => {
    expect(workloadEntries(['b'], 'Ignore').map(([, failurePolicy]) => failurePolicy)).toEqual(['Ignore', 'Ignore']);
  });
});
