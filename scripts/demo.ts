import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { makeSubject } from '../src/engine/subject.ts';
import { readManifests } from '../src/manifests/objects.ts';
import { createManifestWorld } from '../src/manifests/world.ts';
import { askWebhook } from '../test/real-cluster/support/ask.ts';
import { runProgram } from '../test/support/command-line.ts';
import { startFixtureApi } from '../test/support/fixture-api.ts';
import { startWebhook } from '../test/support/webhook-process.ts';

/**
 * The main job on an embedded default: the real webhook process answers, over TLS, the AdmissionReviews of
 * examples/workloads/, and `review` judges the same files without it.
 */
const WORKLOADS = 'examples/workloads';
const CONFIG = 'examples/config.yaml';
const CLUSTER = ['examples/cluster/storage-classes.yaml', 'examples/cluster/default-deny.yaml'];
const HOST = '127.0.0.1';

const colour = process.stdout.isTTY && !process.env['NO_COLOR'];
const paint = (code: number, words: string) => (colour ? `\u001b[${code}m${words}\u001b[0m` : words);

// The facts that rules ask for come from an API server; here one that holds examples/cluster/ and nothing else.
const world = [];
for (const file of CLUSTER) world.push(...readManifests(await readFile(file, 'utf8'), file).manifests);
const api = await startFixtureApi({ cluster: createManifestWorld(world, { complete: true }) });
const webhook = await startWebhook({
  config: parse(await readFile(CONFIG, 'utf8')),
  host: HOST,
  kubeconfig: api.kubeconfig,
});
const rows: { file: string; ref: string; webhook: boolean; review: boolean; why: string }[] = [];
let first = '';
try {
  for (const file of await exampleFiles()) {
    for (const document of parseAllDocuments(await readFile(file, 'utf8'))) {
      const subject = makeSubject({ object: document.toJS(), now: new Date() });
      const told = await askWebhook(webhook, HOST, subject);
      if (!told.allowed && first === '') first = told.message;
      rows.push({
        file,
        ref: subject.ref,
        webhook: told.allowed,
        review: await reviewAccepts(file),
        why: [...told.message.matchAll(/^ {2}([a-z-]+) /gm)]
          .map(([, rule]) => rule)
          .filter(unique)
          .join(', '),
      });
    }
  }
} finally {
  await webhook.stop();
  await api.close();
}

process.stdout.write('What the webhook answered over TLS, and what `review` says of the same files:\n\n');
const width = (key: 'file' | 'ref') => Math.max(...rows.map((row) => row[key].length));
for (const row of rows) {
  const verdict = row.webhook ? paint(32, 'accepted') : paint(31, 'refused ');
  const same = row.webhook === row.review ? 'review agrees' : 'review DISAGREES';
  process.stdout.write(
    `  ${verdict}  ${row.file.padEnd(width('file'))}  ${row.ref.padEnd(width('ref'))}  ${same}  ${row.why}\n`.trimEnd() +
      '\n',
  );
}
process.stdout.write(`
What kubectl prints for the first refusal:

${first.replaceAll(/^/gm, '  ')}

Try next:
  npx qdrant-admission review --config ${CONFIG} ${WORKLOADS}/bad-root-loader.yaml
  npx qdrant-admission storage classes ${CLUSTER[0]}
  npx qdrant-admission explain run-as-non-root
  npx qdrant-admission verify docker.io/qdrant/qdrant:v1.19.0    # who signed it: asks the registry
  npm run demo:cluster    # a real API server: needs Docker, or Go >= 1.26
`);
// The two faces must never differ, and the examples must show both verdicts.
if (rows.some((row) => row.webhook !== row.review || row.webhook !== basename(row.file).startsWith('good-'))) {
  process.stderr.write('a verdict is not the expected one\n');
  process.exitCode = 1;
}

async function exampleFiles(): Promise<string[]> {
  const names = await readdir(WORKLOADS);
  return names.filter((name) => /^(good|bad)-.*\.yaml$/.test(name)).map((name) => join(WORKLOADS, name));
}

async function reviewAccepts(file: string): Promise<boolean> {
  const { code, stderr } = await runProgram(['review', '--config', CONFIG, file, ...CLUSTER], { now: new Date() });
  if (code > 1) throw new Error(`review ${file}: ${stderr}`);
  return code === 0;
}

function unique<T>(value: T, index: number, all: readonly T[]): boolean {
  return all.indexOf(value) === index;
}
