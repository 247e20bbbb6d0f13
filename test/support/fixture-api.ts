import type { ServerResponse } from 'node:http';
import { factNamed } from '../../src/facts/index.ts';
import type { Ports } from '../../src/facts/ports.ts';
import { KINDS, type Kind } from '../../src/k8s/kinds.ts';
import { type ScriptedApi, type ScriptedRequest, sendJson, sendStatus, startScriptedApi } from './scripted-api.ts';

const { signal } = new AbortController();
/** Kinds that a fixture does not bring are not there: only a fact that it calls unknown cannot be read. */
const NOT_BROUGHT = /^the files bring no /;

/** An API server that holds the world of a fixture as it is written: also what no cluster lets anybody write. */
export async function startFixtureApi(ports: Ports): Promise<ScriptedApi> {
  const api = await startScriptedApi();
  api.play((request, response) => answer(request, response, ports));
  return api;
}

async function answer({ url }: ScriptedRequest, response: ServerResponse, ports: Ports): Promise<void> {
  const asked = parse(url.pathname);
  if (!asked) return sendStatus(response, 404, 'NotFound', `nothing is served at ${url.pathname}`);
  const { kind, namespace, name } = asked;
  if (url.searchParams.has('watch')) return void response.writeHead(200).flushHeaders();
  const refusal = refusalFor(kind, ports);
  if (refusal !== undefined) return sendStatus(response, 500, 'InternalError', refusal);
  if (name !== undefined) {
    const found = await ports.cluster.read(kind.name, namespace, name, signal);
    if (found.known && found.value) return sendJson(response, found.value);
    if (!found.known && !NOT_BROUGHT.test(found.reason)) {
      return sendStatus(response, 500, 'InternalError', found.reason);
    }
    // Whatever stands in a namespace, the namespace is there.
    if (kind.name === 'Namespace') return sendJson(response, { metadata: { name } });
    const details = { name, group: kind.group, kind: kind.plural };
    return sendJson(response, { kind: 'Status', apiVersion: 'v1', code: 404, reason: 'NotFound', details }, 404);
  }
  const listed = await ports.cluster.list(kind.name, namespace, signal);
  if (!listed.known && !NOT_BROUGHT.test(listed.reason)) {
    return sendStatus(response, 500, 'InternalError', listed.reason);
  }
  const items = listed.known ? listed.value : [];
  sendJson(response, { metadata: { resourceVersion: '7' }, items });
}

/** Why a kind cannot be read: a fact that rests on it cannot be learnt. */
function refusalFor(kind: Kind, { unlearnable = {} }: Ports): string | undefined {
  return Object.entries(unlearnable).find(([fact]) => {
    const { watched, live } = factNamed(fact);
    return watched.includes(kind.name) || live.includes(kind.name);
  })?.[1];
}

/** What a path asks for: `/apis/storage.k8s.io/v1/storageclasses/fast`. */
function parse(path: string): { kind: Kind; namespace: string; name: string | undefined } | undefined {
  const match = /^\/(?:api|apis\/([^/]+))\/v\d\w*(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+))?$/.exec(path);
  if (!match) return undefined;
  const [, group = '', namespace = '', plural, name] = match;
  const kind = KINDS.find((row) => row.group === group && row.plural === plural);
  return kind && { kind, namespace, name };
}
