import { resolveConfig } from '../../src/config/resolve.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { Policy } from '../../src/rules/define.ts';

/**
 * The policy of a protected namespace called `qdrant`, by the settings of its entry in a configuration file, with the
 * rules of the Pod Security Standards alone: they are enough for tests of what surrounds rules, and a new rule then
 * changes none of those. What no file may weaken, these settings may: how modes and exemptions work is the same for all.
 */
export function policyWith(settings: object = {}, exemptions: readonly object[] = []): Policy {
  const policy = policyWithAllRules(settings, exemptions);
  return { ...policy, rules: policy.rules.filter(({ rule }) => rule.podSecurity) };
}

/** The same with every rule, and with what else the configuration says of all namespaces. */
export function policyWithAllRules(
  settings: object = {},
  exemptions: readonly object[] = [],
  common: object = {},
): Policy {
  const config = {
    version: 1,
    namespaces: [{ names: ['qdrant'], profile: 'private', ...settings }],
    exemptions,
    ...common,
  };
  const policy = resolveConfig(configSchema.parse(JSON.parse(JSON.stringify(config)))).namespaces.get('qdrant');
  if (!policy) throw new Error('the configuration holds no policy for the namespace qdrant');
  return policy;
}

/** What a configuration that says nothing says to rules. */
export const { settings: SETTINGS } = policyWith();

/** The relaxations for user namespaces, switched on in every rule that has them: what upstream does since 1.35. */
export const USER_NAMESPACES = Object.fromEntries(
  ['proc-mount', 'run-as-non-root', 'run-as-user'].map((id) => [id, { options: { userNamespaces: true } }]),
);
