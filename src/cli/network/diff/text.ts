import { printable } from '../../../engine/wording.ts';
import type { Format } from '../../shared/formats.ts';
import type { Paint } from '../../shared/terminal.ts';
import type { DiffReport, NamespaceDiff } from './report.ts';
import { sentencesOf } from './words.ts';

/** For people: a sentence for each change, behind + where it opens and - where it closes. */
export const TEXT: Format<DiffReport> = { write };

function* write({ namespaces, paint }: DiffReport): Generator<string> {
  for (const diff of namespaces) yield describeNamespace(diff, paint);
  const sentences = namespaces.flatMap(({ namespace, changes }) =>
    changes.flatMap((change) => sentencesOf(change, namespace)),
  );
  const opening = sentences.filter(({ opens }) => opens).length;
  const closing = sentences.length - opening;
  if (sentences.length === 0) yield 'no connection is opened or closed\n';
  else yield `${paint(opening > 0 ? 'red' : 'green', `opened: ${opening}`)}, closed: ${closing}\n`;
}

function describeNamespace({ namespace, changes, unreadable }: NamespaceDiff, paint: Paint): string {
  const sentences = changes.flatMap((change) => sentencesOf(change, namespace));
  const lines = [
    paint('bold', printable(`namespace ${namespace}`)),
    ...sentences.flatMap(({ opens, text, rest }) => [
      paint(opens ? 'red' : 'green', `  ${opens ? '+' : '-'} ${printable(text)}`),
      ...rest.map((line) => `      ${printable(line)}`),
    ]),
    ...unreadable.map(({ in: side, policy, path, problem }) =>
      paint('yellow', `  ? ${printable(`${policy} (${side}): ${path} cannot be read: ${problem}`)}`),
    ),
  ];
  return `${lines.join('\n')}\n`;
}
