/** From the most talkative to the quietest; apart from the log, so that whoever only names them does not load it. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
