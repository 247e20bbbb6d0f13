import { spawn } from 'node:child_process';

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly cwd?: string;
  /** Replaces the inherited environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** The command is killed and the promise rejected after this many milliseconds; without it there is no limit. */
  readonly timeoutMs?: number;
}

/** Runs a command to its end; a non-zero exit is a result. Rejects when the command cannot be started, or runs too long. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: options.cwd, env: options.env ?? process.env });
    let stdout = '';
    let stderr = '';
    let timedOut = false;
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            child.kill('SIGKILL');
          }, options.timeoutMs);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    // A command that ends without reading its input breaks the pipe; its exit code says all there is to know.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const words = [command, ...args].join(' ');
      if (timedOut) {
        reject(new Error(`"${words}" did not end within ${options.timeoutMs} ms\n${stderr}`.trim()));
      } else if (code === null) {
        reject(new Error(`"${words}" was ended by ${signal}\n${stderr}`.trim()));
      } else {
        resolve({ code, stdout, stderr });
      }
    });
  });
}

/** Standard output of a command that has to succeed; rejects with its standard error otherwise. */
export async function output(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(command, args, options);
  if (result.code !== 0) {
    throw new Error(`"${[command, ...args].join(' ')}" failed with code ${result.code}\n${result.stderr}`.trim());
  }
  return result.stdout.trim();
}

/** Standard output of a program that may be missing or not work here; undefined then. */
export async function probe(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    return await output(command, args, { timeoutMs: 30_000 });
  } catch {
    return undefined;
  }
}
