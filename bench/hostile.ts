import { request } from 'node:https';
import { weigh } from '../src/serve/json-cost.ts';
import type { Stall } from './probe.ts';
import type { Bench } from './processes.ts';
import { progress } from './table.ts';

/** What one hostile body did. */
export interface HostileResult extends Stall {
  readonly name: string;
  readonly bytes: number;
  /** HTTP status and, where there is an answer in the protocol, its code. */
  readonly statuses: readonly string[];
}

interface Body {
  readonly name: string;
  readonly bytes: Buffer;
  /** How often at the same time. */
  readonly times: number;
}

const MOST_BYTES = 8 * 1024 * 1024;

/** Sends each body to the webhook and asks how long its event loop was held up, at worst. */
export async function stalls(bench: Bench, repeats: number): Promise<HostileResult[]> {
  const measured: HostileResult[] = [];
  await bench.webhook.ask('watch');
  for (const makeBody of BODIES) {
    const { name, bytes, times } = makeBody();
    progress(name);
    let [wallMs, cpuMs] = [0, 0];
    const statuses = new Set<string>();
    for (let i = 0; i < repeats; i++) {
      await bench.webhook.ask('read');
      const sent = Array.from({ length: times }, () => send(bench, bytes));
      for (const status of await Promise.all(sent)) statuses.add(status);
      const { stall } = await bench.webhook.ask('read');
      wallMs = Math.max(wallMs, stall.wallMs);
      cpuMs = Math.max(cpuMs, stall.cpuMs);
    }
    measured.push({ name, bytes: bytes.length, statuses: [...statuses], wallMs, cpuMs });
  }
  await bench.webhook.ask('unwatch');
  progress('');
  return measured;
}

