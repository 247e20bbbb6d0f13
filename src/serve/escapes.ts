const BACKSLASH = 0x5c;
const LOWER_U = 0x75;
const ZERO = 0x30;

/**
 * Whether a JSON text writes a letter or digit as an escape, as in `"\u0068ostNetwork"`, which no API server does. In
 * some versions of Node, JSON.parse confuses such a key with one from an earlier text. One caller could therefore
 * rename a field in the object of another.
 */
export function escapesLetters(text: string): boolean {
  // This check is fast, and nearly always sufficient.
  if (!text.includes('\\u00')) return false;
  let at = text.indexOf('\\');
  while (at !== -1) {
    if (isPlainEscape(text, at) && isLetterOrDigit(text, at + 4)) return true;
    // Escapes are read from left to right, so a second backslash belongs to the first and begins no escape.
    at += 2;
    if (text.charCodeAt(at) !== BACKSLASH) at = text.indexOf('\\', at);
  }
  return false;
}

/** Whether there is `\u00` at an offset. */
function isPlainEscape(text: string, at: number): boolean {
  return text.charCodeAt(at + 1) === LOWER_U && text.charCodeAt(at + 2) === ZERO && text.charCodeAt(at + 3) === ZERO;
}

function isLetterOrDigit(text: string, at: number): boolean {
  const code = 16 * hexadecimal(text.charCodeAt(at)) + hexadecimal(text.charCodeAt(at + 1));
  // The codes of upper and lower case letters differ in one bit.
  const letter = code | 0x20;
  return (code >= 0x30 && code <= 0x39) || (letter >= 0x61 && letter <= 0x7a);
}

function hexadecimal(digit: number): number {
  return digit <= 0x39 ? digit - 0x30 : (digit | 0x20) - 0x57;
}
