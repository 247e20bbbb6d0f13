import { describe, expect, it } from 'vitest';
import { KINDS } from '../../src/k8s/kinds.ts';
import { webhookEntries } from '../../src/registration/webhook.ts';
import { RULES } from '../../src/rules/index.ts';

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
