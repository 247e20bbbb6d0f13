import type { LabelSelector } from '../k8s/selectors.ts';
import { DIRECTIONS, type Direction, directionsOf, type NetworkPolicy } from './default-deny.ts';
import { type Opening, openingsOf } from './openings.ts';
import { type Connections, joinedByPeer, withoutThose } from './peers.ts';
import { nameOf } from './reach.ts';
import { canBothSelect, implies } from './selectors.ts';

/** The NetworkPolicies of one namespace, before and after a change. */
export interface PolicyChange {
  readonly namespace: string;
  readonly before: readonly NetworkPolicy[];
  readonly after: readonly NetworkPolicy[];
}

/**
 * What a change does to the connections of some pods in one direction. `opens` and `closes` name the connections;
 * `isolates` closes all but what the policies open from now on, `frees` opens whatever there is.
 */
export interface Change {
  readonly does: 'opens' | 'closes' | 'isolates' | 'frees';
  readonly direction: Direction;
  /** Which pods of the namespace. */
  readonly pods: LabelSelector;
  /** What is opened or closed, one row per peer; with `isolates` what is open from now on. */
  readonly connections: readonly ChangedConnections[];
  /** The policies that isolate from now on, or did it until now. Only with `isolates` and `frees`. */
  readonly policies: readonly string[];
  /** Of the pods, those that others isolate before and after. Only with `isolates` and `frees`. */
  readonly except: readonly LabelSelector[];
}

export interface ChangedConnections extends Connections {
  /** The policies that open them: after the change, or before it where it closes them. */
  readonly policies: readonly string[];
  /** Of the pods, those to which other policies open them before and after: nothing changes there. */
  readonly except: readonly LabelSelector[];
}

type OpenedBy = Opening & { readonly policy: string };

/** What the policies of one state do to the pods that a selector selects, whatever further labels these have. */
interface State {
  readonly isolatedBy: readonly string[];
  readonly openings: readonly OpenedBy[];
}

/** Pods that are told apart, by the selector of a policy or by those of two. */
interface PodClass {
  readonly pods: LabelSelector;
  readonly before: State;
  readonly after: State;
}

/**
 * Which connections a change of policies opens or closes, and for which pods. Whatever it changes is in the answer; a
 * pod that several selectors select may have had, or may keep, what one of them opens or closes.
 */
export function changesOf({ namespace, before, after }: PolicyChange): readonly Change[] {
  return DIRECTIONS.flatMap((direction) => {
    const classes = classesOf(readPolicies(before, direction), readPolicies(after, direction));
    return classes.flatMap((each) => changesOfClass(each, classes, direction, namespace));
  });
}

interface ReadPolicy {
  readonly name: string;
  readonly pods: LabelSelector;
  readonly openings: readonly OpenedBy[];
}

function readPolicies(policies: readonly NetworkPolicy[], direction: Direction): readonly ReadPolicy[] {
  return policies
    .filter((policy) => directionsOf(policy).includes(direction))
    .map((policy) => ({
      name: nameOf(policy),
      pods: policy.spec?.podSelector ?? {},
      openings: openingsOf(policy)
        .openings.filter((opening) => opening.direction === direction)
        .map((opening) => ({ ...opening, policy: nameOf(policy) })),
    }));
}

/** What each selector selects, and what two of them do where one is isolated and the other is not. */
function classesOf(before: readonly ReadPolicy[], after: readonly ReadPolicy[]): readonly PodClass[] {
  const classes: PodClass[] = [];
  const add = (pods: LabelSelector): void => {
    if (classes.some((other) => isSame(pods, other.pods))) return;
    classes.push({ pods, before: stateOf(pods, before), after: stateOf(pods, after) });
  };
  for (const { pods } of [...before, ...after]) add(pods);
  const own = [...classes];
  for (const [index, a] of own.entries()) {
    for (const b of own.slice(index + 1)) {
      const mixes = isolation(a) !== isolation(b) && canBothSelect(a.pods, b.pods);
      if (mixes && !implies(a.pods, b.pods) && !implies(b.pods, a.pods)) add(both(a.pods, b.pods));
    }
  }
  return classes;
}

function isSame(a: LabelSelector, b: LabelSelector): boolean {
  return implies(a, b) && implies(b, a);
}

