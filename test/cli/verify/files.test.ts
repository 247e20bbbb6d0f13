import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { verifyOutputSchema } from '../../../src/cli/verify/json.ts';
import { runProgram } from '../../support/command-line.ts';
import { pem, sha256, spki } from '../../support/sigstore/certificates.ts';
import {
  type Certified,
  ecKeys,
  GITHUB,
  type PrivateSigstore,
  RELEASE,
  startSigstore,
} from '../../support/sigstore/private-sigstore.ts';
import { bundle, fileBundle, statement } from '../../support/sigstore/signatures.ts';

const CONTENT = Buffer.from('the archive of a chart');
const DIGEST = `sha256:${sha256(CONTENT).toString('hex')}`;
const EVIL = 'https://github.com/evil/qdrant/.github/workflows/x.yml@refs/tags/v1';

let sigstore: PrivateSigstore;
let signer: Certified;
let folder: string;
/** Of the folder. */
let chart: string;
let root: string;
let good: string;

beforeAll(async () => {
  sigstore = await startSigstore();
  signer = sigstore.certify();
  folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-verify-files-'));
  chart = await written('app-1.2.0.tgz', CONTENT);
  root = await written('trusted_root.json', sigstore.root.text);
  good = await written('app-1.2.0.tgz.sigstore.json', JSON.stringify(await fileBundle(sigstore, signer, CONTENT)));
});
afterAll(() => rm(folder, { recursive: true }));

