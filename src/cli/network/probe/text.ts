import { printable } from '../../../engine/wording.ts';
import type { Format } from '../../shared/formats.ts';
import type { DirectionResult, PodPlace, ProbeReport } from './report.ts';

const WIDTH = 'ingress'.length;

/** For people: a line for each direction, where it was tried, and what it comes to. */
export const TEXT: Format<ProbeReport> = { write };

function* write(report: ProbeReport): Generator<string> {
  const { server, client, directions, paint, exitCode } = report;
  if (server && client) yield `tried from a pod on ${placeOf(client)} to a pod on ${placeOf(server)}\n`;
  for (const result of directions) {
    const colour = ({ denied: 'green', open: 'red', unknown: 'yellow' } as const)[result.outcome];
    yield `default deny of ${result.direction.padEnd(WIDTH)}  ${paint(colour, describe(result, report))}\n`;
  }
  yield `\n${CONCLUSIONS[exitCode] ?? ''}\n`;
}

function placeOf({ node, addresses }: PodPlace): string {
  return printable(`${node} (${addresses.join(', ')})`);
}

function describe(result: DirectionResult, { timeoutSeconds }: ProbeReport): string {
  switch (result.outcome) {
    case 'denied':
      return `denied after ${result.afterMs} ms (${printable(result.said)})`;
    case 'open':
      return `NOT denied within ${timeoutSeconds} s (${printable(result.said)})`;
    case 'unknown':
      return `could not tell: ${printable(result.reason)}`;
  }
}

const CONCLUSIONS: Readonly<Record<number, string>> = {
  0: 'NetworkPolicies are enforced between these pods.',
  1: 'NetworkPolicies are NOT enforced between these pods: whatever they say, every pod is reached.\nInstall a network plugin that enforces them, or switch it on: docs/network-enforcement.md',
  2: 'It could not be told whether NetworkPolicies are enforced.',
};
