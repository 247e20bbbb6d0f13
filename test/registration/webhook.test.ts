import { describe, expect, it } from 'vitest';
import { webhookConfiguration } from '../../src/registration/webhook.ts';
import { RULES } from '../../src/rules/index.ts';

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
