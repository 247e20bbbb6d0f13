import { Agent, get } from 'node:http';
import { parseArgs } from 'node:util';
import { parseConfig } from '../src/config/load.ts';
import { reviewOf as envelope, subjectOf } from '../src/engine/admission-review.ts';
import { answer } from '../src/engine/answer.ts';
import { unknown } from '../src/engine/fact.ts';
import { ImageMemory } from '../src/evidence/image-memory.ts';
import { createRegistryImages } from '../src/evidence/registry-images.ts';
import type { Ports } from '../src/facts/ports.ts';
import { authoritiesOf } from '../src/images/matching.ts';
import { judge } from '../src/judge.ts';
import { parseImageReference } from '../src/k8s/core/image-reference.ts';
import { RegistryContent } from '../src/registry/registry-content.ts';
import type { Policy } from '../src/rules/define.ts';
import { gatherEvidence } from '../src/sigstore/gather-evidence.ts';
import { verifyInProcess } from '../src/sigstore/in-process.ts';
import { reviewOf } from './reviews.ts';
import { type SignedImage, startSignedImage } from './signed-image.ts';
import { median, progress } from './table.ts';

/**
 * What the rules of images cost, in this process and side by side in one run: a decision whose evidence is remembered beside
 * one without these rules, and a verification of which nothing is known beside the bare requests and the arithmetic it needs.
 * `npm run bench:image-decisions -- [--quick]`
 */
const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } }, strict: true });
const sizes = values.quick
  ? { warmUp: 500, rounds: 15, decisions: 200, cold: 20 }
  : { warmUp: 3000, rounds: 61, decisions: 500, cold: 100 };

/** CPU of a remembered decision, in units of one without image rules. */
const MOST_FOR_REMEMBERED = 1.05;
/** Time of a cold verification, in units of its bare requests and its arithmetic. */
const MOST_FOR_COLD = 1.2;
const TRUST_ROOT = 'bench';
const { signal } = new AbortController();
const NOTHING = async () => unknown('there is no cluster here');
const cluster: Ports['cluster'] = { list: NOTHING, read: NOTHING };

const signed = await startSignedImage();
// With a source of reports: without one every decision carries a warning, and its words would be measured.
const scan = { authorities: ['release'], maxAgeDays: 7, refuse: ['CRITICAL'] };
const withRules = policyOf({
  trustRoots: { [TRUST_ROOT]: { file: '/trusted_root.json' } },
  registries: [{ registry: signed.host, insecure: true, privateAddresses: true }],
  authorities: {
    release: { keyless: { trustRoot: TRUST_ROOT, identities: [{ owner: 'https://github.com/qdrant' }] } },
  },
  policies: [{ images: [signed.host], authorities: ['release'], sbom: { level: 'off' }, scan }],
});
const withoutRules = policyOf({ verify: false });
const settings = withRules.settings.images;
const trustRoots = new Map([[TRUST_ROOT, signed.sigstore.root]]);
const verification = verifyInProcess();
const content = new RegistryContent({ settings });
try {
  await compareDecisions();
  await compareVerifications(signed);
} finally {
  content.close();
  await signed.registry.close();
}

function policyOf(images: object): Policy {
  // No cluster runs beside the bench, whose policies these rules would want to see.
  const off = { mode: 'off' };
  const allowed = { options: { allowed: [signed.host] } };
  const rules = { 'image-registry': allowed, 'default-deny': off, 'wide-policies': off };
  const config = { version: 1, namespaces: [{ names: ['qdrant'], profile: 'private', rules }], images };
  const [policy] = parseConfig(JSON.stringify(config), 'the configuration of the bench').namespaces.values();
  if (!policy) throw new Error('the configuration has no namespace');
  return policy;
}

/** The decision of a pod whose three containers run the image, from the text of the review to that of its answer. */
async function compareDecisions(): Promise<void> {
  const memory = new ImageMemory(2 ** 20);
  const images = createRegistryImages({
    content,
    verification,
    trustRoots: () => trustRoots,
    memory,
    lives: settings.lives,
  });
  const text = JSON.stringify(reviewOf('good')).replaceAll(/"image":"[^"]*"/g, `"image":"${signed.image}"`);
  const without = () => decide(text, withoutRules, { cluster });
  const remembered = () => decide(text, withRules, { cluster, images });
  for (let i = 0; i < sizes.warmUp; i++) {
    await without();
    await remembered();
  }
  const asked = signed.registry.met.length;
  const ratios: number[] = [];
  for (let round = 1; round <= sizes.rounds; round++) {
    progress(`decisions: round ${round} of ${sizes.rounds}`);
    // Another order in each round: whoever comes first does not always do so.
    const first = round % 2 === 0 ? without : remembered;
    const one = await cpuOf(first);
    const other = await cpuOf(first === without ? remembered : without);
    ratios.push(first === without ? other / one : one / other);
  }
  if (signed.registry.met.length > asked) throw new Error('a remembered decision asked the registry');
  report('a remembered decision, to one without image rules (CPU)', median(ratios), MOST_FOR_REMEMBERED);
}

