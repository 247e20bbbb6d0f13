import { isKind } from '../../../k8s/kinds.ts';
import { changesOf } from '../../../network/changes.ts';
import type { NetworkPolicy } from '../../../network/default-deny.ts';
import { unreadableIn } from '../../../network/reach.ts';
import { type CommandContext, EXIT } from '../../shared/context.ts';
import type { Colour } from '../../shared/flags.ts';
import { writeReport } from '../../shared/formats.ts';
import { Misuse } from '../../shared/misuse.ts';
import { paintFor } from '../../shared/terminal.ts';
import { objectsInFiles } from '../input.ts';
import { DIFF_FORMATS } from './formats.ts';
import type { NamespaceDiff } from './report.ts';

export type DiffFlags = {
  readonly namespace: string | undefined;
  readonly format: keyof typeof DIFF_FORMATS;
  readonly color: Colour;
};

/** By namespace. */
type Policies = ReadonlyMap<string, readonly NetworkPolicy[]>;

/** `network diff OLD NEW`: what a change of policies does to connections. */
export async function diff(
  { namespace, format, color }: DiffFlags,
  [from, to]: readonly [string, string],
  context: CommandContext,
): Promise<number> {
  if (from === '-' && to === '-') throw new Misuse('OLD and NEW are "-": expected standard input once');
  const sides: Policies[] = [];
  for (const file of [from, to]) {
    const objects = await objectsInFiles('network diff', { files: [file], namespace }, context);
    if ('exitCode' in objects) return objects.exitCode;
    const policies = new Map<string, NetworkPolicy[]>();
    for (const { object, namespace: own } of objects) {
      if (!isKind(object, 'NetworkPolicy.networking.k8s.io')) continue;
      policies.set(own, [...(policies.get(own) ?? []), object]);
    }
    sides.push(policies);
  }
  const [before, after] = sides as [Policies, Policies];
  if (before.has('') || after.has('')) {
    throw new Misuse('--namespace is missing: expected NAME of the namespace of policies that name none');
  }
  if (before.size + after.size === 0) {
    context.stderr.write(`${from} ${to}: hold no NetworkPolicy: expected at least one\n`);
    return EXIT.usage;
  }
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const namespaces = names
    .map((name) => diffOf(name, before.get(name) ?? [], after.get(name) ?? []))
    .filter(({ changes, unreadable }) => changes.length + unreadable.length > 0);
  const exitCode = exitCodeOf(namespaces);
  const report = { namespaces, exitCode, program: context.program, paint: paintFor(color, context) };
  await writeReport(DIFF_FORMATS[format], report, context.stdout);
  return exitCode;
}

function diffOf(namespace: string, before: readonly NetworkPolicy[], after: readonly NetworkPolicy[]): NamespaceDiff {
  return {
    namespace,
    changes: changesOf({ namespace, before, after }),
    unreadable: [
      ...before.flatMap(unreadableIn).map((part) => ({ ...part, in: 'old' as const })),
      ...after.flatMap(unreadableIn).map((part) => ({ ...part, in: 'new' as const })),
    ],
  };
}

function exitCodeOf(namespaces: readonly NamespaceDiff[]): number {
  const changes = namespaces.flatMap((each) => each.changes);
  if (changes.some(({ does }) => does === 'opens' || does === 'frees')) return EXIT.refused;
  return namespaces.some(({ unreadable }) => unreadable.length > 0) ? EXIT.unknown : EXIT.accepted;
}
