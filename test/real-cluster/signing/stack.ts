import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBinaries } from '../harness/binaries.ts';
import { createComponents, waitUntil } from '../harness/components.ts';
import { freePorts } from '../harness/ports.ts';
import type { Log } from '../harness/setup-error.ts';
import { certify } from './authorities.ts';
import { type Cosign, createCosign } from './cosign.ts';
import { startDoubles } from './doubles.ts';
import { createTokenIssuer, GITHUB_ISSUER, type TokenIssuer } from './oidc-issuer.ts';
import { createSigningKeys, type SigningKeys, startServices, trustedRootArguments } from './services.ts';

const HOST = '127.0.0.1';

/** Trust roots of the stack, as files: the instance's own, and some that lack or mistake a part. */
export interface TrustRoots {
  readonly own: string;
  /** Knows no certificate transparency log. */
  readonly withoutCertificateLog: string;
  /** Another Sigstore instance. */
  readonly foreign: string;
  /** The instance's logs and timestamps, but the authority of another one. */
  readonly foreignAuthority: string;
  /** The instance's authority, but the logs and timestamps of another one. */
  readonly foreignLogs: string;
}

/** A private Sigstore instance: real Fulcio, Rekor v2 and timestamps, with registries beside it, on loopback only. */
export interface SigningStack {
  readonly cosign: Cosign;
  readonly tokens: TokenIssuer;
  readonly roots: TrustRoots;
  /** Issuers besides GITHUB_ISSUER: one of the same kind, and one of e-mail addresses. */
  readonly issuers: { readonly otherWorkflows: string; readonly email: string };
  /** host:port, plain HTTP, with the referrers API. */
  readonly registry: string;
  /** The same without it: what refers to an image is found by a tag. */
  readonly plainRegistry: string;
  stop(): Promise<void>;
}

/** Rejects with the last lines of what failed. What it needs is built from source where it is not in the cache yet. */
export async function startSigningStack(log: Log): Promise<SigningStack> {
  const binaries = await ensureBinaries(['cosign', 'registry'], log);
  const folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-signing-'));
  const components = createComponents(folder, log);
  const keys = createSigningKeys();
  const foreignKeys = createSigningKeys();
  const tokens = createTokenIssuer();
  const tls = certify({ name: 'issuer', usage: 'server', hosts: [new URL(GITHUB_ISSUER).hostname] });
  const doubles = await startDoubles({
    issuer: tokens,
    issuerPaths: ['/workflows', '/email'],
    certificateLog: keys.certificateLog,
    rekorV1: keys.rekorV1,
    tls,
  });
  const stop = async (): Promise<void> => {
    await components.endAll();
    await doubles.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const issuers = { otherWorkflows: `${doubles.url}/workflows`, email: `${doubles.url}/email` };
    const registries = await startRegistries(components, binaries.registry);
    const services = await startServices({
      folder,
      keys,
      components,
      certificateLogUrl: doubles.url,
      proxyUrl: doubles.proxyUrl,
      proxiedCertificate: tls.certificate,
      issuers: { [issuers.otherWorkflows]: 'github-workflow', [issuers.email]: 'email' },
      log,
    });
    const cosign = await createCosign({
      binary: binaries.cosign,
      folder,
      services,
      rekorV1Url: doubles.url,
      trustedRootFile: join(folder, 'own.json'),
    });
    const root = async (name: string, parts: Parameters<typeof trustedRootArguments>[1]): Promise<string> =>
      cosign.trustedRoot(name, await trustedRootArguments(join(folder, `${name}-keys`), parts));
    const roots = {
      own: await root('own', { keys }),
      withoutCertificateLog: await root('no-ct', { keys, without: ['certificate log'] }),
      foreign: await root('foreign', { keys: foreignKeys }),
      foreignAuthority: await root('foreign-authority', { keys: { ...keys, ...authorityOf(foreignKeys) } }),
      foreignLogs: await root('foreign-logs', {
        keys: { ...foreignKeys, ...authorityOf(keys), certificateLog: keys.certificateLog },
      }),
    };
    return { cosign, tokens, roots, issuers, ...registries, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function authorityOf({ fulcioRoot, fulcio }: SigningKeys): Pick<SigningKeys, 'fulcioRoot' | 'fulcio'> {
  return { fulcioRoot, fulcio };
}

async function startRegistries(components: ReturnType<typeof createComponents>, binary: string) {
  const [port = 0, plainPort = 0] = await freePorts(2);
  const registry = `${HOST}:${port}`;
  const plainRegistry = `${HOST}:${plainPort}`;
  const started = [
    components.start('registry', binary, [`--address=${registry}`, '--referrers']),
    components.start('plain-registry', binary, [`--address=${plainRegistry}`]),
  ];
  await waitUntil('registries', started, async () => {
    const answers = await Promise.allSettled([registry, plainRegistry].map((at) => fetch(`http://${at}/v2/`)));
    return answers.every(({ status }) => status === 'fulfilled') ? undefined : 'a registry does not answer';
  });
  return { registry, plainRegistry };
}
