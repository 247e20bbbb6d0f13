import { printable } from '../../../engine/wording.ts';
import { describePeer } from '../../../network/peers.ts';
import { describePorts } from '../../../network/ports.ts';
import type { Reach } from '../../../network/reach.ts';
import type { Format } from '../../shared/formats.ts';
import { BEYOND, type ExplainReport, warningsOf } from './report.ts';

/** A graph of Mermaid's, which GitHub, GitLab and most editors draw: who reaches the pod stands left of it. */
export const MERMAID: Format<ExplainReport> = { write };

function* write(report: ExplainReport): Generator<string> {
  const { kind, name, namespace, reaches } = report;
  yield `${[...warningsOf(report), BEYOND].map((line) => `%% ${printable(line)}\n`).join('')}flowchart LR\n`;
  yield `  pod[${quoted(`${kind} ${name}`, `namespace ${namespace}`)}]\n`;
  for (const reach of reaches) yield* edgesOf(reach, namespace);
}

function* edgesOf({ direction, isolatedBy, opened }: Reach, namespace: string): Generator<string> {
  const id = direction === 'Ingress' ? 'from' : 'to';
  const edge = (index: number, text: string, label: string, line: string): string => {
    const other = `${id}${index}`;
    const arrow = `${line}|${label}|`;
    return `  ${other}[${text}]\n  ${direction === 'Ingress' ? `${other} ${arrow} pod` : `pod ${arrow} ${other}`}\n`;
  };
  // A thick line: nothing stands in its way.
  if (isolatedBy.length === 0) yield edge(0, quoted('everything'), quoted('all ports', 'not isolated'), '==>');
  for (const [index, { peer, ports, through }] of opened.entries()) {
    const policies = [...new Set(through.map(({ policy }) => policy))].join(', ');
    yield edge(index, quoted(describePeer(peer, namespace)), quoted(describePorts(ports), policies), '-->');
  }
}

/** Lines of text as Mermaid reads them as nothing but text: what a tenant named may hold markup. */
function quoted(...lines: readonly string[]): string {
  return `"${lines.map((line) => printable(line).replaceAll(/["#<>&`\\]/g, entityOf)).join('<br/>')}"`;
}

function entityOf(character: string): string {
  return `#${character.charCodeAt(0)};`;
}
