import type { Reach, UnreadablePart } from '../../../network/reach.ts';
import type { Program } from '../../shared/context.ts';
import type { Paint } from '../../shared/terminal.ts';

/** What NetworkPolicies leave to a pod, with all that the outputs say of it. */
export interface ExplainReport {
  /** What was asked for. */
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** It stands in the network of its node: no NetworkPolicy covers it. */
  readonly hostNetwork: boolean;
  /** Pods are made of it, which may get further labels. */
  readonly isTemplate: boolean;
  readonly reaches: readonly Reach[];
  readonly unreadable: readonly UnreadablePart[];
  readonly exitCode: number;
  /** The address of the API server; undefined where files were read. */
  readonly cluster?: string | undefined;
  readonly program: Program;
  readonly paint: Paint;
}

/** What no NetworkPolicy tells, and what this command does not read. */
export const BEYOND =
  'Beyond NetworkPolicies: a node always reaches its own pods, policies of network plugins (Cilium, Calico, ClusterNetworkPolicy) may open more, and whether anything is enforced the network plugin decides.';

/** What is to be said of a pod besides its connections. */
export function warningsOf({ hostNetwork, isTemplate, reaches, unreadable }: ExplainReport): readonly string[] {
  return [
    ...(hostNetwork ? ['It stands in the network of its node (hostNetwork): no NetworkPolicy covers it.'] : []),
    ...reaches
      .filter(({ isolatedBy }) => isolatedBy.length === 0)
      .map(({ direction }) => `No NetworkPolicy isolates it for ${direction}: everything is open.`),
    ...unreadable.map(
      ({ policy, path, problem }) =>
        `NetworkPolicy ${policy}: ${path} cannot be read and may open anything: ${problem}.`,
    ),
    ...(isTemplate ? ['Its pods may get further labels from their controller, which policies may select.'] : []),
  ];
}
