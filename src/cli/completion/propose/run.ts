import { EXIT } from '../../shared/context.ts';
import type { Invocation } from '../../shared/define-command.ts';

/** `completion propose`. */
export async function propose(_: object, words: readonly string[], context: Invocation): Promise<number> {
  const proposals = await context.propose(words);
  context.stdout.write(proposals.map(({ word, brief }) => `${word}\t${brief}\n`).join(''));
  return EXIT.accepted;
}
