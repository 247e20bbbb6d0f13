import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** A copy of the working tree in which files can be broken. */
export interface Workshop {
  readonly folder: string;
  /** Runs a program of node_modules in it. Killed, with all that it started, after so many milliseconds. */
  run(program: keyof typeof PROGRAMS, args: readonly string[], milliseconds: number): Promise<Ended>;
  /** Ends what runs and removes the copy. */
  close(): void;
}

export interface Ended {
  /** Undefined where it was killed for taking too long. */
  readonly code: number | undefined;
  readonly output: string;
}

/** The programs, by package and by the file that starts them. */
const PROGRAMS = { tsc: ['typescript', 'bin/tsc'], vitest: ['vitest', 'vitest.mjs'] } as const;

/** Copies what git knows or would add; node_modules is shared. */
export function openWorkshop(root: string): Workshop {
  const folder = mkdtempSync(join(tmpdir(), 'qdrant-admission-mutants-'));
  const git = ['-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', git, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 }).split('\0');
  // The index may name what somebody has deleted.
  for (const file of files.filter((each) => each !== '' && existsSync(join(root, each)))) {
    cpSync(join(root, file), join(folder, file), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  // Tests ask git which files there are.
  execFileSync('git', ['init', '--quiet'], { cwd: folder });
  const running = new Set<ChildProcess>();
  return {
    folder,
    run: (program, args, milliseconds) => run(folder, running, [entryOf(program), ...args], milliseconds),
    close() {
      for (const child of running) killGroup(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function entryOf(program: keyof typeof PROGRAMS): string {
  const [name, file] = PROGRAMS[program];
  return join(dirname(fileURLToPath(import.meta.resolve(`${name}/package.json`))), file);
}

async function run(
  cwd: string,
  running: Set<ChildProcess>,
  args: readonly string[],
  milliseconds: number,
): Promise<Ended> {
  const child = spawn(process.execPath, args, {
    cwd,
    // A group of its own: a test may have started servers.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    // CI: no snapshot is written.
    env: { ...process.env, CI: '1', NO_COLOR: '1' },
  });
  running.add(child);
  let expired = false;
  const timer = setTimeout(() => {
    expired = true;
    killGroup(child);
  }, milliseconds);
  try {
    const exited = new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve(code ?? 1));
    });
    const [code, out, err] = await Promise.all([exited, text(child.stdout), text(child.stderr)]);
    return { code: expired ? undefined : code, output: out + err };
  } finally {
    clearTimeout(timer);
    killGroup(child);
    running.delete(child);
  }
}

/** Also what outlived the child that had started it. */
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}
