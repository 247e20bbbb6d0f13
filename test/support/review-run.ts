import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ReviewOutput, reviewOutputSchema } from '../../src/cli/review/json.ts';
import { type Ran, runProgram, type Surroundings } from './command-line.ts';

/** Runs `review`. */
export function review(args: readonly string[], around?: Surroundings): Promise<Ran> {
  return runProgram(['review', ...args], around);
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
