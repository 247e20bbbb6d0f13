import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { findHelm, findOrBuildHelm } from '../../test/real-cluster/harness/binaries.ts';
import { output } from '../../test/real-cluster/harness/run.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const CHART = join(ROOT, 'charts/qdrant-admission');
export const MANIFEST = 'manifests/install.yaml';

/** What decides how the chart is rendered; its README and the schema of its values do not. */
const RENDERED_FROM = ['Chart.yaml', 'generated', 'templates', 'values.yaml'];

const RELEASE = 'qdrant-admission';
const VALUES = { policy: { namespaces: [{ names: ['qdrant'], profile: 'private' }] } };

/** Labels that speak of Helm, which has no part in what is applied by hand. */
const HELMS_OWN = /^ +(helm\.sh\/chart|app\.kubernetes\.io\/managed-by): .*\n/gm;

/** A digest over everything that the manifest is rendered from, so that a stale one is noticed without Helm. */
export async function chartDigest(): Promise<string> {
  const entries = await readdir(CHART, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(CHART, join(entry.parentPath, entry.name)))
    .filter((file) => RENDERED_FROM.some((part) => file === part || file.startsWith(`${part}/`)))
    .sort();
  const hash = createHash('sha256');
  for (const file of files) {
    hash.update(`${file}\0`);
    hash.update(await readFile(join(CHART, file)));
    hash.update('\0');
  }
  return hash.digest('hex');
}

/**
 * The manifest as it has to be. Helm renders it where it is there: what was built here before, or one on the PATH. Where
 * it is not, a digest of all that it would render tells whether the manifest is still right; if not, and the manifest is
 * to be written, Helm is built.
 */
export async function manifestFile(isWritten: boolean): Promise<{ file: string; text: string } | { problem: string }> {
  const found = await findHelm();
  const text = await readFile(join(ROOT, MANIFEST), 'utf8').catch(() => '');
  if (found === undefined && text.includes(`chart ${await chartDigest()}`)) return { file: MANIFEST, text };
  const helm = found ?? (isWritten ? await findOrBuildHelm((line) => process.stderr.write(`${line}\n`)) : undefined);
  if (helm !== undefined) return { file: MANIFEST, text: await renderManifest(helm) };
  return {
    problem: `${MANIFEST} is out of date, and Helm renders it: run npm run generate with Helm 4 on the PATH, or with Go >= 1.26, which builds it`,
  };
}

/** The chart without hooks and tests, for those who have no Helm. */
export async function renderManifest(helm: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'qdrant-admission-manifest-'));
  try {
    const values = join(folder, 'values.yaml');
    await writeFile(values, JSON.stringify(VALUES));
    const args = ['template', RELEASE, CHART, '--namespace', RELEASE, '--values', values, '--no-hooks'];
    const env = { ...process.env, HELM_CACHE_HOME: folder, HELM_CONFIG_HOME: folder, HELM_DATA_HOME: folder };
    const rendered = await output(helm, args, { env });
    return `${head(await chartDigest())}${rendered.replaceAll(HELMS_OWN, '')}\n`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function head(digest: string): string {
  return `# qdrant-admission without Helm: kubectl apply --server-side -f install.yaml
# It protects the namespace "qdrant" with the defaults for Private Cloud and enforces them at once. To change that, edit
# namespaces in the ConfigMap, and in the ValidatingWebhookConfiguration. docs/install.md tells how to remove it again.
# Written from the chart by npm run generate; chart ${digest}
apiVersion: v1
kind: Namespace
metadata:
  name: ${RELEASE}
  labels:
    app.kubernetes.io/name: ${RELEASE}
    pod-security.kubernetes.io/enforce: restricted
`;
}
