import { KubeConfigError } from '../../cluster/access.ts';
import { createKubeClient, type KubeClient } from '../../cluster/client.ts';
import { findCluster } from '../../cluster/kubeconfig.ts';
import { KubeError, pathOf } from '../../cluster/wire.ts';
import type { Enforcement } from '../../engine/policy.ts';
import { cut, printable } from '../../engine/wording.ts';
import { kindNamed } from '../../k8s/kinds.ts';
import { isJsonObject, type JsonObject } from '../../k8s/object.ts';
import { type CommandContext, EXIT } from '../shared/context.ts';

export type SelftestFlags = {
  readonly namespace: string;
  readonly enforcement: Enforcement;
  readonly kubeconfig: string | undefined;
};

const PODS = kindNamed('Pod');

/** How the API server begins a refusal that it got from this program. */
const OURS = /^admission webhook "[a-z-]+\.admission\.qdrant\.io" denied the request/;

const GOOD = podWith({}, {});
/** The first breaks the level restricted only; where something else refuses even that one, the other may tell. */
const BAD = [
  ['a pod that may gain privileges', podWith({}, { allowPrivilegeEscalation: true })],
  ["a pod that sees the node's processes", podWith({ hostPID: true }, {})],
] as const;

/** What became of a pod that was tried. */
type Outcome =
  | { readonly admitted: true }
  | { readonly admitted: false; readonly ours: boolean; readonly said: string };

/** `selftest`: whether the API server asks this webhook, and gets the right answers. Creates nothing. */
export async function selftest(
  { namespace, kubeconfig, enforcement }: SelftestFlags,
  _: readonly [],
  context: CommandContext,
): Promise<number> {
  try {
    const client = createKubeClient(await findCluster({ kubeconfig, env: context.env }));
    const attempt = (pod: JsonObject) => tryPod(client, pod, namespace, context.signal);
    return enforcement === 'audit' ? await testAudit(attempt, context) : await testEnforce(attempt, context);
  } catch (error) {
    if (!(error instanceof KubeError || error instanceof KubeConfigError)) throw error;
    context.stderr.write(`${error.message}\n`);
    return error instanceof KubeConfigError ? EXIT.usage : EXIT.unknown;
  }
}

type Attempt = (pod: JsonObject) => Promise<Outcome>;

async function testEnforce(attempt: Attempt, { stdout, stderr }: CommandContext): Promise<number> {
  const good = await attempt(GOOD);
  stdout.write(`a pod that breaks nothing: ${tell(good)}\n`);
  if (!good.admitted) {
    stderr.write('expected it to be admitted\n');
    return good.ours ? EXIT.refused : EXIT.unknown;
  }
  for (const [what, pod] of BAD) {
    const outcome = await attempt(pod);
    stdout.write(`${what}: ${tell(outcome)}\n`);
    if (outcome.admitted) {
      stderr.write('expected it to be refused: is its rule switched off, or the namespace not protected?\n');
      return EXIT.refused;
    }
    if (outcome.ours) return EXIT.accepted;
  }
  stderr.write('something else refused before this webhook was asked: nothing is known about it\n');
  return EXIT.unknown;
}

/** Under audit nothing is refused, neither by this program nor for want of it. */
async function testAudit(attempt: Attempt, { stdout, stderr }: CommandContext): Promise<number> {
  for (const [what, pod] of [['a pod that breaks nothing', GOOD], ...BAD] as const) {
    const outcome = await attempt(pod);
    stdout.write(`${what}: ${tell(outcome)}\n`);
    if (!outcome.admitted && outcome.ours) {
      stderr.write('expected it to be admitted: nothing is refused under audit\n');
      return EXIT.refused;
    }
  }
  stdout.write('audit: what would be refused is in the log, the metrics and the audit log of the API server\n');
  return EXIT.accepted;
}

async function tryPod(client: KubeClient, pod: JsonObject, namespace: string, signal: AbortSignal): Promise<Outcome> {
  const path = `${pathOf(PODS, namespace)}?dryRun=All`;
  const { status, body } = await client.request({ method: 'POST', path, body: pod, signal });
  if (status >= 200 && status <= 299) return { admitted: true };
  const message = isJsonObject(body) && typeof body['message'] === 'string' ? body['message'] : `HTTP ${status}`;
  return { admitted: false, ours: OURS.test(message), said: message };
}

function tell(outcome: Outcome): string {
  if (outcome.admitted) return 'admitted';
  const [first = ''] = outcome.said.split('\n');
  return `refused${outcome.ours ? '' : ', but not by this webhook'}: ${cut(printable(first), 300)}`;
}

function podWith(spec: JsonObject, security: JsonObject): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'qdrant-admission-selftest-' },
    spec: {
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'selftest',
          // Never pulled: a dry run starts nothing.
          image: `registry.cloud.qdrant.io/qdrant/qdrant@sha256:${'0'.repeat(64)}`,
          resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '10m', memory: '16Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
            readOnlyRootFilesystem: true,
            ...security,
          },
        },
      ],
      ...spec,
    },
  };
}
