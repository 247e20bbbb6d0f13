import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { output } from './run.ts';
import type { Log } from './setup-error.ts';
import { startWatchdog } from './watchdog.ts';

const TAIL_LINES = 20;
const READY_MS = 120_000;
const POLL_MS = 50;

/** A long-running process of a local cluster, with its output in a file. */
export interface Component {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** How it ended ("code 1", "signal SIGKILL"); undefined while it runs. */
  ending(): string | undefined;
  /** Kills it and waits for its end. Nothing here is worth a farewell, and one that stands still would never say it. */
  kill(): Promise<void>;
  signal(name: NodeJS.Signals): void;
}

export interface Components {
  start(name: string, command: string, args: readonly string[]): Component;
  /** Every process that was started here, ended ones and the watchdog included. */
  processIds(): readonly number[];
  /** Kills all that still runs, the last started first, waits for it, and cleans up. */
  endAll(): Promise<void>;
}

/** The last lines that a component wrote, under a heading that says how it ended. */
async function lastWords(component: Component): Promise<string> {
  const lines = (await readFile(component.logFile, 'utf8')).trimEnd().split('\n');
  const ending = component.ending();
  const state = ending === undefined ? 'still runs' : `ended with ${ending}`;
  return [`${component.name} ${state}; its last lines:`, ...lines.slice(-TAIL_LINES)].join('\n');
}

/**
 * Waits until `ask` answers undefined; any other answer says in words what is still the matter. Throws with a component's last
 * words when it ends before, or with those of all when time runs out.
 */
export async function waitUntil(
  what: string,
  components: readonly Component[],
  ask: () => Promise<string | undefined>,
): Promise<void> {
  const deadline = performance.now() + READY_MS;
  let matter = await ask();
  while (matter !== undefined) {
    const dead = components.find((component) => component.ending() !== undefined);
    if (dead !== undefined) {
      throw new Error(`no ${what}: ${await lastWords(dead)}`);
    }
    if (performance.now() > deadline) {
      const words = await Promise.all(components.map(lastWords));
      throw new Error([`no ${what} within ${READY_MS / 1000} s: ${matter}`, ...words].join('\n'));
    }
    await sleep(POLL_MS);
    matter = await ask();
  }
}

/**
 * Starts processes that die with the harness, whatever ends it; `directory` holds their logs and is removed then. The command
 * `cleanUp` is run once all have been killed, by `endAll` or by the watchdog.
 */
export function createComponents(directory: string, log: Log, cleanUp: readonly string[] = []): Components {
  const watchdog = startWatchdog(directory, cleanUp);
  const started: Component[] = [];
  return {
    start(name, command, args) {
      const logFile = join(directory, `${name}.log`);
      const sink = openSync(logFile, 'a');
      // A session of its own: Ctrl-C has to reach the harness only, which then ends things in order.
      const child = spawn(command, args, { cwd: directory, detached: true, stdio: ['ignore', sink, sink] });
      closeSync(sink);
      const pid = child.pid;
      if (pid === undefined) {
        child.on('error', () => undefined);
        throw new Error(`${command} could not be started`);
      }
      watchdog.watch(pid);
      let ending: string | undefined;
      let wanted = false;
      const ended = new Promise<void>((resolve) => {
        child.once('exit', (code, signal) => {
          ending = code === null ? `signal ${signal}` : `code ${code}`;
          watchdog.forget(pid);
          if (!wanted) {
            log(`${name} ended by itself with ${ending} (${logFile})`);
          }
          resolve();
        });
      });
      const component: Component = {
        name,
        pid,
        logFile,
        ending: () => ending,
        async kill() {
          wanted = true;
          child.kill('SIGKILL');
          await ended;
        },
        signal: (signal) => void child.kill(signal),
      };
      started.push(component);
      return component;
    },
    processIds: () => [...started.map((component) => component.pid), watchdog.pid],
    async endAll() {
      for (const component of started.toReversed()) {
        await component.kill();
      }
      const [command, ...args] = cleanUp;
      if (command !== undefined) {
        await output(command, args);
      }
      await watchdog.dismiss();
    },
  };
}
