import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { output, type RunResult, run } from '../harness/run.ts';
import type { Keys } from './authorities.ts';
import type { Services } from './services.ts';

/** Nobody listens there: a cosign that would ask Sigstore's own services fails at once. */
const NOWHERE = 'http://127.0.0.1:9';

/** How a signature is made and stored; docs of cosign call the first three "new bundle format". */
export type Shape =
  | 'bundle' // Rekor v2 and a timestamp
  | 'bundle, rekor v1' // Rekor v1 and a timestamp: what Sigstore's public instance gives
  | 'bundle, no services'
  | 'legacy' // Rekor v1
  | 'legacy, timestamp'
  | 'legacy, no services'
  | 'oci-1-1'; // Rekor v1

export interface SigningOptions {
  readonly shape: Shape;
  /** An OIDC token, or the path of a private key of cosign's own format. */
  readonly by: { readonly token: string } | { readonly key: string };
  /** Its certificates are seen by no certificate transparency log. */
  readonly unloggedCertificate?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
  /** An index with all that it lists. */
  readonly recursive?: boolean;
}

export type Predicate =
  | 'spdxjson'
  | 'cyclonedx'
  | 'vuln'
  | 'openvex'
  | 'slsaprovenance1'
  | 'custom'
  | `https://${string}`;

export interface CosignKeys {
  readonly privateKeyFile: string;
  readonly publicKeyFile: string;
  /** SPKI in PEM. */
  readonly publicKey: string;
}

/** The real cosign, at the services of a stack. Images are named by digest. */
export interface Cosign {
  sign(image: string, options: SigningOptions): Promise<void>;
  attest(image: string, type: Predicate, predicate: unknown, options: SigningOptions): Promise<void>;
  /** `verify`, or `verify-attestation`, with these arguments; what it answers is a result. */
  verify(command: 'verify' | 'verify-attestation', args: readonly string[]): Promise<RunResult>;
  /** The command line of `verify`, for those who start it themselves. */
  verifyCommand(args: readonly string[]): { command: string; args: readonly string[]; env: NodeJS.ProcessEnv };
  /** Puts a private key (PKCS#8, PEM) into cosign's own format, which is all that it signs with. */
  importKeys(name: string, keys: Keys): Promise<CosignKeys>;
  trustedRoot(name: string, args: readonly string[]): Promise<string>;
}

interface CosignOptions {
  readonly binary: string;
  readonly folder: string;
  readonly services: Services;
  readonly rekorV1Url: string;
  readonly trustedRootFile: string;
}

export async function createCosign(options: CosignOptions): Promise<Cosign> {
  const { binary, folder, trustedRootFile } = options;
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    HTTPS_PROXY: NOWHERE,
    COSIGN_PASSWORD: '',
    COSIGN_EXPERIMENTAL: '1',
  };
  const cosign = (args: readonly string[]): Promise<string> =>
    output(binary, args, { env, cwd: folder, timeoutMs: 60_000 });
  const configurations = await signingConfigurations(cosign, options);
  let files = 0;
  const file = async (content: string): Promise<string> => {
    files += 1;
    const path = join(folder, `input-${files}`);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  };

  const common = async ({
    by,
    shape,
    annotations = {},
    unloggedCertificate = false,
  }: SigningOptions): Promise<readonly string[]> => [
    '--yes',
    `--trusted-root=${trustedRootFile}`,
    ...('token' in by ? [`--identity-token=${await file(by.token)}`] : [`--key=${by.key}`]),
    ...Object.entries(annotations).map(([name, value]) => `--annotations=${name}=${value}`),
    ...shapeArguments(shape, unloggedCertificate),
  ];
  const shapeArguments = (shape: Shape, unlogged: boolean): readonly string[] => {
    const { services } = options;
    const fulcio = `--fulcio-url=${unlogged ? services.unloggedFulcioUrl : services.fulcioUrl}`;
    const legacy = ['--new-bundle-format=false', '--use-signing-config=false', fulcio];
    switch (shape) {
      case 'bundle':
      case 'bundle, rekor v1':
      case 'bundle, no services':
        return [`--signing-config=${configurations(shape, unlogged)}`];
      case 'legacy':
        return [...legacy, `--rekor-url=${options.rekorV1Url}`];
      case 'oci-1-1':
        return [...legacy, `--rekor-url=${options.rekorV1Url}`, '--registry-referrers-mode=oci-1-1'];
      case 'legacy, timestamp':
        return [...legacy, '--tlog-upload=false', `--timestamp-server-url=${services.timestampUrl}`];
      case 'legacy, no services':
        return [...legacy, '--tlog-upload=false'];
    }
  };

  return {
    async sign(image, signing) {
      await cosign(['sign', ...(signing.recursive ? ['--recursive'] : []), ...(await common(signing)), image]);
    },
    async attest(image, type, predicate, signing) {
      const document = await file(JSON.stringify(predicate));
      await cosign(['attest', `--type=${type}`, `--predicate=${document}`, ...(await common(signing)), image]);
    },
    verify: (command, args) => run(binary, [command, ...args], { env, cwd: folder, timeoutMs: 60_000 }),
    verifyCommand: (args) => ({ command: binary, args: ['verify', ...args], env }),
    async importKeys(name, { privateKey, publicKey }) {
      await cosign(['import-key-pair', `--key=${await file(privateKey)}`, `--output-key-prefix=${name}`]);
      return {
        privateKeyFile: join(folder, `${name}.key`),
        publicKeyFile: join(folder, `${name}.pub`),
        publicKey,
      };
    },
    async trustedRoot(name, args) {
      const path = join(folder, `${name}.json`);
      await cosign(['trusted-root', 'create', ...args, `--out=${path}`]);
      return path;
    },
  };
}

type BundleShape = Extract<Shape, `bundle${string}`>;

/** Writes a signing configuration for each shape of bundles, and names its file. */
async function signingConfigurations(
  cosign: (args: readonly string[]) => Promise<string>,
  { folder, services, rekorV1Url }: CosignOptions,
): Promise<(shape: BundleShape, unlogged: boolean) => string> {
  const since = 'start-time=2024-01-01T00:00:00Z,operator=local';
  const timestamps = [`--tsa=url=${services.timestampUrl},api-version=1,${since}`, '--tsa-config=ANY'];
  const logs: Readonly<Record<BundleShape, readonly string[]>> = {
    bundle: [`--rekor=url=${services.rekorUrl},api-version=2,${since}`, '--rekor-config=ANY', ...timestamps],
    'bundle, rekor v1': [`--rekor=url=${rekorV1Url},api-version=1,${since}`, '--rekor-config=ANY', ...timestamps],
    'bundle, no services': [],
  };
  const path = (shape: string, unlogged: boolean): string =>
    join(folder, `signing-config-${shape.replaceAll(/\W+/g, '-')}${unlogged ? '-unlogged' : ''}.json`);
  for (const [shape, args] of Object.entries(logs)) {
    for (const unlogged of [false, true]) {
      const fulcio = unlogged ? services.unloggedFulcioUrl : services.fulcioUrl;
      const certificates = args.length === 0 ? [] : [`--fulcio=url=${fulcio},api-version=1,${since}`];
      await cosign(['signing-config', 'create', ...certificates, ...args, `--out=${path(shape, unlogged)}`]);
    }
  }
  return path;
}
