import { defineGroup } from '../shared/define-command.ts';
import { showCommand } from './show/command.ts';
import { validateCommand } from './validate/command.ts';

export const configCommands = defineGroup({
  brief: 'check a configuration file, or show it with all defaults',
  commands: { show: showCommand, validate: validateCommand },
});
