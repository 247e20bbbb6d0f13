import { count, describeFinding, printable } from '../../../engine/wording.ts';
import { isDefaultClass } from '../../../k8s/claims.ts';
import type { Format } from '../../shared/formats.ts';
import type { Paint } from '../../shared/terminal.ts';
import { nameOf } from '../input.ts';
import type { JudgedClass } from './judge-class.ts';
import type { ClassesReport } from './report.ts';

const HEAD = ['CLASS', 'PROVISIONER', 'ENCRYPTED', 'KEY', 'WHY'];

/** For people. */
export const TEXT: Format<ClassesReport> = {
  write: ({ classes, paint }) => [describeClasses(classes, paint)],
};

/** A table, one class a row; what is wrong with a class stands on lines of its own below the first. */
function describeClasses(classes: readonly JudgedClass[], paint: Paint): string {
  const rows = classes.map((each) => ({ each, cells: cellsOf(each), reasons: reasonsOf(each) }));
  const widths = HEAD.slice(0, -1).map((head, i) =>
    Math.max(head.length, ...rows.map(({ cells }) => cells[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) => cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ');
  const lines = rows.flatMap(({ each, cells, reasons: [first = '', ...more] }) => [
    paint(each.problems.length > 0 ? 'red' : 'green', line([...cells, first])),
    ...more.map((reason) => line([...widths.map(() => ''), reason])),
  ]);
  const good = classes.filter(({ encryption }) => encryption.encrypted).length;
  const keyless = classes.filter(({ encryption, problems }) => encryption.encrypted && problems.length > 0).length;
  const parts = [
    ...(good > 0 ? [paint('green', `${good} encrypted`)] : []),
    ...(good < classes.length ? [paint('red', `${classes.length - good} not`)] : []),
    ...(keyless > 0 ? [paint('red', `${keyless} without a key of the customer's`)] : []),
  ];
  const summary = [count(classes.length, 'class').replace(/classs$/, 'classes'), parts.join(', ')];
  const table = rows.length > 0 ? [paint('bold', line(HEAD)), ...lines] : [];
  return [...table, summary.filter((part) => part !== '').join(': '), ''].join('\n');
}

function cellsOf({ storageClass, encryption }: JudgedClass): string[] {
  const name = printable(nameOf(storageClass) || '(no name)');
  return [
    isDefaultClass(storageClass) ? `${name} (default)` : name,
    printable(String(storageClass.provisioner ?? '(none)')),
    encryption.encrypted ? 'yes' : 'no',
    encryption.encrypted && 'shown' in encryption.key ? 'customer' : '-',
  ];
}

function reasonsOf({ encryption, problems }: JudgedClass): string[] {
  if (!encryption.encrypted) return problems.map(describeFinding);
  const shown = { parameters: 'by its parameters', platform: 'by the platform', attestation: 'attested' }[
    encryption.by
  ];
  const { attestation, key } = encryption;
  const until = attestation
    ? `; stated by ${attestation.responsible} until ${attestation.expires.toISOString().replace('.000Z', 'Z')}`
    : '';
  return [
    printable(`${shown}: ${encryption.mechanism}${until}`),
    ...('shown' in key ? [printable(`key ${key.shown.id}`)] : []),
    ...problems.map(describeFinding),
  ];
}
