import { stringify } from 'yaml';
import { markdownTable } from '../docs/markdown-table.ts';
import { defaultValues, isSection, type JsonSchema, valueEntries, valuesSchema } from './schema.ts';

const WIDTH = 116;

const NAMESPACES_EXAMPLE = ['At least one entry. For example:', '- names: [qdrant]', '  profile: private'];

/** values.yaml: every value with its default, and what it means above it. */
export function valuesFile(): string {
  const head = '# Written by npm run generate, from the same source as values.schema.json.\n';
  return head + section(valuesSchema(), defaultValues(), 0);
}

function section(schema: JsonSchema, values: Readonly<Record<string, unknown>>, depth: number): string {
  const indent = '  '.repeat(depth);
  let text = '';
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const value = values[key];
    if (value === undefined) continue;
    if (depth === 0) text += '\n';
    const comments = wrap(property.description ?? '', WIDTH - indent.length);
    if (key === 'namespaces' && depth === 1) comments.push(...NAMESPACES_EXAMPLE);
    for (const line of comments) text += `${indent}# ${line}\n`;
    text += isSection(property)
      ? `${indent}${key}:\n${section(property, value as Record<string, unknown>, depth + 1)}`
      : stringify({ [key]: value }, { flowCollectionPadding: true, lineWidth: 0 }).replaceAll(/^(?=.)/gm, indent);
  }
  return text;
}

/** The words of a text in lines of at most so many characters. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

/** README.md of the chart: how to install it, and every value. */
export function chartReadme(): string {
  const rows = valueEntries().map(({ path, description, default: value }) => [
    `\`${path}\``,
    shown(value),
    description,
  ]);
  return `${README_HEAD}\n${markdownTable([['value', 'default', 'meaning'], ...rows])}\n`;
}

function shown(value: unknown): string {
  return value === undefined || value === '' ? '' : `\`${JSON.stringify(value)}\``;
}

const README_HEAD = `# qdrant-admission

The validating admission webhook that keeps Qdrant's security promises. Kubernetes 1.34 to 1.37, Helm 4.

\`\`\`
helm install qdrant-admission charts/qdrant-admission --namespace qdrant-admission --create-namespace \\
  --set 'policy.namespaces[0].names={qdrant}' --set policy.namespaces[0].profile=private --set policy.enforcement=audit
\`\`\`

\`policy\` is the configuration of the program; at least one protected namespace has to be named. With \`enforcement: audit\`
nothing is refused yet. docs/install.md tells the rest.

## Values
`;
