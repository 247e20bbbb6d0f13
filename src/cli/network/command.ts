import { defineGroup } from '../shared/define-command.ts';
import { diffCommand } from './diff/command.ts';
import { explainCommand } from './explain/command.ts';
import { planCommand } from './plan/command.ts';

export const networkCommands = defineGroup({
  brief: 'what NetworkPolicies open, and which a namespace needs',
  commands: { diff: diffCommand, explain: explainCommand, plan: planCommand },
});
