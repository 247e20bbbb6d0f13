import { defineGroup } from '../shared/define-command.ts';
import { probeCommand } from './probe/command.ts';

export const networkCommands = defineGroup({
  brief: 'whether NetworkPolicies are enforced',
  commands: { probe: probeCommand },
});
