import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ImageAnswer } from '../../../src/images/evidence.ts';
import { parseImageReference } from '../../../src/k8s/core/image-reference.ts';
import { RegistryContent } from '../../../src/registry/registry-content.ts';
import { gatherEvidence } from '../../../src/sigstore/gather-evidence.ts';
import { readTrustRoot } from '../../../src/sigstore/trust-material.ts';
import { missingGo, pinnedModule } from '../harness/binaries.ts';
import { pushIndex } from '../signing/images.ts';
import { type SigningStack, startSigningStack } from '../signing/stack.ts';
import { ASKERS, type Asker, TRUST_ROOT } from './askers.ts';
import { type Answer, type Case, SIGNATURE } from './case.ts';
import { CHANGES } from './cases/changes.ts';
import { COPIES } from './cases/copies.ts';
import { IDENTITIES } from './cases/identities.ts';
import { SHAPES } from './cases/shapes.ts';
import { STATEMENTS } from './cases/statements.ts';
import { TRUST } from './cases/trust.ts';
import { createKeyRing, type KeyRing, Stage } from './stage.ts';

/** The first start on a machine compiles cosign. */
const FIRST_START_MS = 30 * 60_000;
const GROUPS: Readonly<Record<string, readonly Case[]>> = {
  'Shapes of signatures': SHAPES,
  'Who signed': IDENTITIES,
  'Logs, timestamps and trust roots': TRUST,
  'Copied signatures': COPIES,
  'Changed signatures': CHANGES,
  Statements: STATEMENTS,
};
const CASES = Object.values(GROUPS).flat();

const missing = await missingGo(await pinnedModule());
const title = `cosign and this program, asked about one image${missing === undefined ? '' : ` (not here: needs ${missing})`}`;

test('at least forty images, each under a name of its own, and every difference is explained', () => {
  expect(CASES.length).toBeGreaterThanOrEqual(40);
  expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
  for (const { name, cosign, ours, difference } of CASES) {
    expect({ name, isExplained: difference !== undefined }).toEqual({ name, isExplained: cosign !== ours });
  }
});

test('verification.out is the table of what both answer', async () => {
  const lines = Object.entries(GROUPS).flatMap(([group, cases]) => [
    '',
    group,
    ...cases.flatMap(({ name, asker, cosign, ours, difference }) => [
      `  cosign ${cosign}, here ${ours}  ${name} (asked for: ${asker})`,
      ...(difference === undefined ? [] : [`      ${difference}`]),
    ]),
  ]);
  const text = ['What cosign 3.1.3 and this program say of one image', ...lines, ''].join('\n');
  await expect(text).toMatchFileSnapshot('verification.out');
});

describe.skipIf(missing !== undefined)(title, () => {
  let stack: SigningStack;
  let keys: KeyRing;
  let content: RegistryContent;

  beforeAll(async () => {
    stack = await startSigningStack((line) => void process.stderr.write(`${line}\n`));
    keys = await createKeyRing(stack);
    const scopes = [stack.registry, stack.plainRegistry].map((registry) => ({ registry, path: '' }));
    const entry = { mirrors: [], fallBack: false, insecure: true, privateAddresses: true, privateHosts: [] };
    content = new RegistryContent({ settings: { registries: scopes.map((scope) => ({ ...entry, scope })) } });
  }, FIRST_START_MS);

  afterAll(async () => {
    content?.close();
    await stack?.stop();
  });

  async function askOurselves(name: string, { authority, rootFile }: Asker, signal: AbortSignal): Promise<ImageAnswer> {
    const reference = parseImageReference(name);
    const root = readTrustRoot(await readFile(rootFile, 'utf8'));
    if (reference === undefined || !root.ok) throw new Error(`${name}, ${rootFile}: not readable`);
    return gatherEvidence(content, reference, [authority], new Map([[TRUST_ROOT, root.value]]), signal);
  }

  test('what BuildKit attached is read, and counts only for the platform that it is about', async () => {
    const stage = new Stage(stack, keys, stack.registry, 'attached');
    const asking = ASKERS.release(stack, keys);
    const good = await pushIndex(stage.repository, 'good', { attached: 'CycloneDX' });
    const [platform] = good.platforms;
    const bad = await pushIndex(stage.repository, 'bad', { attached: 'SPDX', attachedSubject: platform?.digest ?? '' });
    const [first, second] = await Promise.all(
      [good, bad].map(({ digest }) => askOurselves(stage.repository.at(digest), asking, AbortSignal.timeout(20_000))),
    );
    const content = { kind: 'sbom', format: 'CycloneDX', packages: 3 };
    expect(first).toMatchObject({
      state: 'found',
      evidence: {
        attached: good.platforms.map(({ digest }) => ({ platformDigest: digest, level: 'bound', content })),
        rejections: [],
      },
    });
    const about = { reason: expect.stringContaining(`about ${platform?.digest}`) };
    expect(second).toMatchObject({ state: 'found', evidence: { attached: [], rejections: [about, about] } });
  });

  describe.each(Object.entries(GROUPS))('%s', (group, cases) => {
    test.concurrent.each(cases.map((it, index) => ({ ...it, index })))(
      '$name: cosign $cosign, we $ours',
      async (it) => {
        const { wanted = SIGNATURE, asker, registry }: Case = it;
        const host = registry === 'plain' ? stack.plainRegistry : stack.registry;
        const stage = new Stage(stack, keys, host, `${group.toLowerCase().replaceAll(/\W+/g, '-')}/${it.index}`);
        const staged = await it.stage(stage);
        const name = `${stage.repository.name}${staged.startsWith('sha256:') ? '@' : ':'}${staged}`;
        const asking = ASKERS[asker](stack, keys);
        const [command, type] = wanted.cosign;
        const flags = [...(type === undefined ? [] : [`--type=${type}`]), ...asking.cosign];
        const cosign = await stack.cosign.verify(command, [...flags, name]);
        const answer = await askOurselves(name, asking, AbortSignal.timeout(20_000));
        const isGood = answer.state === 'found' && wanted.ours(answer.evidence);
        const reasons = reasonsOf(answer);
        expect(
          { cosign: verdict(cosign.code === 0), ours: verdict(isGood) },
          `cosign: ${cosign.stderr}\nours: ${JSON.stringify(answer)}`,
        ).toEqual({ cosign: it.cosign, ours: it.ours });
        if (it.because !== undefined) expect(reasons).toMatch(it.because);
      },
    );
  });
});

function verdict(isAccepted: boolean): Answer {
  return isAccepted ? 'accepts' : 'refuses';
}

/** What was turned down, and what could not be read. */
function reasonsOf(answer: ImageAnswer): string {
  if (answer.state !== 'found') return answer.reason;
  const { rejections, incomplete = '' } = answer.evidence;
  return [...rejections.map(({ found, reason }) => `${found}: ${reason}`), incomplete].join('\n');
}
