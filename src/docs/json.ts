const LINE_WIDTH = 120;

/**
 * Formats JSON exactly as the formatter of this repository would, so that generated files can be checked in as they
 * are. Fields with the value undefined are left out.
 */
export function formatJson(value: unknown): string {
  return `${formatAt(value, 0, 0)}\n`;
}

/** @param column how many characters of the line are already taken where the value begins */
function formatAt(value: unknown, depth: number, column: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const indent = '  '.repeat(depth + 1);
  const parts = Array.isArray(value)
    ? value.map((item) => formatAt(item, depth + 1, indent.length))
    : Object.entries(value)
        .filter(([, part]) => part !== undefined)
        .map(([key, part]) => {
          const name = `${JSON.stringify(key)}: `;
          return name + formatAt(part, depth + 1, indent.length + name.length);
        });
  if (parts.length === 0) return `${open}${close}`;
  const line = `[${parts.join(', ')}]`;
  const isFlat = Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null);
  // A comma may follow, and has to fit into the line, too.
  if (isFlat && column + line.length + 1 <= LINE_WIDTH) return line;
  return `${open}\n${parts.map((part) => indent + part).join(',\n')}\n${'  '.repeat(depth)}${close}`;
}
