import { defineGroup } from '../shared/define-command.ts';
import { diffCommand } from './diff/command.ts';
import { explainCommand } from './explain/command.ts';
import { planCommand } from './plan/command.ts';
import { probeCommand } from './probe/command.ts';

export const networkCommands = defineGroup({
  brief: 'what NetworkPolicies open, which a namespace needs, and whether they are enforced',
  commands: { diff: diffCommand, explain: explainCommand, plan: planCommand, probe: probeCommand },
});
