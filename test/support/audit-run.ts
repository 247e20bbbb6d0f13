import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { auditCommand } from '../../src/cli/audit/command.ts';
import { type AuditOutput, auditOutputSchema } from '../../src/cli/audit/json.ts';

/** What a run of `audit` left behind. */
export interface AuditRan {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Surroundings {
  readonly terminal?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Runs `audit` as main.ts does, with streams of its own. */
export async function audit(args: readonly string[], around: Surroundings = {}): Promise<AuditRan> {
  const { terminal = false, env = {}, signal = new AbortController().signal } = around;
  const stdout = Object.assign(new PassThrough(), terminal && { isTTY: true });
  const stderr = Object.assign(new PassThrough(), terminal && { isTTY: true });
  const said = Promise.all([text(stdout), text(stderr)]);
  const code = await auditCommand(args, {
    stdout,
    stderr,
    stdin: Readable.from([]),
    env,
    now: () => new Date('2026-11-01T00:00:00Z'),
    signal,
  });
  stdout.end();
  stderr.end();
  const [out, err] = await said;
  return { code, stdout: out, stderr: err };
}

/** The same with `--format json`; what it prints is held against its schema. */
export async function auditJson(args: readonly string[]): Promise<AuditRan & { readonly json: AuditOutput }> {
  const ran = await audit(['--format', 'json', ...args]);
  return { ...ran, json: auditOutputSchema.parse(JSON.parse(ran.stdout)) };
}
