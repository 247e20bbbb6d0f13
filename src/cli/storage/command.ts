import { defineGroup } from '../shared/define-command.ts';
import { attestCommand } from './attest/command.ts';
import { classesCommand } from './classes/command.ts';

export const storageCommands = defineGroup({
  brief: 'whether StorageClasses encrypt, and with whose key',
  commands: { attest: attestCommand, classes: classesCommand },
});