function send({ webhook, ca }: Bench, body: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { port: webhook.port, ca, method: 'POST', path: '/validate', agent: false as const };
    const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length };
    const sent = request({ ...options, host: 'localhost', headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('error', reject);
      response.on('end', () => resolve(`${response.statusCode}${codeIn(text)}`));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function codeIn(text: string): string {
  const code = /"code":(\d+)/.exec(text)?.[1];
  if (code !== undefined) return `/${code}`;
  return text.includes('"allowed":true') ? '/allowed' : '';
}

/** A pod, with something instead of what it usually has. */
function pod(spec: string, more = '', metadata = '{"name":"a"}'): string {
  return `{"apiVersion":"v1","kind":"Pod","metadata":${metadata},"spec":${spec}${more && `,${more}`}}`;
}

function review(object: string, oldObject?: string, uid = 'u'): string {
  const operation = oldObject === undefined ? 'CREATE' : 'UPDATE';
  const old = oldObject === undefined ? '' : `,"oldObject":${oldObject}`;
  return `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"${uid}","kind":{"group":"","version":"v1","kind":"Pod"},"operation":"${operation}","namespace":"qdrant","object":${object}${old}}}`;
}

const CONTAINER = '{"name":"a","image":"b"}';
const BAD_CONTAINER = '{"securityContext":{"privileged":true}}';
const SPEC = `{"containers":[${CONTAINER}]}`;

/** A review with any JSON in a field that nobody reads: what parsing alone costs. */
const unread = (json: string) => review(pod(SPEC, `"x":${json}`));
const inSpec = (field: string) => (json: string) => review(pod(`{"containers":[${CONTAINER}],"${field}":${json}}`));
const inContainer = (field: string) => (json: string) =>
  review(pod(`{"containers":[{"name":"a","image":"b","${field}":${json}}]}`));

const list = (items: readonly string[]) => `[${items.join(',')}]`;
const object = (items: readonly string[]) => `{${items.join(',')}}`;
const word = (i: number) => (Math.imul(i + 1, 2_654_435_761) >>> 0).toString(36).padStart(7, '0');

/** As many items as the guard lets through, to take the parser to its limit. */
function most(name: string, item: (i: number) => string, join = list, wrap = unread): () => Body {
  return () => body(name, (count) => wrap(join(Array.from({ length: count }, (_, i) => item(i)))));
}

/** The largest of a growing family of bodies that is neither too large nor refused by the guard. */
function body(name: string, make: (size: number) => string): Body {
  const attempt = (size: number): Buffer | undefined => {
    const text = make(size);
    const bytes = Buffer.from(text);
    return bytes.length <= MOST_BYTES && typeof weigh(bytes) === 'number' ? bytes : undefined;
  };
  let accepted = 1;
  let refused = 1024;
  while (attempt(refused)) {
    accepted = refused;
    refused *= 2;
  }
  while (refused - accepted > accepted / 50) {
    const size = Math.floor((accepted + refused) / 2);
    if (attempt(size)) accepted = size;
    else refused = size;
  }
  return { name, bytes: Buffer.from(make(accepted)), times: 1 };
}

/** Exactly this text, filled up to the largest size. */
function full(name: string, item: string, times = 1): () => Body {
  return () => ({ name, bytes: Buffer.from(item.repeat(Math.floor(MOST_BYTES / item.length))), times });
}

function sized(name: string, make: (filler: string) => string, filler = 'a'): () => Body {
  return () => {
    const room = MOST_BYTES - Buffer.byteLength(make(''));
    const bytes = Buffer.from(make(filler.repeat(Math.floor(room / Buffer.byteLength(filler)))));
    return { name, bytes, times: 1 };
  };
}

const env = (i: number) => `{"name":"ENV_${i}","value":"value-${i}"}`;
const fullOfEnv = (label: string) => {
  const half = list(Array.from({ length: 36_000 }, (_, i) => env(i)));
  return pod(`{"containers":[{"name":"a","image":"b","env":${half}}]}`, '', `{"name":"a","labels":{"l":"${label}"}}`);
};

const BODIES: readonly (() => Body)[] = [
  () => ({
    name: 'real: update of two 1.5 MB pods',
    bytes: Buffer.from(review(fullOfEnv('1'), fullOfEnv('2'))),
    times: 1,
  }),
  () => ({ name: 'real: eight of them at once', bytes: Buffer.from(review(fullOfEnv('1'), fullOfEnv('2'))), times: 8 }),
  full('[[[[…', '['),
  full('[[[[…, eight at once', '[', 8),
  full('{"a":{"a":…', '{"a":'),
  full('[],[],…', '[],'),
  full('spaces', ' '),
  full('digits', '1'),
  () => ({ name: 'not UTF-8 at its end', bytes: Buffer.alloc(MOST_BYTES, ' ').fill(0xff, MOST_BYTES - 1), times: 1 }),
  () => ({ name: 'one byte too many', bytes: Buffer.alloc(MOST_BYTES + 1, ' '), times: 1 }),
  most('empty lists', () => '[]'),
  most('empty objects', () => '{}'),
  most('nested lists', () => `${'['.repeat(200)}${']'.repeat(200)}`),
  most('nested objects', () => `${'{"a":'.repeat(200)}0${'}'.repeat(200)}`),
  most('numbers', () => '1.5'),
  most('long numbers', () => `0.${'1234567890'.repeat(70)}`),
  most('short strings', (i) => `"${word(i)}"`),
  most('short strings with an escape', (i) => `"\\u00e9${word(i)}"`),
  most('short strings of two bytes a character', (i) => `"\u4e00${word(i)}"`),
  most('long strings', (i) => `"${word(i)}abcdefghijkl"`),
  most('different keys in one object', (i) => `"${word(i)}":0`, object),
  most('different keys in many objects', (i) => `{"${word(i)}":0}`),
  most('few thousand keys in many objects', (i) => `{"${word(i % 1900)}":0}`),
  most('keys that are numbers', () => '{"4294967290":0}'),
  most('__proto__ keys', () => '{"__proto__":{}}'),
  most(
    'containers, empty',
    () => '{}',
    list,
    (json) => review(pod(`{"containers":${json}}`)),
  ),
  most(
    'containers, bad',
    () => BAD_CONTAINER,
    list,
    (json) => review(pod(`{"containers":${json}}`)),
  ),
  () => ({
    name: 'containers, bad, as many as are judged',
    bytes: Buffer.from(review(pod(`{"containers":${list(Array.from({ length: 1000 }, () => BAD_CONTAINER))}}`))),
    times: 1,
  }),
  most('volumes', () => '{"hostPath":{}}', list, inSpec('volumes')),
  most(
    'capabilities',
    () => '"ALL"',
    list,
    (json) => inContainer('securityContext')(`{"capabilities":{"add":${json}}}`),
  ),
  most(
    'sysctls',
    () => '{"name":"a"}',
    list,
    (json) => inSpec('securityContext')(`{"sysctls":${json}}`),
  ),
  most('ports', () => '{"hostPort":1}', list, inContainer('ports')),
  most(
    'annotations',
    (i) => `"${word(i)}":""`,
    object,
    (json) => review(pod(SPEC, '', `{"annotations":${json}}`)),
  ),
  most(
    'owners',
    () => '{"kind":"a"}',
    list,
    (json) => review(pod(SPEC, '', `{"ownerReferences":${json}}`)),
  ),
  most(
    'update, volumes compared',
    () => '{"emptyDir":{}}',
    list,
    (json) => {
      const before = pod(`{"containers":[${CONTAINER}],"volumes":${json}}`);
      return review(pod(`{"containers":[${CONTAINER}],"volumes":${json.slice(0, -1)},{"a":1}]}`), before);
    },
  ),
  sized('a long uid', (text) => review(pod(SPEC), undefined, text)),
  sized('a long name', (text) => review(pod(SPEC, '', `{"name":"${text}"}`))),
  sized('a long name of control characters', (text) => review(pod(SPEC, '', `{"name":"${text}"}`)), '\\u0001'),
  sized('a long container name', (text) => review(pod(`{"containers":[{"name":"${text}"}]}`))),
  sized('a long value', (text) =>
    review(pod(`{"containers":[{"name":"a","securityContext":{"procMount":"${text}"}}]}`)),
  ),
  sized('a long key', (text) => review(pod(SPEC, '', `{"annotations":{"${text}":1}}`))),
];
