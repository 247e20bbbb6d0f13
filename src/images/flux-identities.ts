import { RE2JS } from 're2js';

/** Whom nobody means: a pattern that holds for one of these holds for anybody. */
const ANYBODY = ['', 'anybody', 'anybody@example.invalid', 'https://example.invalid/anybody'];

/**
 * What is wrong with a regular expression that Flux looks for anywhere in an issuer or a subject; undefined where it holds
 * for whole texts, and not for anybody's.
 */
export function patternProblem(pattern: string): string | undefined {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch {
    return 'write a regular expression of RE2';
  }
  if (ANYBODY.some((text) => compiled.matcher(text).find())) return 'say who it is: this holds for anybody';
  if (!pattern.startsWith('^') || !/[^\\](?:\\\\)*\$$/.test(pattern)) {
    return 'begin it with ^ and end it with $: Flux looks for it anywhere in the text';
  }
  // Flags may make lines of the text into wholes.
  if (/\(\?[a-zA-Z-]/.test(pattern)) return 'leave out the flags and names of groups';
  return hasOuterAlternative(pattern)
    ? 'put the alternatives into parentheses: ^ holds for the first alone, and $ for the last'
    : undefined;
}

/** Whether a `|` stands outside of parentheses, classes and escapes. */
function hasOuterAlternative(pattern: string): boolean {
  const plain = pattern.replaceAll(/\\./g, '').replaceAll(/\[\^?\]?[^\]]*\]/g, '');
  let depth = 0;
  for (const character of plain) {
    if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    else if (character === '|' && depth === 0) return true;
  }
  return false;
}
