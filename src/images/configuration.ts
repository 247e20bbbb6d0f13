import { z } from 'zod';
import { duration, millisecondsOf } from '../engine/duration.ts';
import { timestamp } from '../engine/timestamp.ts';
import { registryScope } from '../k8s/core/image-reference.ts';
import { authority, authorityOf, PUBLIC_GOOD, QDRANT, trustRootOf } from './authority-configuration.ts';
import { imageSet, imageSetOf, imageSetProblem, namedBy, policy, policyOf } from './policy-configuration.ts';
import { registriesSchema, resolveRegistries } from './registry-configuration.ts';
import type { ImagesSettings, TrustRootSource } from './settings.ts';

const id = z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'expected lower case letters, digits and dashes');

const trustRoot = z
  .strictObject({
    file: z.string().min(1).optional().describe('A trusted_root.json: for air gaps, and for an instance of your own.'),
    tufMirror: z
      .strictObject({
        url: z.url({ protocol: /^https?$/, error: 'expected the URL of a TUF mirror' }),
        rootFile: z.string().min(1).describe('The root.json that the mirror is trusted by.'),
        refreshEvery: duration.default('6h').describe('How often it is asked, in the background.'),
      })
      .optional()
      .describe('A TUF mirror that keeps it fresh; left out: it is what the file says.'),
  })
  .refine((entry) => entry.file !== undefined || entry.tufMirror !== undefined, 'expected file, or tufMirror, or both')
  .describe('Certificates and logs to trust.');

