import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { reviewCommand } from '../../src/cli/review/command.ts';
import { type ReviewOutput, reviewOutputSchema } from '../../src/cli/review/json.ts';

/** What a run of `review` left behind. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Surroundings {
  readonly stdin?: string | Buffer;
  readonly terminal?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly now?: Date;
  readonly signal?: AbortSignal;
}

/** Runs `review` as main.ts does, with streams of its own. */
export async function review(args: readonly string[], around: Surroundings = {}): Promise<Ran> {
  const { stdin = '', terminal = false, env = {}, now = new Date('2026-11-01T00:00:00Z'), signal } = around;
  const stdout = Object.assign(new PassThrough(), terminal && { isTTY: true });
  const stderr = new PassThrough();
  const said = Promise.all([text(stdout), text(stderr)]);
  const code = await reviewCommand(args, {
    stdout,
    stderr,
    stdin: Readable.from([Buffer.from(stdin)]),
    env,
    now: () => now,
    signal: signal ?? new AbortController().signal,
  });
  stdout.end();
  stderr.end();
  const [out, err] = await said;
  return { code, stdout: out, stderr: err };
}

/** The same with `--format json`; what it prints is held against the published schema. */
export async function reviewJson(
  args: readonly string[],
  around?: Surroundings,
): Promise<Ran & { json: ReviewOutput }> {
  const ran = await review(['--format', 'json', ...args], around);
  return { ...ran, json: reviewOutputSchema.parse(JSON.parse(ran.stdout)) };
}

/** Puts files into a directory of their own, gone after the test. Returns its path. */
export async function files(contents: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'review-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(contents)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), content);
  }
  return directory;
}

/** A pod that every rule accepts. */
export function goodPod(name: string, namespace = 'qdrant'): string {
  return `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  automountServiceAccountToken: false
  securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }
  containers:
    - name: main
      image: registry.cloud.qdrant.io/qdrant/qdrant:v1.19.0
      resources:
        limits: { cpu: "2", memory: 8Gi }
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL] }
`;
}

/** A pod that one rule refuses, \`privileged\`, at line 18. */
export function badPod(name: string, namespace = 'qdrant'): string {
  return `${goodPod(name, namespace)}        privileged: true\n`;
}
