import { text } from '../shared/flags.ts';

/** The one argument of these commands. */
export const CONFIG_FILE = {
  parse: text,
  placeholder: 'FILE',
  brief: 'a configuration file, as serve --config takes it',
} as const;
