import type { LabelSelector } from '../../../k8s/selectors.ts';
import type { Change, ChangedConnections } from '../../../network/changes.ts';
import { describePeer, describePods } from '../../../network/peers.ts';
import { describePorts } from '../../../network/ports.ts';

/** One thing that a change does, in words. */
export interface Sentence {
  /** Whether connections are possible now that were not. */
  readonly opens: boolean;
  readonly text: string;
  /** What stays open where all else is closed. */
  readonly rest: readonly string[];
}

const EVERYTHING = 'everything, in the cluster and outside of it';

/** What a change does, one sentence for each peer that it lets through or shuts out. */
export function sentencesOf(
  { does, direction, pods, connections, policies, except }: Change,
  namespace: string,
): Sentence[] {
  const who = describePods(pods);
  const reach = (negated: boolean): string => {
    if (direction === 'Egress') return negated ? 'no longer reach' : 'now reach';
    return negated ? 'are no longer reached by' : 'are now reached by';
  };
  const names = policies.join(', ');
  switch (does) {
    case 'opens':
      return connections.map((each) => ({
        opens: true,
        rest: [],
        text: `${who} ${reach(false)} ${describeConnections(each, namespace)}${exceptFor(each.except, 'as before')}`,
      }));
    case 'closes':
      return connections.map((each) => ({
        opens: false,
        rest: [],
        text: `${who} ${reach(true)} ${describeConnections(each, namespace)}${exceptFor(each.except, 'to which others open it')}`,
      }));
    case 'frees': {
      const why = `nothing isolates them any more (${names})${exceptFor(except, 'which others isolate')}`;
      return [{ opens: true, rest: [], text: `${who} ${reach(false)} ${EVERYTHING}: ${why}` }];
    }
    case 'isolates': {
      const rest = connections.map((each) => describeConnections(each, namespace));
      const only = `${exceptFor(except, 'which were isolated before')}${rest.length === 0 ? '' : '; still open:'}`;
      return [{ opens: false, rest, text: `${who} ${reach(true)} ${EVERYTHING} (${names})${only}` }];
    }
  }
}

function describeConnections({ peer, ports, policies }: ChangedConnections, namespace: string): string {
  return `${describePeer(peer, namespace)} on ${describePorts(ports)} (${policies.join(', ')})`;
}

function exceptFor(except: readonly LabelSelector[], why: string): string {
  return except.length === 0 ? '' : `, except ${except.map(describePods).join(' and ')}, ${why}`;
}