async function decide(text: string, policy: Policy, ports: Ports): Promise<string> {
  const subject = subjectOf(JSON.parse(text), new Date());
  if (!subject.ok) throw new Error(subject.error.problem);
  const { verdicts } = await judge(subject.value, policy, ports, signal);
  const refused = verdicts.filter(({ outcome }) => outcome === 'fail' || outcome === 'unknown');
  const wrong = refused.filter(({ mode }) => mode === 'enforce').map(({ rule }) => rule.id);
  // A refusal is looked at afresh, and would be measured instead.
  if (wrong.length > 0) throw new Error(`the pod is not admitted: ${wrong.join(', ')}`);
  return JSON.stringify(envelope(subject.value.uid, answer(subject.value, verdicts, 'enforce')));
}

async function cpuOf(once: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < sizes.decisions; i++) await once();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** A verification of which nothing is remembered, the requests that it sends, and the arithmetic on the bundle. */
async function compareVerifications({ image, digest, bundles, registry }: SignedImage): Promise<void> {
  const reference = parseImageReference(image);
  if (!reference) throw new Error(`${image} is no image`);
  const authorities = authoritiesOf(settings.policies);
  const demand = { kind: 'keyless', authority: 'release', transparencyLogs: 1, certificateLog: true } as const;
  const demands = [{ ...demand, trustRoot: signed.sigstore.root }];
  const cold = async () => {
    const found = await gatherEvidence(content, reference, authorities, trustRoots, signal, { verification });
    if (found.state !== 'found' || found.evidence.signatures.length !== 1) throw new Error('the image does not verify');
  };
  registry.met.length = 0;
  await cold();
  const waves = wavesOf(registry.met.map(({ path }) => path));
  const agent = new Agent({ keepAlive: true });
  const least = async () => {
    for (const wave of waves) await Promise.all(wave.map((path) => fetchBare(agent, path)));
    for (const bytes of bundles) {
      const candidate = { format: 'bundle', bytes, annotations: {} } as const;
      await verification.candidate({ kind: 'candidate', candidate, digest, demands }, signal);
    }
  };
  const ratios: number[] = [];
  for (let round = -sizes.cold / 4; round < sizes.cold; round++) {
    progress(`verifications: round ${Math.max(round, 0)} of ${sizes.cold}`);
    const first = round % 2 === 0 ? cold : least;
    const one = await timeOf(first);
    const other = await timeOf(first === cold ? least : cold);
    if (round >= 0) ratios.push(first === cold ? one / other : other / one);
  }
  progress('');
  agent.destroy();
  const requests = waves.flat().length;
  report(
    `a cold verification, to its ${requests} bare requests and its arithmetic (time)`,
    median(ratios),
    MOST_FOR_COLD,
  );
}

/**
 * Requests that need the answer to earlier ones wait for it: the image, then everything that is named after it (referrers,
 * tags of signatures), then the manifests that are listed, then what they hold.
 */
function wavesOf(paths: readonly string[]): readonly (readonly string[])[] {
  const [image = '', ...others] = paths;
  const isNamed = (path: string) => /\/referrers\/|\.(sig|att)$/.test(path);
  const listed = others.filter((path) => !isNamed(path));
  const [manifests, blobs] = [/\/manifests\//, /\/blobs\//].map((kind) => listed.filter((path) => kind.test(path)));
  return [[image], others.filter(isNamed), manifests ?? [], blobs ?? []];
}

function fetchBare(agent: Agent, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  get({ agent, host: '127.0.0.1', port: signed.registry.port, path }, (response) => {
    response.on('end', resolve).on('error', reject).resume();
  }).on('error', reject);
  return promise;
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function report(what: string, ratio: number, most: number): void {
  progress('');
  process.stdout.write(`  ${ratio <= most ? 'met   ' : 'MISSED'}  ${what}: ${ratio.toFixed(3)}, at most ${most}\n`);
}
