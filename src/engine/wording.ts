import type { Finding } from './rule.ts';

const LONGEST_VALUE = 120;
/** Far beyond what the API server takes; in a file, or asked by others, a name may be as long as the whole body. */
const LONGEST_NAME = 300;
const LONGEST_PATH = 600;
const LONGEST_REASON = 300;

/** One finding in one line: where, what stands there, what to write; or that it could not be told, and why. */
export function describeFinding(finding: Finding): string {
  const { unknown } = finding;
  if (unknown !== undefined) {
    const why = printable(cut(unknown, LONGEST_REASON));
    return `${describePath(finding)} ${describeValue(finding)}: could not be verified (${why}), which is no violation: ${finding.required}`;
  }
  return `${describePath(finding)} ${describeValue(finding)}: ${finding.required}`;
}

/**
 * The path with the name of the list element that it leads through: `spec.containers[0] "loader" .image`. In a file a
 * key may be any text, so the path is as little to be trusted as the value.
 */
function describePath({ path, name }: Finding): string {
  const shown = printable(cut(path, LONGEST_PATH));
  if (name === undefined) return shown;
  const element = printable(JSON.stringify(cut(name, LONGEST_NAME)));
  const bracket = shown.indexOf(']', shown.search(/(?:[cC]ontainers|volumes|volumeClaimTemplates)\[/));
  if (bracket === -1) return `${shown} ${element}`;
  const rest = shown.slice(bracket + 1);
  return `${shown.slice(0, bracket + 1)} ${element}${rest === '' ? '' : ` ${rest}`}`;
}

function describeValue({ found, value }: Finding): string {
  if (found !== undefined) return printable(found);
  if (value === undefined || value === null) return 'is not set';
  const text = typeof value === 'string' ? value || '""' : JSON.stringify(value);
  // Escapes only make it longer: what is cut off need not be made safe.
  return `is ${cut(printable(text.slice(0, LONGEST_VALUE + 1)), LONGEST_VALUE)}`;
}

/**
 * Text written by tenants, made safe to print: control characters, terminal escapes, and marks that reorder or hide
 * text come out as escapes.
 */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replaceAll(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** What nearly all text is, and quick to tell. */
const PLAIN = /^[\x20-\x7e]*$/;

/** Cuts text to a number of characters, and shows that it did. */
export function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}

/** `1 rule`, `2 rules`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