const accepted = z
  .strictObject({
    id: z.string().min(1).describe('As scanners name it: CVE-2026-1234.'),
    package: z.string().min(1).optional().describe('The name of a package; left out: whatever package has it.'),
    ...imageSet,
    reason: z.string().min(1),
    responsible: z.string().min(1).describe('Who answers for it.'),
    expires: timestamp.describe('From this moment on it no longer holds (RFC 3339).'),
  })
  .superRefine((entry, context) => {
    const message = imageSetProblem(entry);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .describe('A vulnerability that is accepted for a time.');

const lives = z
  .strictObject({
    goodFor: duration.default('1h').describe('What was found of an image is as good for so long.'),
    badFor: duration.default('1m').describe('The same where nothing was found, or nobody could be asked.'),
    staleFor: duration
      .default('24h')
      .describe('How long a digest that was verified counts as verified while its registry cannot be reached.'),
  })
  .describe('How long what is known of images is kept.');

/** What Qdrant publishes: signed by the workflow of a tag, with an SBOM that the signed index lists. */
const QDRANT_IMAGES = {
  images: ['registry.cloud.qdrant.io/qdrant', 'docker.io/qdrant'],
  authorities: ['qdrant'],
};

/** What is of use only where images are verified. */
const OF_VERIFICATION = [
  'authorities',
  'trustRoots',
  'policies',
  'unmatched',
  'acceptedVulnerabilities',
  'registries',
  'cache',
] as const;

/** `images` of the configuration: for all namespaces. */
export const shared = z
  .strictObject({
    verify: z
      .boolean()
      .optional()
      .describe(
        'Whether the registries are asked who signed images. Left out: only with policies; without, admissions carry a warning. false: somebody else verifies them.',
      ),
    authorities: z
      .record(id, authority)
      .optional()
      .describe(
        'Who signs, by a name of your own. qdrant is there already: any workflow of a tag of github.com/qdrant.',
      ),
    trustRoots: z
      .record(id, trustRoot)
      .optional()
      .describe(
        `Certificates and logs to trust, by name. ${PUBLIC_GOOD} ships with the program: an entry of that name replaces it.`,
      ),
    policies: z
      .array(policy)
      .min(1, 'the list is empty, which would refuse every image: expected at least one')
      .optional()
      .describe(
        "What holds for which images. Left out: Qdrant's images, signed by qdrant, with SBOM; entries replace it.",
      ),
    unmatched: z
      .enum(['deny', 'warn'])
      .optional()
      .describe('What becomes of an image that no policy holds for: denied where it is left out.'),
    acceptedVulnerabilities: z.array(accepted).optional(),
    registries: registriesSchema.optional(),
    cache: lives.optional(),
  })
  .prefault({})
  .superRefine((entry, context) => {
    const complain = (path: readonly (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path: [...path], message });
    for (const { path, message } of inconsistencies(entry)) complain(path, message);
  })
  .describe('Who signs images, and what has to be known of them, for all namespaces.');

type SharedEntry = z.infer<typeof shared>;

/** What a namespace is told of its images. */
export function resolve(
  entry: SharedEntry,
  { allowedRegistries }: { readonly allowedRegistries: readonly string[] | undefined },
): ImagesSettings {
  const { policies = [policy.parse(QDRANT_IMAGES)], unmatched = 'deny', acceptedVulnerabilities = [] } = entry;
  const { goodFor, badFor, staleFor } = entry.cache ?? lives.parse({});
  const entries = Object.entries({ qdrant: QDRANT, ...entry.authorities });
  const authorities = new Map(entries.map(([name, each]) => [name, authorityOf(name, each)]));
  return {
    verification: isVerifying(entry) ? 'on' : entry.verify === false ? 'off' : 'unstated',
    policies: policies.map((each) => policyOf(each, authorities)),
    unmatched,
    acceptedVulnerabilities: acceptedVulnerabilities.map(({ images, repositories, expires, ...rest }) => ({
      ...rest,
      images: imageSetOf({ images, repositories }),
      expires: new Date(expires),
    })),
    trustRoots: Object.fromEntries(
      Object.entries(entry.trustRoots ?? {}).map(([name, each]) => [name, sourceOf(each)]),
    ),
    ...resolveRegistries(entry.registries ?? []),
    lives: {
      goodForMs: millisecondsOf(goodFor),
      badForMs: millisecondsOf(badFor),
      staleForMs: millisecondsOf(staleFor),
    },
    allowedRegistries: allowedRegistries?.map(registryScope),
  };
}

/** Whether the registries are asked: where that is said, and where there are policies. */
export function isVerifying({ verify, policies }: Pick<SharedEntry, 'verify' | 'policies'>): boolean {
  return verify ?? policies !== undefined;
}

function sourceOf({ file, tufMirror }: z.infer<typeof trustRoot>): TrustRootSource {
  if (!tufMirror) return { file };
  const { url, rootFile, refreshEvery } = tufMirror;
  return { file, tufMirror: { url, rootFile, refreshEveryMs: millisecondsOf(refreshEvery) } };
}

interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Names that nothing has, and what nothing uses: a field without effect reads like one that has it. */
function inconsistencies(entry: SharedEntry): Problem[] {
  if (!isVerifying(entry)) {
    return OF_VERIFICATION.filter((field) => entry[field] !== undefined).map((field) => ({
      path: [field],
      message: 'is not used: expected verify: true beside it',
    }));
  }
  const own = entry.authorities ?? {};
  const known = new Set(['qdrant', ...Object.keys(own)]);
  const named = (entry.policies ?? [policy.parse(QDRANT_IMAGES)]).flatMap((each, i) =>
    namedBy(each).map(({ name, path }) => ({ name, path: ['policies', i, ...path] })),
  );
  const roots = entry.trustRoots ?? {};
  const used = new Set(named.map(({ name }) => name));
  const usedRoots = new Set([...used].map((name) => trustRootOf(own[name] ?? QDRANT)));
  return [
    ...named
      .filter(({ name }) => !known.has(name))
      .map(({ name, path }) => ({
        path,
        message: `${name} is no authority: expected one of ${[...known].join(', ')}`,
      })),
    ...Object.keys(own)
      .filter((name) => !used.has(name))
      .map((name) => ({ path: ['authorities', name], message: 'is not used: expected a policy that names it' })),
    ...Object.entries(own).flatMap(([name, each]) => rootProblem(name, each, Object.keys(roots))),
    ...Object.keys(roots)
      .filter((name) => !usedRoots.has(name))
      .map((name) => ({ path: ['trustRoots', name], message: 'is not used: expected an authority that names it' })),
  ];
}

function rootProblem(name: string, entry: z.infer<typeof authority>, roots: readonly string[]): Problem[] {
  const root = trustRootOf(entry);
  const known = [PUBLIC_GOOD, ...roots];
  if (root === undefined || known.includes(root)) return [];
  const path = ['authorities', name, entry.key ? 'key' : 'keyless', 'trustRoot'];
  return [{ path, message: `${root} is no trust root: expected one of ${[...new Set(known)].join(', ')}` }];
}
