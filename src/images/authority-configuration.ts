import { RE2JS } from 're2js';
import { z } from 'zod';
import type { Authority, Identity } from './authorities.ts';

/** Of GitHub's own runners. */
export const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com';
/** The trust root that ships with the program: that of sigstore.dev. */
export const PUBLIC_GOOD = 'public-good';

const OWNER = /^https:\/\/[a-z0-9.-]+(?::[0-9]+)?\/[A-Za-z0-9_.-]+$/;
const REPOSITORY = /^https:\/\/[a-z0-9.-]+(?::[0-9]+)?\/[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+$/;
const WORKFLOW = /^\.github\/workflows\/[A-Za-z0-9_.-]+\.ya?ml$/;
/** A whole ref, or every tag. */
const REF = /^(?:refs\/tags\/\*|refs\/(?:tags|heads)\/[^*?[\]\s~^:\\]+)$/;
const PUBLIC_KEY = /^\s*-----BEGIN PUBLIC KEY-----\s+[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----\s*$/;

const issuer = z
  .string()
  .regex(/^https:\/\/[^\s/?#]+(?:\/[^\s?#]*[^\s?#/])?$/, 'expected the URL of an issuer, without a slash at its end');

const identity = z
  .strictObject({
    owner: z
      .string()
      .regex(OWNER, 'expected the URL of an owner of repositories: https://github.com/qdrant')
      .optional()
      .describe('Whose repositories sign, by the URL of the organisation or user: https://github.com/qdrant.'),
    repositories: z
      .array(z.string().regex(REPOSITORY, 'expected the URL of a repository: https://github.com/qdrant/qdrant'))
      .min(1)
      .optional()
      .describe('With owner: only these; left out: all of the owner.'),
    workflows: z
      .array(z.string().regex(WORKFLOW, 'expected the path of a workflow: .github/workflows/docker-image.yml'))
      .min(1)
      .optional()
      .describe('With owner: only these workflows, by their path in the repository; left out: any.'),
    refs: z
      .array(z.string().regex(REF, 'expected a whole git ref such as refs/heads/main, or refs/tags/* for every tag'))
      .min(1)
      .optional()
      .describe('With owner: git refs; left out: refs/tags/*, for branches are written by more people than tags.'),
    issuer: issuer.optional().describe(`Who says so; left out beside owner: ${GITHUB_ISSUER}.`),
    subject: z.string().min(1).optional().describe('With issuer: the whole subject alternative name.'),
    subjectPattern: z
      .string()
      .min(1)
      .superRefine((text, context) => {
        const problem = patternProblem(text);
        if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
      })
      .optional()
      .describe('With issuer: a regular expression in RE2 syntax that matches the whole subject. Escape the dots.'),
  })
  .superRefine((entry, context) => {
    const about = (['owner', 'subject', 'subjectPattern'] as const).filter((field) => entry[field] !== undefined);
    if (about.length !== 1) {
      context.addIssue({ code: 'custom', message: 'expected one of owner, subject, subjectPattern, and only one' });
      return;
    }
    const { owner, repositories = [] } = entry;
    if (owner === undefined) {
      if (entry.issuer === undefined) {
        context.addIssue({ code: 'custom', path: ['issuer'], message: `expected it beside ${about[0]}` });
      }
      for (const field of ['repositories', 'workflows', 'refs'] as const) {
        if (entry[field] !== undefined) {
          context.addIssue({
            code: 'custom',
            path: [field],
            message: `is of an owner: expected none beside ${about[0]}`,
          });
        }
      }
      return;
    }
    for (const [index, repository] of repositories.entries()) {
      if (repository.startsWith(`${owner}/`)) continue;
      context.addIssue({
        code: 'custom',
        path: ['repositories', index],
        message: `expected a repository of the owner: ${owner}/…`,
      });
    }
  })
  .describe('One signer: an owner of repositories, or the subject of a certificate.');

const trustRootName = z.string().min(1);
const logs = z.int().min(0).max(4);

const keyless = z
  .strictObject({
    trustRoot: trustRootName
      .default(PUBLIC_GOOD)
      .describe(`The certificates and logs to trust: one of trustRoots; ${PUBLIC_GOOD} ships with the program.`),
    identities: z.array(identity).min(1, 'expected at least one: else nobody could sign'),
    transparencyLogs: logs
      .default(1)
      .describe('How many distinct transparency logs must hold a signature: 0 only where there is none.'),
    certificateLog: z
      .boolean()
      .default(true)
      .describe('Whether a certificate needs the timestamp of a certificate transparency log.'),
  })
  .describe('Signers by short-lived certificates.');

const key = z
  .strictObject({
    publicKey: z
      .string()
      .refine(
        (text) => !text.includes('PRIVATE KEY'),
        'expected a public key: this is a private one, take it out of here',
      )
      .refine((text) => PUBLIC_KEY.test(text), 'expected a public key in PEM: -----BEGIN PUBLIC KEY-----')
      .describe('In PEM, as `cosign public-key` prints it, also of a key in a KMS.'),
    hashAlgorithms: z
      .array(z.enum(['sha256', 'sha384', 'sha512']))
      .min(1)
      .default(['sha256'])
      .describe('What signers may hash with: cosign takes sha384 for P-384 and sha512 for P-521.'),
    transparencyLogs: logs.default(0).describe('How many distinct transparency logs must hold a signature.'),
    trustRoot: trustRootName.optional().describe('With transparencyLogs: whose logs.'),
  })
  .superRefine(({ transparencyLogs, trustRoot }, context) => {
    if (transparencyLogs > 0 === (trustRoot !== undefined)) return;
    const message =
      trustRoot === undefined
        ? 'expected one of trustRoots beside transparencyLogs'
        : 'is not used: transparencyLogs is 0';
    context.addIssue({ code: 'custom', path: ['trustRoot'], message });
  })
  .describe('One public key.');

/** An entry of `images.authorities`. */
export const authority = z
  .strictObject({
    keyless: keyless.optional(),
    key: key.optional(),
    signaturePredicates: z
      .array(z.url('expected a predicateType, which is a URI'))
      .default([])
      .describe("predicateTypes that count as a signature of the image itself, besides cosign's own."),
  })
  .refine((entry) => (entry.keyless === undefined) !== (entry.key === undefined), 'expected one of keyless and key')
  .describe('Somebody who signs.');

/** Whoever Qdrant's workflows sign as, for a tag of one of its repositories. */
export const QDRANT: z.infer<typeof authority> = {
  keyless: {
    trustRoot: PUBLIC_GOOD,
    identities: [{ owner: 'https://github.com/qdrant' }],
    transparencyLogs: 1,
    certificateLog: true,
  },
  signaturePredicates: [],
};

/** What verification is told of an entry that the schema has accepted. */
export function authorityOf(name: string, entry: z.infer<typeof authority>): Authority {
  const { signaturePredicates } = entry;
  if (entry.key) return { kind: 'key', name, signaturePredicates, ...entry.key };
  const { identities = [], ...rest } = entry.keyless ?? { trustRoot: '', transparencyLogs: 1, certificateLog: true };
  return { kind: 'keyless', name, signaturePredicates, ...rest, identities: identities.map(identityOf) };
}

/** The name of the trust root that an authority is verified by. */
export function trustRootOf({ keyless: by, key: own }: z.infer<typeof authority>): string | undefined {
  return by?.trustRoot ?? own?.trustRoot;
}

function identityOf(entry: z.infer<typeof identity>): Identity {
  const { owner, issuer: by = GITHUB_ISSUER, subject, subjectPattern = '' } = entry;
  if (owner === undefined) return { kind: 'subject', issuer: by, subject: subject ?? patternOf(subjectPattern) };
  const { repositories = [], workflows = [], refs = ['refs/tags/*'] } = entry;
  return { kind: 'workflow', issuer: by, ownerUri: owner, repositories, workflows, refs };
}

function patternOf(pattern: string): { matches(text: string): boolean; readonly pattern: string } {
  const compiled = RE2JS.compile(pattern);
  return { pattern, matches: (text) => compiled.matches(text) };
}

/** One that matches nothing at all matches whatever else is written, too: it says nothing of who signs. */
function patternProblem(text: string): string | undefined {
  try {
    return RE2JS.compile(text).matches('') ? 'expected a pattern that does not match everything' : undefined;
  } catch {
    return 'expected a regular expression in RE2 syntax';
  }
}
