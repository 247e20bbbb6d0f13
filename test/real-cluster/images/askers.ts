import { RE2JS } from 're2js';
import type { Authority, Identity } from '../../../src/images/authorities.ts';
import { GITHUB_ISSUER } from '../signing/oidc-issuer.ts';
import type { SigningStack, TrustRoots } from '../signing/stack.ts';
import { EMAIL, type KeyName, type KeyRing, RELEASE_SUBJECT } from './stage.ts';

/** Whom one trusts, in the words of both: flags of cosign, and an authority of ours. */
export interface Asker {
  readonly cosign: readonly string[];
  readonly authority: Authority;
  readonly rootFile: string;
}

const ROOT = 'test';

/** The pattern that Qdrant's page gives. */
const QDRANT_PATTERN = 'https://github.com/qdrant/.*';

interface KeylessOptions {
  readonly root?: keyof TrustRoots;
  readonly transparencyLogs?: number;
  readonly certificateLog?: boolean;
  readonly signaturePredicates?: readonly string[];
  /** Of cosign. */
  readonly flags?: readonly string[];
}

type AskerOf = (stack: SigningStack, keys: KeyRing) => Asker;

function keyless(flags: readonly string[], identity: Identity, options: KeylessOptions = {}): AskerOf {
  const { root = 'own', transparencyLogs = 1, certificateLog = true, signaturePredicates = [] } = options;
  return ({ roots }) => ({
    cosign: ['--offline', ...flags, ...(options.flags ?? []), `--trusted-root=${roots[root]}`],
    rootFile: roots[root],
    authority: {
      kind: 'keyless',
      name: 'test',
      trustRoot: ROOT,
      identities: [identity],
      transparencyLogs,
      certificateLog,
      signaturePredicates,
    },
  });
}

/** The default for Qdrant: fields of the certificate, where cosign's users write the pattern of Qdrant's page. */
function release(options: KeylessOptions = {}): AskerOf {
  const flags = [`--certificate-identity-regexp=${QDRANT_PATTERN}`, `--certificate-oidc-issuer=${GITHUB_ISSUER}`];
  return keyless(
    flags,
    {
      kind: 'workflow',
      issuer: GITHUB_ISSUER,
      ownerUri: 'https://github.com/qdrant',
      repositories: ['https://github.com/qdrant/qdrant'],
      workflows: ['.github/workflows/docker-image.yml'],
      refs: ['refs/tags/*'],
    },
    options,
  );
}

function subject(text: string, issuer = GITHUB_ISSUER): AskerOf {
  const flags = [`--certificate-identity=${text}`, `--certificate-oidc-issuer=${issuer}`];
  return keyless(flags, { kind: 'subject', issuer, subject: text });
}

function pattern(text: string): AskerOf {
  const flags = [`--certificate-identity-regexp=${text}`, `--certificate-oidc-issuer=${GITHUB_ISSUER}`];
  const compiled = RE2JS.compile(text);
  return keyless(flags, {
    kind: 'subject',
    issuer: GITHUB_ISSUER,
    subject: { pattern: text, matches: (it) => compiled.matcher(it).matches() },
  });
}

function email(): AskerOf {
  return (stack, keys) => subject(EMAIL, stack.issuers.email)(stack, keys);
}

function key(name: KeyName, transparencyLogs: number, flags: readonly string[] = []): AskerOf {
  return ({ roots }, keys) => ({
    cosign: [
      ...flags,
      `--key=${keys[name].publicKeyFile}`,
      ...(transparencyLogs === 0 ? ['--insecure-ignore-tlog'] : ['--offline', `--trusted-root=${roots.own}`]),
    ],
    rootFile: roots.own,
    authority: {
      kind: 'key',
      name: 'test',
      publicKey: keys[name].publicKey,
      hashAlgorithms: ['sha256', 'sha384', 'sha512'],
      transparencyLogs,
      trustRoot: ROOT,
      signaturePredicates: [],
    },
  });
}

/** Everybody who asks in the cases. */
export const ASKERS = {
  release: release(),
  'release, oci-1-1': release({ flags: ['--experimental-oci11'] }),
  'release, timestamps only': release({
    transparencyLogs: 0,
    flags: ['--insecure-ignore-tlog', '--use-signed-timestamps'],
  }),
  'release, no certificate log': release({ certificateLog: false, flags: ['--insecure-ignore-sct'] }),
  'release, two logs': release({ transparencyLogs: 2 }),
  'release, by another predicate': release({ signaturePredicates: ['https://example.com/signed/v1'] }),
  'release, foreign instance': release({ root: 'foreign' }),
  'release, foreign authority': release({ root: 'foreignAuthority' }),
  'release, foreign logs': release({ root: 'foreignLogs' }),
  'release, unknown certificate log': release({ root: 'withoutCertificateLog' }),
  'exact subject': subject(RELEASE_SUBJECT),
  'exact subject, issuer with a slash': subject(RELEASE_SUBJECT, `${GITHUB_ISSUER}/`),
  'documented pattern': pattern(QDRANT_PATTERN),
  'pattern without scheme': pattern('github.com/qdrant/.*'),
  'pattern with open dots': pattern('https://github.com/qdrant/qdrant/.github/workflows/.*@refs/tags/v1.19.0'),
  email: email(),
  'own key': key('own', 0),
  'own key, logged': key('own', 1),
  'P-384 key': key('P-384', 0),
  'P-384 key, by SHA-384': key('P-384', 0, ['--signature-digest-algorithm=sha384']),
  'P-384 key, logged, by SHA-384': key('P-384', 1, ['--signature-digest-algorithm=sha384']),
  'Ed25519 key': key('Ed25519', 0),
  'RSA key': key('RSA', 0),
} as const satisfies Readonly<Record<string, AskerOf>>;

export type AskerName = keyof typeof ASKERS;
export { ROOT as TRUST_ROOT };
