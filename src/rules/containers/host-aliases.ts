import { podFinding } from '../../engine/findings.ts';
import { definePodRule } from '../define.ts';

export const hostAliases = definePodRule({
  id: 'host-aliases',
  title: 'No pod writes entries of its own into /etc/hosts',
  promise: 'containers',
  why: 'A host alias sends a name to any address, past DNS: clients trust the name and talk to somebody else.',
  fix: 'spec:\n  hostAliases: []',
  controls: [],
  reads: ['spec.hostAliases'],
  check: ({ pod }) =>
    (pod.spec.hostAliases ?? []).map((alias, index) =>
      podFinding(pod, `spec.hostAliases[${index}]`, alias, 'remove it; let DNS answer for the name'),
    ),
});
