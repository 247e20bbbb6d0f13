import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Authority } from '../src/images/authorities.ts';
import type { RegistrySettings } from '../src/images/registry-settings.ts';
import { parseImageReference } from '../src/k8s/core/image-reference.ts';
import { RegistryContent } from '../src/registry/registry-content.ts';
import { gatherEvidence } from '../src/sigstore/gather-evidence.ts';
import { verifyInProcess } from '../src/sigstore/in-process.ts';
import type { CandidateTask, DocumentTask, TrustRoots, Verification } from '../src/sigstore/tasks.ts';
import { readTrustRoot } from '../src/sigstore/trust-material.ts';
import type { Shape } from '../test/real-cluster/signing/cosign.ts';
import { pushIndex } from '../test/real-cluster/signing/images.ts';
import { GITHUB_ISSUER } from '../test/real-cluster/signing/oidc-issuer.ts';
import { repository } from '../test/real-cluster/signing/registry.ts';
import { type SigningStack, startSigningStack } from '../test/real-cluster/signing/stack.ts';
import { recordRequests } from './round-trips.ts';
import { firstQuartile, progress, table } from './table.ts';

/**
 * What it costs to verify an image of which nothing is known, beside the bare round trips to the registry that it takes and the
 * arithmetic of its signatures, in interleaved rounds of one run; and beside `cosign verify` of the same image.
 */
const TARGET = 1.2;
const WARM_UP = 20;
const RUN = { repository: 'qdrant/qdrant', workflow: '.github/workflows/docker-image.yml', ref: 'refs/tags/v1.19.0' };
const IMAGES: readonly { readonly name: string; readonly shape: Shape; readonly attached: boolean }[] = [
  { name: "Qdrant's: .sig tag, SBOMs in the index", shape: 'legacy', attached: true },
  { name: '.sig tag', shape: 'legacy', attached: false },
  { name: 'bundle, Rekor v2 and a timestamp', shape: 'bundle', attached: false },
];

const AUTHORITY: Authority = {
  kind: 'keyless',
  name: 'qdrant',
  trustRoot: 'bench',
  identities: [
    {
      kind: 'workflow',
      issuer: GITHUB_ISSUER,
      ownerUri: 'https://github.com/qdrant',
      repositories: ['https://github.com/qdrant/qdrant'],
      workflows: [RUN.workflow],
      refs: ['refs/tags/*'],
    },
  ],
  transparencyLogs: 1,
  certificateLog: true,
  signaturePredicates: [],
};

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '80' } }, strict: true });
const rounds = Number(values.rounds);

/** Milliseconds by the clock and of this machine's processors. */
interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

interface Measured {
  readonly name: string;
  readonly requests: number;
  readonly cold: Cost;
  readonly roundTrips: Cost;
  readonly arithmetic: Cost;
  readonly cosign: Cost;
}

const stack = await startSigningStack((line) => void process.stderr.write(`${line}\n`));
try {
  process.stdout.write(
    `qdrant-admission bench of images: Node ${process.versions.node}, ${availableParallelism()} CPUs\n\n`,
  );
  const measured: Measured[] = [];
  for (const { name, shape, attached } of IMAGES) {
    progress(name);
    const at = repository(stack.plainRegistry, `bench/${measured.length}`);
    const { digest } = await pushIndex(at, name, attached ? { attached: 'SPDX' } : {});
    await stack.cosign.sign(at.at(digest), { shape, by: { token: stack.tokens.workflowToken(RUN) } });
    measured.push(await measure(stack, name, at.at(digest)));
  }
  progress('');
  print(measured);
} finally {
  await stack.stop();
}

async function measure({ roots, cosign, plainRegistry }: SigningStack, name: string, image: string): Promise<Measured> {
  const root = readTrustRoot(await readFile(roots.own, 'utf8'));
  if (!root.ok) throw new Error(root.error);
  const trustRoots: TrustRoots = new Map([['bench', root.value]]);
  const verification = verifyInProcess();
  const tasks: (CandidateTask | DocumentTask)[] = [];
  const trips = await recordRequests(plainRegistry, async (recorder) => {
    const path = image.slice(image.indexOf('/'));
    await cold(`${recorder}${path}`, trustRoots, recording(verification, tasks));
  });

  const costs: Record<'cold' | 'roundTrips' | 'arithmetic' | 'cosign', Cost[]> = {
    cold: [],
    roundTrips: [],
    arithmetic: [],
    cosign: [],
  };
  const { command, args, env } = cosign.verifyCommand([
    '--certificate-identity-regexp=https://github.com/qdrant/.*',
    `--certificate-oidc-issuer=${GITHUB_ISSUER}`,
    `--trusted-root=${roots.own}`,
    image,
  ]);
  const works = [
    { costs: costs.cold, work: () => cold(image, trustRoots, verification) },
    { costs: costs.roundTrips, work: () => trips.repeat() },
    { costs: costs.arithmetic, work: () => arithmetic(tasks, verification) },
  ];
  for (let i = -WARM_UP; i < rounds; i++) {
    // Another order in each round: what comes first finds the caches of the processor cold.
    for (const at of works.keys()) {
      const { costs: list, work } = works[(at + i + WARM_UP) % works.length] ?? {};
      const cost = work && (await costOf(work));
      if (cost && i >= 0) list?.push(cost);
    }
    if (i >= 0 && i % 4 === 0) costs.cosign.push(await processCost(command, args, env));
  }
  return {
    name,
    requests: trips.count,
    cold: typical(costs.cold),
    roundTrips: typical(costs.roundTrips),
    arithmetic: typical(costs.arithmetic),
    cosign: typical(costs.cosign),
  };
}