function both(a: LabelSelector, b: LabelSelector): LabelSelector {
  const labels = [a, b].flatMap(({ matchLabels }) => Object.entries(matchLabels ?? {}));
  return {
    matchExpressions: [
      ...labels.map(([key, value]) => ({ key, operator: 'In', values: [value ?? ''] })),
      ...[a, b].flatMap(({ matchExpressions }) => matchExpressions ?? []),
    ],
  };
}

function stateOf(pods: LabelSelector, policies: readonly ReadPolicy[]): State {
  const selecting = policies.filter((policy) => implies(pods, policy.pods));
  return {
    isolatedBy: selecting.map(({ name }) => name).sort(),
    openings: selecting.flatMap(({ openings }) => openings),
  };
}

function isIsolated({ isolatedBy }: State): boolean {
  return isolatedBy.length > 0;
}

function changesOfClass(
  each: PodClass,
  classes: readonly PodClass[],
  direction: Direction,
  namespace: string,
): readonly Change[] {
  const { pods, before, after } = each;
  const others = classes.filter((other) => other !== each);
  const around: Neighbours = {
    wider: others.filter((other) => implies(pods, other.pods)),
    narrower: others.filter((other) => implies(other.pods, pods)),
  };
  const common = { direction, pods };
  if (isIsolated(before) && isIsolated(after)) {
    return (['opens', 'closes'] as const).flatMap((does) => {
      const connections = moves(each, around, does, namespace);
      return connections.length === 0 ? [] : [{ ...common, does, connections, policies: [], except: [] }];
    });
  }
  // Nobody selects by what the API server does not know.
  if (!isIsolated(before) && !isIsolated(after)) return [];
  const same = around.wider.filter((other) => isolation(other) === isolation(each));
  const told = new Set(same.flatMap((other) => other.after.openings));
  if (same.length > 0 && after.openings.every((opening) => told.has(opening))) return [];
  const does = isIsolated(after) ? 'isolates' : 'frees';
  const kept = around.narrower.filter((other) => isIsolated(does === 'isolates' ? other.before : other.after));
  return [
    {
      ...common,
      does,
      connections: joinedByPeer(after.openings).map((row) => ({ ...row, policies: policiesOf(row.from), except: [] })),
      policies: does === 'isolates' ? after.isolatedBy : before.isolatedBy,
      except: widest(kept),
    },
  ];
}

/** The classes that select all of a class, and those that select a part of it. */
interface Neighbours {
  readonly wider: readonly PodClass[];
  readonly narrower: readonly PodClass[];
}

function isolation({ before, after }: PodClass): string {
  return `${isIsolated(before)} ${isIsolated(after)}`;
}

/** What a class gains or loses, as far as no wider class tells it. */
function moves(
  each: PodClass,
  { wider, narrower }: Neighbours,
  does: 'opens' | 'closes',
  namespace: string,
): readonly ChangedConnections[] {
  const told = wider.flatMap((other) => movedIn(other, does, namespace));
  return joinedByPeer(withoutThose(movedIn(each, does, namespace), told, namespace)).map((row) => {
    const unmoved = narrower.filter((other) => {
      const state = does === 'opens' ? other.before : other.after;
      return withoutThose([row], state.openings, namespace).length === 0;
    });
    return { ...row, policies: policiesOf(row.from), except: widest(unmoved) };
  });
}

/** What a class, isolated before and after, has in one state and not in the other. */
function movedIn({ before, after }: PodClass, does: 'opens' | 'closes', namespace: string): readonly OpenedBy[] {
  if (!isIsolated(before) || !isIsolated(after)) return [];
  const [from, to] = does === 'opens' ? [before, after] : [after, before];
  return withoutThose(to.openings, from.openings, namespace);
}

function policiesOf(openings: readonly OpenedBy[]): readonly string[] {
  return [...new Set(openings.map(({ policy }) => policy))].sort();
}

/** The selectors of classes, without those that select a part of what another does. */
function widest(classes: readonly PodClass[]): readonly LabelSelector[] {
  return classes
    .filter((each) => !classes.some((other) => other !== each && implies(each.pods, other.pods)))
    .map(({ pods }) => pods);
}
