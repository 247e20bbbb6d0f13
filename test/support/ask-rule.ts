import type { Finding } from '../../src/engine/rule.ts';
import type { Subject } from '../../src/engine/subject.ts';
import type { Facts } from '../../src/facts/index.ts';
import type { Rule } from '../../src/rules/define.ts';
import type { NamespaceSettings } from '../../src/settings.ts';
import { SETTINGS } from './policies.ts';

/** What one rule finds by itself, with these facts, options and settings, which are those of a configuration that says nothing. */
export function askRule(
  { check, options }: Pick<Rule, 'check' | 'options'>,
  subject: Subject,
  {
    facts = {},
    given = {},
    settings = SETTINGS,
  }: {
    readonly facts?: Partial<Facts>;
    readonly given?: object;
    readonly settings?: NamespaceSettings;
  } = {},
): readonly Finding[] {
  const { object, pod } = subject;
  return check({ subject, object, pod, facts, options: options.parse(given), settings });
}
