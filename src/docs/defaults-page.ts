import { defaultMode } from '../config/defaults.ts';
import { PROFILES } from '../engine/policy.ts';
import type { Rule } from '../rules/define.ts';
import { PROMISES } from '../rules/promises.ts';
import { markdownTable } from './markdown-table.ts';
import { rulePagePath } from './rule-page.ts';

/** Renders docs/defaults.md: what each rule does unless the configuration says otherwise. */
export function defaultsPage(rules: readonly Rule[]): string {
  const head = ['rule', 'what must be so', 'promise', ...PROFILES, 'Pod Security level, overrides'];
  const rows = rules.map((rule) => [
    `[${rule.id}](${rulePagePath(rule).replace('docs/', '')})`,
    rule.title,
    PROMISES[rule.promise].title,
    ...PROFILES.map((profile) => defaultMode(rule.id, profile)),
    levelOf(rule),
  ]);
  const table = markdownTable([head, ...rows]);
  return [
    '# Defaults',
    'What every rule does where the configuration says nothing. `enforce` denies, `warn` warns, `audit` only leaves an audit annotation, `off` does not run. A namespace changes a row with `rules: {<id>: {mode: …}}`.',
    'A rule that another one overrides does not run where that one says it all: four baseline checks of the Pod Security Standards at level restricted, the default. Where a configuration weakens the stricter rule, the overridden one runs again.',
    'The rules on signatures, SBOM, scans and provenance of images run only where `images.verify` is on: [images.md](images.md).',
    table,
  ]
    .join('\n\n')
    .concat('\n');
}

function levelOf({ podSecurity, overriddenBy }: Rule): string {
  const by = overriddenBy === undefined ? [] : [`overridden by ${overriddenBy}`];
  return [...(podSecurity ? [podSecurity.level] : []), ...by].join(', ');
}
