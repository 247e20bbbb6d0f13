/**
 * The text that `JSON.stringify(value, null, 2)` makes, and a line break, in pieces: one for each element of each list
 * at the top. A report on a large cluster can be longer than the longest string there is.
 */
export function* jsonPieces(value: object): Generator<string> {
  let before = '{\n';
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    yield `${before}  ${JSON.stringify(key)}: `;
    if (Array.isArray(member) && member.length > 0) yield* listPieces(member);
    else yield indented(member, '  ');
    before = ',\n';
  }
  yield before === '{\n' ? '{}\n' : '\n}\n';
}

function* listPieces(list: readonly unknown[]): Generator<string> {
  let before = '[\n';
  for (const element of list) {
    yield `${before}    ${indented(element, '    ')}`;
    before = ',\n';
  }
  yield '\n  ]';
}

/** Strings hold no line breaks in JSON: what is one belongs to the layout. */
function indented(value: unknown, indent: string): string {
  return JSON.stringify(value ?? null, null, 2).replaceAll('\n', `\n${indent}`);
}
