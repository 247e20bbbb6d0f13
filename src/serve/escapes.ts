const BACKSLASH = 0x5c;
const LOWER_U = 0x75;
const ZERO = 0x30;

/**
 * Whether a JSON text writes a letter or digit as an escape, `"\u0068ostNetwork"`. No API server does. The JSON.parse
 * of some versions of Node takes such a key for one that it met in an earlier text, so that one caller could decide how
 * a field of another's object is called.
 */
export function escapesLetters(text: string): boolean {
  // Quick to tell, and nearly always enough.
  if (!text.includes('\\u00')) return false;
  let at = text.indexOf('\\');
  while (at !== -1) {
    if (isPlainEscape(text, at) && isLetterOrDigit(text, at + 4)) return true;
    // A backslash after a backslash is text: escapes are read from the left.
    at += 2;
    if (text.charCodeAt(at) !== BACKSLASH) at = text.indexOf('\\', at);
  }
  return false;
}

/** Whether `\u00` stands there. */
function isPlainEscape(text: string, at: number): boolean {
  return text.charCodeAt(at + 1) === LOWER_U && text.charCodeAt(at + 2) === ZERO && text.charCodeAt(at + 3) === ZERO;
}

function isLetterOrDigit(text: string, at: number): boolean {
  const code = 16 * hexadecimal(text.charCodeAt(at)) + hexadecimal(text.charCodeAt(at + 1));
  // Upper and lower case differ in one bit.
  const letter = code | 0x20;
  return (code >= 0x30 && code <= 0x39) || (letter >= 0x61 && letter <= 0x7a);
}

function hexadecimal(digit: number): number {
  return digit <= 0x39 ? digit - 0x30 : (digit | 0x20) - 0x57;
}