async function written(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** Without a word about who has to have signed: then whoever signs Qdrant's images. */
function verifyBy(bundlePath: string, ...rest: string[]) {
  return runProgram(['verify', '--trusted-root', root, '--bundle', bundlePath, ...rest]);
}

describe('verify --bundle', () => {
  it('shows who signed a file, when, and in which log', async () => {
    const ran = await verifyBy(good, chart);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain(`accepted  ${chart}\n  digest    ${DIGEST}\n`);
    expect(ran.stdout).toMatch(
      new RegExp(`  signed    by \\S+ \\(${RELEASE}, says ${GITHUB}\\) on 20\\S+Z, in https?://\\S+; stored as bundle`),
    );
    expect(ran.stdout).not.toContain('.prov');
  });

  it('says the same to programs, as its schema has it', async () => {
    const other = await written(
      'other.sigstore.json',
      JSON.stringify(await fileBundle(sigstore, signer, Buffer.from('x'))),
    );
    const { code, stdout } = await verifyBy(other, '--bundle', good, '--format', 'json', chart, root);
    const output = verifyOutputSchema.parse(JSON.parse(stdout));
    expect([code, output.summary]).toEqual([
      1,
      { images: 0, files: 2, accepted: 1, refused: 1, unknown: 0, exitCode: 1 },
    ]);
    expect(output.files[0]).toMatchObject({
      file: chart,
      outcome: 'accepted',
      evidence: {
        digest: DIGEST,
        signatures: [{ signer: { subject: RELEASE, issuer: GITHUB }, storedAs: 'bundle', annotations: {} }],
        rejections: [{ found: other, reason: expect.stringContaining('it is of another file') }],
      },
    });
    expect(output.files[1]).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('none of the bundles'),
    });
  });

  it('reports a classic provenance file beside a chart, and that it was not verified', async () => {
    const signed = await written('old-1.0.0.tgz', CONTENT);
    const provenance = await written('old-1.0.0.tgz.prov', '-----BEGIN PGP SIGNED MESSAGE-----');
    expect((await verifyBy(good, signed)).stdout).toContain(
      `  .prov     ${provenance} is there, signed with PGP, and was not verified\n`,
    );
    const { stdout } = await verifyBy(good, '--format', 'json', signed);
    expect(verifyOutputSchema.parse(JSON.parse(stdout)).files[0]?.classicProvenance).toBe(provenance);
  });

  it.each([
    ['was changed', async () => good, 'it is of another file, or the file was changed'],
    [
      'somebody else signed',
      async () => {
        const thief = sigstore.certify({ subject: EVIL });
        return written('evil.json', JSON.stringify(await fileBundle(sigstore, thief, CONTENT)));
      },
      'https://github.com/evil',
    ],
    [
      'has the statement about an image',
      async () => {
        const payload = Buffer.from(JSON.stringify(statement(`sha256:${'a1'.repeat(32)}`)));
        return written('image.json', JSON.stringify(await bundle(sigstore, signer, payload)));
      },
      `its statement is about sha256:${'a1'.repeat(32)}, and not about ${DIGEST}`,
    ],
    [
      'has only a statement about it, which is no signature',
      async () => {
        const payload = Buffer.from(JSON.stringify(statement(DIGEST, { predicateType: 'https://example.com/tested' })));
        return written('tested.json', JSON.stringify(await bundle(sigstore, signer, payload)));
      },
      "a statement about it is none unless its type stands in the authority's signaturePredicates: https://example.com/tested",
    ],
    ['has a bundle that is none', async () => written('none.json', 'BEGIN'), 'none.json: it is not JSON'],
  ])('refuses a file that %s', async (what, from, said) => {
    const file = what === 'was changed' ? await written('changed.tgz', `${CONTENT}.`) : chart;
    const ran = await verifyBy(await from(), file);
    expect([ran.code, ran.stderr]).toEqual([1, '']);
    expect(ran.stdout).toMatch(/^refused /);
    expect(ran.stdout).toContain(said);
  });

  it('takes what cosign signs by its digest as a signature of the file', async () => {
    const payload = Buffer.from(JSON.stringify(statement(DIGEST)));
    const stated = await written('stated.json', JSON.stringify(await bundle(sigstore, signer, payload)));
    expect(await verifyBy(stated, chart)).toMatchObject({ code: 0 });
  });

  it('takes a key or an identity that is named, and nobody else', async () => {
    const keys = ecKeys();
    const ours = await written('ours.pub', pem(spki(keys.publicKey), 'PUBLIC KEY'));
    const other = await written('other.pub', pem(spki(ecKeys().publicKey), 'PUBLIC KEY'));
    const signed = await written(
      'key.json',
      JSON.stringify(await fileBundle(sigstore, keys, CONTENT, { log: 'none' })),
    );
    const withKey = (key: string) => runProgram(['verify', '--key', key, '--bundle', signed, chart]);
    expect(await withKey(ours)).toMatchObject({ code: 0, stdout: expect.stringContaining('by named (the key ') });
    expect(await withKey(other)).toMatchObject({ code: 1, stdout: expect.stringContaining('not one of this key') });
    const withIdentity = (subject: string) =>
      verifyBy(good, '--certificate-identity', subject, '--certificate-oidc-issuer', GITHUB, chart);
    expect(await withIdentity(RELEASE)).toMatchObject({ code: 0 });
    expect(await withIdentity(RELEASE.slice(0, -1))).toMatchObject({ code: 1 });
  });

  it('takes those by whom the policies of a configuration have images signed, and not who vouches for scans', async () => {
    const keys = ecKeys();
    const publicKey = pem(spki(keys.publicKey), 'PUBLIC KEY');
    const another = pem(spki(ecKeys().publicKey), 'PUBLIC KEY');
    const signed = await written(
      'ours.json',
      JSON.stringify(await fileBundle(sigstore, keys, CONTENT, { log: 'none' })),
    );
    const configOf = (policy: object) =>
      written(
        'config.yaml',
        stringify({
          version: 1,
          namespaces: [{ names: ['qdrant'], profile: 'private' }],
          images: {
            authorities: { ours: { key: { publicKey } }, another: { key: { publicKey: another } } },
            policies: [{ images: ['registry.example.com/team'], sbom: { level: 'off' }, ...policy }],
          },
        }),
      );
    const run = async (policy: object) =>
      runProgram(['verify', '--config', await configOf(policy), '--bundle', signed, chart]);
    const scan = { authorities: ['ours'], maxAgeDays: 7, refuse: ['CRITICAL'] };
    expect(await run({ authorities: ['another', 'ours'] })).toMatchObject({ code: 0 });
    expect(await run({ authorities: ['another', 'ours'], require: 'all' })).toMatchObject({ code: 1 });
    expect(await run({ authorities: ['another'], scan })).toMatchObject({ code: 1 });
  });

  it('says what to type where a file has no bundle, and what cannot be read', async () => {
    const large = await written('large.json', '');
    await truncate(large, 11 * 2 ** 20);
    for (const [args, said] of [
      [[chart], `verify ${chart} --bundle ${chart}.sigstore.json`],
      [['./absent.tgz'], 'files are verified with --bundle BUNDLE'],
      [['--bundle', join(folder, 'absent.json'), chart], 'absent.json: cannot be read: ENOENT'],
      [['--bundle', large, chart], 'a bundle has at most 10485760'],
      [['--bundle', folder, chart], 'expected a file, and not a directory'],
      [['--bundle', good, 'docker.io/qdrant/qdrant:v1'], 'images are named without'],
      [['--bundle', good, '--layout', folder, chart], 'expected --layout for images, or --bundle for files'],
    ] as const) {
      const ran = await runProgram(['verify', ...args]);
      expect([ran.code, ran.stderr]).toEqual([3, expect.stringContaining(said)]);
    }
  });
});

describe('docs/images.md', () => {
  it('shows commands on files that work as they stand there', async () => {
    const page = await readFile(new URL('../../../docs/images.md', import.meta.url), 'utf8');
    const shown = [...page.matchAll(/^qdrant-admission (verify .*--bundle .*)$/gm)].map(([, line]) => line ?? '');
    expect(shown.length).toBeGreaterThan(1);
    const places: Readonly<Record<string, string>> = {
      'app-1.2.0.tgz': chart,
      'app-1.2.0.tgz.sigstore.json': good,
      'trusted_root.json': root,
    };
    for (const line of shown) {
      const words = line.split(' ').map((word) => places[word] ?? word);
      // Signed in an instance of our own, which no command but the one for it knows.
      const args = words.includes('--trusted-root') ? words : [...words, '--trusted-root', root];
      expect([line, await runProgram(args)]).toEqual([line, expect.objectContaining({ code: 0 })]);
    }
  });
});
