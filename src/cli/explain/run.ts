import { rulePage } from '../../docs/rule-page.ts';
import { RULES } from '../../rules/index.ts';
import { type CommandContext, EXIT } from '../shared/context.ts';
import { Misuse, quote } from '../shared/misuse.ts';

/** `explain RULE`: the rule's page, offline; `explain` alone lists the rules. */
export async function explain(
  _: object,
  [id]: readonly [string | undefined],
  { stdout }: CommandContext,
): Promise<number> {
  if (id === undefined) {
    const width = Math.max(...RULES.map((rule) => rule.id.length));
    stdout.write(RULES.map((rule) => `${rule.id.padEnd(width)}  ${rule.title}\n`).join(''));
    return EXIT.accepted;
  }
  const rule = RULES.find((known) => known.id === id);
  if (!rule) throw new Misuse(`${quote(id)} is not a rule: expected one of ${ruleIds().join(', ')}`);
  stdout.write(rulePage(rule));
  return EXIT.accepted;
}

export function ruleIds(): string[] {
  return RULES.map(({ id }) => id);
}
