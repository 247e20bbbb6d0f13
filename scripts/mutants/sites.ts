import { type Node, parseSync, visitorKeys } from 'oxc-parser';
import { type Edit, OPERATORS, type Source } from './operators.ts';

/** One place of a file, broken in one way. */
export interface Mutant extends Edit {
  /** From the root of the repository. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** What stands on that line. */
  readonly code: string;
  /** What stands there; runs of white space are one space. */
  readonly before: string;
  /** What stands there instead. */
  readonly after: string;
  /** How often it is drawn, against 1 of a condition. */
  readonly weight: number;
}

/** Texts for people: that they are worded as they are breaks nothing. */
const PROSE = ['description', 'fix', 'found', 'help', 'message', 'reason', 'required', 'title', 'why'];
const WEIGHTS: Readonly<Record<string, number>> = { 'another text': 0.25, 'drop a property': 0.5, 'off by one': 0.5 };
const PROSE_WEIGHT = 0.05;
/** One more or less than a limit of a million is seldom anything that somebody notices. */
const LARGE = { from: 1000, weight: 0.1 };

/**
 * All mutants of a file, in the order of the text.
 * @throws Error where the file cannot be parsed
 */
export function mutantsOf(file: string, text: string): Mutant[] {
  const { program, errors } = parseSync(file, text, { lang: 'ts', preserveParens: true });
  if (errors[0]) throw new Error(`${file}: ${errors[0].message}`);
  const source: Source = ({ start, end }) => text.slice(start, end);
  const found: Mutant[] = [];
  const visit = (node: Node, isProse: boolean): void => {
    if (isOfTypes(node)) return;
    const prose = isProse || holdsProse(node, source);
    // The table gives each kind of node its own function; that they fit is what its type says.
    const operator = OPERATORS[node.type] as ((node: Node, source: Source) => Edit[]) | undefined;
    for (const edit of operator?.(node, source) ?? []) found.push(placed(edit, file, text, prose));
    for (const child of childrenOf(node)) visit(child, prose);
  };
  visit(program, false);
  return found.filter(({ before, after }) => before !== after).sort((a, b) => a.start - b.start || a.end - b.end);
}

/** The text of a file with one mutant in it. */
export function mutated(text: string, { start, end, text: replacement }: Edit): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

function placed(edit: Edit, file: string, text: string, isProse: boolean): Mutant {
  const { start, end, operator } = edit;
  const line = text.slice(0, start).split('\n').length;
  const code = text.split('\n')[line - 1]?.trim() ?? '';
  const before = oneLine(text.slice(start, end));
  return { ...edit, file, line, code, before, after: oneLine(edit.text), weight: weightOf(operator, before, isProse) };
}

function weightOf(operator: string, before: string, isProse: boolean): number {
  if (isProse) return PROSE_WEIGHT;
  if (operator === 'off by one' && Number(before.replaceAll('_', '')) >= LARGE.from) return LARGE.weight;
  return WEIGHTS[operator] ?? 1;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

/** Types are gone at run time, imports and exports name what there is. */
function isOfTypes({ type }: Node): boolean {
  const isKept = ['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression'].includes(type);
  return (type.startsWith('TS') && !isKept) || type === 'ImportDeclaration' || type === 'ExportAllDeclaration';
}

/** Whether what is below is worded for people: a field of a finding, an error, the description of a setting. */
function holdsProse(node: Node, source: Source): boolean {
  switch (node.type) {
    case 'Property':
      return PROSE.includes(source(node.key));
    case 'NewExpression':
      return /Error$/.test(source(node.callee));
    case 'CallExpression':
      return /(\.describe|\.meta|[lL]og\.\w+)$/.test(source(node.callee));
    default:
      return false;
  }
}

function childrenOf(node: Node): Node[] {
  // Keys of objects are names, and a property that is written short holds one node twice.
  const keys = (visitorKeys[node.type] ?? []).filter(
    (key) => node.type !== 'Property' || key !== 'key' || node.computed,
  );
  return keys.flatMap((key) => {
    const value = (node as unknown as Record<string, unknown>)[key];
    return (Array.isArray(value) ? value : [value]).filter((each): each is Node => each !== null && each !== undefined);
  });
}
