import { stringify } from 'yaml';
import type { Equivalent } from './equivalents.ts';
import type { Mutant } from './sites.ts';
import type { Outcome } from './trial.ts';

/** A mutant and what became of it. */
export interface Result {
  readonly mutant: Mutant;
  readonly outcome: Outcome | { readonly equivalent: Equivalent };
}

/** Longer pieces of a program are cut, in what people read. */
const LONGEST = 100;

/** Where a mutant is, and what it does. */
export function describeMutant({ file, line, operator, before, after }: Mutant): string {
  return `${file}:${line}  ${operator}\n      ${cut(before)}\n   -> ${cut(after)}`;
}

/** One mutant, as soon as it is known what became of it. */
export function resultText({ mutant, outcome }: Result): string {
  if ('equivalent' in outcome) return `equivalent  ${describeMutant(mutant)}\n      ${outcome.equivalent.reason}\n`;
  if (outcome.survived) return `SURVIVED    ${describeMutant(mutant)}\n`;
  return `killed      ${describeMutant(mutant)}\n      by ${cut(outcome.killedBy)}\n`;
}

/** What all came to, with the survivors as entries for the list of equivalents. */
export function summaryText(results: readonly Result[], seed: number, rejected: number): string {
  const survivors = survivorsOf(results);
  const equivalent = results.filter(({ outcome }) => 'equivalent' in outcome).length;
  const killed = results.length - survivors.length - equivalent;
  const counts = `seed ${seed}: ${results.length} mutants, ${killed} killed, ${survivors.length} survived, ${equivalent} equivalent`;
  const redrawn = `${rejected} more did not compile`;
  if (survivors.length === 0) return `\n${counts}; ${redrawn}\n`;
  const entries = survivors.map(({ file, code, before, after }) => ({ file, code, before, after, reason: '' }));
  const list = survivors.map((mutant) => `  ${describeMutant(mutant).replaceAll('\n', '\n  ')}`).join('\n');
  return `
${counts}; ${redrawn}

Nothing noticed:
${list}

Write a test for each. Where nothing could notice it, say why in scripts/mutants/equivalents.yaml:

${stringify(entries, { lineWidth: 0 })}`;
}

/** The mutants that no test noticed, though one should have. */
export function survivorsOf(results: readonly Result[]): Mutant[] {
  return results.flatMap(({ mutant, outcome }) => ('survived' in outcome && outcome.survived ? [mutant] : []));
}

function cut(text: string): string {
  if (text === '') return '(nothing)';
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
