import { rulePage } from '../../docs/rule-page.ts';
import { RULES } from '../../rules/index.ts';
import { type CommandContext, EXIT } from '../shared/context.ts';

/** `explain RULE`: the rule's page, offline; `explain` alone lists the rules. */
export async function explainCommand(args: readonly string[], { stdout, stderr }: CommandContext): Promise<number> {
  const [id, ...more] = args;
  if (id === undefined) {
    const width = Math.max(...RULES.map((rule) => rule.id.length));
    stdout.write(RULES.map((rule) => `${rule.id.padEnd(width)}  ${rule.title}\n`).join(''));
    return EXIT.accepted;
  }
  const rule = RULES.find((known) => known.id === id);
  if (!rule || more.length > 0) {
    const what = rule ? `expected one rule, not ${args.length}` : `${JSON.stringify(id)} is not a rule`;
    stderr.write(`qdrant-admission explain: ${what}: expected one of ${RULES.map((known) => known.id).join(', ')}\n`);
    return EXIT.usage;
  }
  stdout.write(rulePage(rule));
  return EXIT.accepted;
}
