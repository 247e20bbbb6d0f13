import { spawn } from 'node:child_process';

/**
 * Cleans up after a harness that dies without a word (SIGKILL, a crash, a test runner that ends its workers): a shell in a
 * session of its own reads what to clean up from a pipe, and the end of that pipe is the end of the harness.
 */
export interface Watchdog {
  readonly pid: number;
  /** From now on this process is killed when the harness dies. */
  watch(pid: number): void;
  /** The process ended; its number may come to belong to another one. */
  forget(pid: number): void;
  /** Ends the watchdog without any clean-up. */
  dismiss(): Promise<void>;
}

const SCRIPT = `
pids=
while read -r word pid; do
  case $word in
    watch) pids="$pids $pid" ;;
    forget)
      others=
      for other in $pids; do [ "$other" = "$pid" ] || others="$others $other"; done
      pids=$others ;;
    dismiss) exit 0 ;;
  esac
done
for pid in $pids; do kill -KILL "$pid"; done
directory=$1
shift
[ $# -eq 0 ] || "$@"
rm -rf "$directory"
`;

/** Starts a watchdog which, when the harness dies, kills the watched processes, runs `command` and removes `directory`. */
export function startWatchdog(directory: string, command: readonly string[] = []): Watchdog {
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'watchdog', directory, ...command], {
    // Ctrl-C reaches the whole foreground group of a terminal; the watchdog has to outlive it.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const pid = shell.pid;
  if (pid === undefined) {
    throw new Error('the watchdog (/bin/sh) could not be started');
  }
  const ended = new Promise<void>((resolve) => {
    shell.once('exit', () => resolve());
  });
  shell.stdin.on('error', () => undefined);
  return {
    pid,
    watch: (other) => void shell.stdin.write(`watch ${other}\n`),
    forget: (other) => void shell.stdin.write(`forget ${other}\n`),
    dismiss: async () => {
      shell.stdin.end('dismiss\n');
      await ended;
    },
  };
}
