import { printable } from '../../../engine/wording.ts';
import { describePeer } from '../../../network/peers.ts';
import { describePorts } from '../../../network/ports.ts';
import type { Reach } from '../../../network/reach.ts';
import type { Format } from '../../shared/formats.ts';
import { BEYOND, type ExplainReport, warningsOf } from './report.ts';

/** For people: who reaches it, what it reaches, and what is to be known besides. */
export const TEXT: Format<ExplainReport> = { write };

const HEAD = { Ingress: 'is reached by', Egress: 'reaches' } as const;

function* write(report: ExplainReport): Generator<string> {
  const { kind, name, namespace, labels, reaches, paint } = report;
  const shown = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const pod = paint('bold', printable(`${kind} ${namespace}/${name}`));
  yield `${pod}  ${printable(shown.join(',') || 'no labels')}\n`;
  for (const reach of reaches) yield describeReach(reach, report);
  for (const warning of warningsOf(report)) yield `${paint('yellow', printable(warning))}\n`;
  yield `${paint('dim', BEYOND)}\n`;
}

function describeReach({ direction, isolatedBy, opened }: Reach, { namespace, paint }: ExplainReport): string {
  const head = paint('bold', HEAD[direction]);
  if (isolatedBy.length === 0) return `  ${head}  ${paint('red', 'everything, in the cluster and outside of it')}\n`;
  const by = paint('dim', `(isolated by ${printable(isolatedBy.join(', '))})`);
  const rows = opened.map(({ peer, ports, through }) => [
    printable(describePeer(peer, namespace)),
    printable(describePorts(ports)),
    printable(through.map(({ policy, path }) => `${policy} ${path}`).join(', ')),
  ]);
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => `    ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`);
  return [`  ${head}  ${opened.length === 0 ? `nothing  ${by}` : by}`, ...lines, ''].join('\n');
}
