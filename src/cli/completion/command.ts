import { defineGroup } from '../shared/define-command.ts';
import { proposeCommand } from './propose/command.ts';
import { scriptCommand } from './script/command.ts';
import { SHELLS, type Shell } from './shells.ts';

export const completionCommands = defineGroup({
  brief: 'make a shell complete commands, flags and values',
  description: `Prints what a shell has to read once so that it completes commands, flags, values and rules:

  bash  source <(qdrant-admission completion bash)            in ~/.bashrc
  zsh   source <(qdrant-admission completion zsh)             in ~/.zshrc, after compinit
  fish  qdrant-admission completion fish | source             in ~/.config/fish/config.fish`,
  commands: {
    ...Object.fromEntries((Object.keys(SHELLS) as Shell[]).map((shell) => [shell, scriptCommand(shell)])),
    propose: proposeCommand,
  },
  hidden: ['propose'],
});
