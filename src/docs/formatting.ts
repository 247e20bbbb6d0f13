/** Longest line of a generated JSON file. */
const WIDTH = 120;

/** JSON as the formatter of this repository lays it out: what is generated needs no second tool to be written as it stays. */
export function formatJson(value: unknown): string {
  return `${jsonAt(value, 0, 0)}\n`;
}

/** @param used how much of its first line is taken already */
function jsonAt(value: unknown, depth: number, used: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const inner = '  '.repeat(depth + 1);
  const parts = Array.isArray(value)
    ? value.map((item) => jsonAt(item, depth + 1, inner.length))
    : Object.entries(value)
        .filter(([, part]) => part !== undefined)
        .map(([key, part]) => {
          const name = `${JSON.stringify(key)}: `;
          return name + jsonAt(part, depth + 1, inner.length + name.length);
        });
  if (parts.length === 0) return `${open}${close}`;
  const line = `[${parts.join(', ')}]`;
  const simple = Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null);
  // The comma after it has to fit, too.
  if (simple && used + line.length + 1 <= WIDTH) return line;
  return `${open}\n${parts.map((part) => inner + part).join(',\n')}\n${'  '.repeat(depth)}${close}`;
}

/** A table in Markdown, its columns aligned; the first row is the head. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...rest] = rows.map((row) => row.map((cell) => cell.replaceAll('|', String.raw`\|`)));
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rest].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rest.map(line)].join('\n');
}
