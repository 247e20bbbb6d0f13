import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureBinaries } from '../harness/binaries.ts';
import { type Components, waitUntil } from '../harness/components.ts';
import { freePorts } from '../harness/ports.ts';
import type { Log } from '../harness/setup-error.ts';
import { type Certified, certify, createEcKeys, createEd25519Keys, type Keys } from './authorities.ts';
import { GITHUB_ISSUER } from './oidc-issuer.ts';

const HOST = '127.0.0.1';
/** The name that Rekor v2 signs its checkpoints with; it is resolved by nobody. */
const REKOR_NAME = 'rekor.local';

/** What the parties of a Sigstore instance sign with. */
export interface SigningKeys {
  readonly fulcioRoot: Certified;
  readonly fulcio: Certified;
  readonly tsaRoot: Certified;
  readonly tsa: Certified;
  readonly rekor: Keys;
  readonly rekorV1: Keys;
  readonly certificateLog: Keys;
}

export interface Services {
  readonly fulcioUrl: string;
  /** A Fulcio with the same authority whose certificates no log has seen. */
  readonly unloggedFulcioUrl: string;
  readonly rekorUrl: string;
  readonly timestampUrl: string;
}

export function createSigningKeys(): SigningKeys {
  const fulcioRoot = certify({ name: 'fulcio root', usage: 'certificate authority' });
  const tsaRoot = certify({ name: 'timestamp root', usage: 'certificate authority' });
  return {
    fulcioRoot,
    fulcio: certify({ name: 'fulcio', usage: 'certificate authority', issuer: fulcioRoot, codeSigning: true }),
    tsaRoot,
    tsa: certify({ name: 'timestamps', usage: 'timestamps', issuer: tsaRoot }),
    rekor: createEd25519Keys(),
    rekorV1: createEcKeys(),
    certificateLog: createEcKeys(),
  };
}

interface TrustRootParts {
  readonly keys: SigningKeys;
  /** Left out: as an instance has it that knows nothing of such a log. */
  readonly without?: readonly ('certificate log' | 'timestamps' | 'rekor')[];
}

/** The arguments of `cosign trusted-root create`, and the files they name in `folder`. */
export async function trustedRootArguments(
  folder: string,
  { keys, without = [] }: TrustRootParts,
): Promise<readonly string[]> {
  const since = 'start-time=2024-01-01T00:00:00Z';
  await mkdir(folder, { recursive: true });
  const file = async (name: string, ...parts: readonly string[]): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, parts.join(''));
    return path;
  };
  const fulcio = await file('fulcio.pem', keys.fulcio.certificate, keys.fulcioRoot.certificate);
  const tsa = await file('tsa.pem', keys.tsa.certificate, keys.tsaRoot.certificate);
  const rekor = await file('rekor.pub', keys.rekor.publicKey);
  const rekorV1 = await file('rekor1.pub', keys.rekorV1.publicKey);
  const log = await file('ct.pub', keys.certificateLog.publicKey);
  return [
    `--fulcio=url=http://fulcio.local,certificate-chain=${fulcio}`,
    ...(without.includes('rekor')
      ? []
      : [
          `--rekor=url=http://${REKOR_NAME},public-key=${rekor},${since},origin=${REKOR_NAME}`,
          `--rekor=url=http://rekor1.local,public-key=${rekorV1},${since}`,
        ]),
    ...(without.includes('certificate log') ? [] : [`--ctfe=url=http://ct.local,public-key=${log},${since}`]),
    ...(without.includes('timestamps') ? [] : [`--tsa=url=http://tsa.local/api/v1/timestamp,certificate-chain=${tsa}`]),
  ];
}

interface ServicesOptions {
  readonly folder: string;
  readonly keys: SigningKeys;
  readonly components: Components;
  readonly certificateLogUrl: string;
  readonly proxyUrl: string;
  /** Certificate of what the proxy leads to. */
  readonly proxiedCertificate: string;
  readonly issuers: Readonly<Record<string, 'github-workflow' | 'email'>>;
  readonly log: Log;
}

