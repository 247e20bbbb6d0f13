/** Wrong usage, in words for whoever typed it; whoever catches it adds which command was meant and where to read more. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
}

/** As messages show what was typed. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

/** `a`, `a or b`, `a, b or c`. */
export function oneOf(choices: readonly string[]): string {
  return [choices.slice(0, -1).join(', '), ...choices.slice(-1)].filter((part) => part !== '').join(' or ');
}