function typical(costs: readonly Cost[]): Cost {
  return { wall: firstQuartile(costs.map(({ wall }) => wall)), cpu: firstQuartile(costs.map(({ cpu }) => cpu)) };
}

/** Everything that speaks for an image, read and verified over connections of its own. */
async function cold(image: string, trustRoots: TrustRoots, verification: Verification): Promise<void> {
  const reference = parseImageReference(image);
  if (reference === undefined) throw new Error(`${image} is no reference`);
  const content = new RegistryContent({ settings: settingsFor(reference.registry) });
  try {
    const signal = AbortSignal.timeout(30_000);
    const answer = await gatherEvidence(content, reference, [AUTHORITY], trustRoots, signal, { verification });
    if (answer.state !== 'found' || answer.evidence.signatures.length !== 1) {
      throw new Error(`not verified: ${JSON.stringify(answer)}`);
    }
  } finally {
    content.close();
  }
}

function settingsFor(registry: string): RegistrySettings {
  const scope = { registry, path: '' };
  return {
    registries: [{ scope, mirrors: [], fallBack: false, insecure: true, privateAddresses: true, privateHosts: [] }],
  };
}

function recording(inner: Verification, tasks: (CandidateTask | DocumentTask)[]): Verification {
  return {
    candidate(task, signal) {
      tasks.push(task);
      return inner.candidate(task, signal);
    },
    document(task, signal) {
      tasks.push(task);
      return inner.document(task, signal);
    },
  };
}

async function arithmetic(tasks: readonly (CandidateTask | DocumentTask)[], verification: Verification): Promise<void> {
  const { signal } = new AbortController();
  for (const task of tasks) {
    await (task.kind === 'candidate' ? verification.candidate(task, signal) : verification.document(task, signal));
  }
}

async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const began = performance.now();
  const before = process.cpuUsage();
  await work();
  const wall = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  return { wall, cpu: (user + system) / 1000 };
}

/** Wall and CPU milliseconds of a process, as bash counts them. */
function processCost(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Cost> {
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null 2>&1';
  const child = spawn('bash', ['-c', script, 'bash', command, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const [wall = 0, user = 0, system = 0] = text.trim().split(' ').map(Number);
      if (code === 0) resolve({ wall: wall * 1000, cpu: (user + system) * 1000 });
      else reject(new Error(`${command} ended with ${code}: it does not accept the image`));
    });
  });
}

function print(measured: readonly Measured[]): void {
  const cells = ({ wall, cpu }: Cost) => [wall.toFixed(1), cpu.toFixed(1)];
  const rows = measured.map(({ name, requests, cold, roundTrips, arithmetic, cosign }) => [
    name,
    String(requests),
    ...[cold, roundTrips, arithmetic, cosign].flatMap(cells),
  ]);
  const head = ['', 'requests', ...['cold', 'round trips', 'arithmetic', 'cosign'].flatMap((it) => [it, 'CPU'])];
  process.stdout.write(
    `Cold verification (milliseconds, first quartiles of ${rounds} rounds)\n\n${table([head, ...rows])}\n`,
  );
  for (const { name, cold, roundTrips, arithmetic } of measured) {
    const ratio = cold.wall / (roundTrips.wall + arithmetic.wall);
    const ofCpu = cold.cpu / (roundTrips.cpu + arithmetic.cpu);
    const verdict = ratio <= TARGET ? 'met' : 'MISSED';
    process.stdout.write(
      `  ${verdict}: at most ${TARGET} times round trips and arithmetic: ${ratio.toFixed(2)}, of CPU ${ofCpu.toFixed(2)} (${name})\n`,
    );
  }
}