/** Starts Fulcio twice, Rekor v2 and a timestamp authority, and waits until they answer. */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const { components, keys } = options;
  const binaries = await ensureBinaries(['fulcio', 'rekor-server', 'timestamp-server'], options.log);
  const folder = join(options.folder, 'services');
  await mkdir(folder, { recursive: true });
  const file = async (name: string, ...parts: readonly string[]): Promise<string> => {
    await writeFile(join(folder, name), parts.join(''), { mode: 0o600 });
    return join(folder, name);
  };
  const [rekor = 0, rekorGrpc = 0, rekorMetrics = 0, tsa = 0, ...fulcioPorts] = await freePorts(10);

  components.start('rekor', binaries['rekor-server'], [
    ...['serve', `--hostname=${REKOR_NAME}`, `--storage-dir=${join(folder, 'rekor')}`],
    `--signer-filepath=${await file('rekor.key', keys.rekor.privateKey)}`,
    ...[
      `--http-address=${HOST}`,
      `--http-port=${rekor}`,
      `--grpc-port=${rekorGrpc}`,
      `--http-metrics-port=${rekorMetrics}`,
    ],
    // Its own intervals, for logs with traffic, would cost every signature ten seconds.
    ...['--checkpoint-interval=100ms', '--batch-max-age=20ms'],
  ]);
  // Whatever its arguments, it takes port 2112 for its metrics: there is one in a network namespace.
  const timestamps = components.start('timestamp-server', binaries['timestamp-server'], [
    ...['serve', `--host=${HOST}`, `--port=${tsa}`, '--disable-ntp-monitoring', '--timestamp-signer=file'],
    ...[`--file-signer-key-path=${await file('tsa.key', keys.tsa.privateKey)}`, '--file-signer-passwd='],
    `--certificate-chain-path=${await file('tsa.pem', keys.tsa.certificate, keys.tsaRoot.certificate)}`,
  ]);

  const issuers = Object.entries({ ...options.issuers, [GITHUB_ISSUER]: 'github-workflow' }).map(([url, type]) => [
    url,
    { IssuerURL: url, ClientID: 'sigstore', Type: type },
  ]);
  const config = await file('fulcio.json', JSON.stringify({ OIDCIssuers: Object.fromEntries(issuers) }));
  const authority = [
    `--fileca-cert=${await file('fulcio.pem', keys.fulcio.certificate, keys.fulcioRoot.certificate)}`,
    `--fileca-key=${await file('fulcio.key', keys.fulcio.privateKey)}`,
  ];
  const environment = [
    `HTTPS_PROXY=${options.proxyUrl}`,
    `SSL_CERT_FILE=${await file('issuer.pem', options.proxiedCertificate)}`,
  ];
  const startFulcio = (name: string, ports: readonly number[], logArguments: readonly string[]): string => {
    const [port = 0, grpc = 0, metrics = 0] = ports;
    components.start(name, 'env', [
      ...[...environment, binaries.fulcio, 'serve', '--ca=fileca', '--fileca-key-passwd=', '--fileca-watch=false'],
      ...[...authority, `--config-path=${config}`, ...logArguments],
      ...[
        `--host=${HOST}`,
        `--port=${port}`,
        `--grpc-host=${HOST}`,
        `--grpc-port=${grpc}`,
        `--metrics-port=${metrics}`,
      ],
      `--legacy-unix-domain-socket=@${name}-${port}`,
    ]);
    return `http://${HOST}:${port}`;
  };
  const fulcioUrl = startFulcio('fulcio', fulcioPorts.slice(0, 3), [
    `--ct-log-url=${options.certificateLogUrl}`,
    `--ct-log-public-key-path=${await file('ct.pub', keys.certificateLog.publicKey)}`,
  ]);
  const unloggedFulcioUrl = startFulcio('unlogged-fulcio', fulcioPorts.slice(3), ['--ct-log-url=']);

  const rekorUrl = `http://${HOST}:${rekor}`;
  const timestampUrl = `http://${HOST}:${tsa}/api/v1/timestamp`;
  const health = [
    `${rekorUrl}/healthz`,
    `${fulcioUrl}/healthz`,
    `${unloggedFulcioUrl}/healthz`,
    `${timestampUrl}/certchain`,
  ];
  await waitUntil('signing services', [timestamps], async () => {
    const answers = await Promise.all(health.map(notReady));
    return answers.find((matter) => matter !== undefined);
  });
  return { fulcioUrl, unloggedFulcioUrl, rekorUrl, timestampUrl };
}

async function notReady(url: string): Promise<string | undefined> {
  try {
    const { status } = await fetch(url);
    return status === 200 ? undefined : `${url} answers ${status}`;
  } catch (error) {
    return `${url}: ${String(error)}`;
  }
}
