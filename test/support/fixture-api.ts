import type { ServerResponse } from 'node:http';
import { FACT_KINDS, type FactKind } from '../../src/facts/kinds.ts';
import { readObject, type World } from '../../src/facts/world.ts';
import { type ScriptedApi, type ScriptedRequest, sendJson, sendStatus, startScriptedApi } from './scripted-api.ts';

const { signal } = new AbortController();
/** Kinds that a fixture does not bring are not there: only a fact that it calls unknown cannot be read. */
const NOT_BROUGHT = /^the files bring no /;

/** An API server that holds the world of a fixture as it is written: also what no cluster lets anybody write. */
export async function startFixtureApi(world: World): Promise<ScriptedApi> {
  const api = await startScriptedApi();
  api.play((request, response) => answer(request, response, world));
  return api;
}

async function answer({ url }: ScriptedRequest, response: ServerResponse, world: World): Promise<void> {
  const asked = parse(url.pathname);
  if (!asked) return sendStatus(response, 404, 'NotFound', `nothing is served at ${url.pathname}`);
  const { row, namespace, name } = asked;
  if (url.searchParams.has('watch')) return void response.writeHead(200).flushHeaders();
  if (name !== undefined) {
    const found = await readObject(world, row, { namespace, name }, signal);
    if (found.known && found.value) return sendJson(response, found.value);
    if (!found.known && !NOT_BROUGHT.test(found.reason))
      return sendStatus(response, 500, 'InternalError', found.reason);
    const details = { name, group: row.group, kind: row.plural };
    return sendJson(response, { kind: 'Status', apiVersion: 'v1', code: 404, reason: 'NotFound', details }, 404);
  }
  const listed = await world.list(row, namespace, signal);
  if (!listed.known && !NOT_BROUGHT.test(listed.reason)) {
    return sendStatus(response, 500, 'InternalError', listed.reason);
  }
  const items = listed.known ? listed.value : [];
  sendJson(response, { metadata: { resourceVersion: '7' }, items });
}

/** What a path asks for: `/apis/storage.k8s.io/v1/storageclasses/fast`. */
function parse(path: string): { row: FactKind; namespace: string; name: string | undefined } | undefined {
  const match = /^\/(?:api|apis\/([^/]+))\/v1(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+))?$/.exec(path);
  if (!match) return undefined;
  const [, group = '', namespace = '', plural, name] = match;
  const row = FACT_KINDS.find((kind) => kind.group === group && kind.plural === plural);
  return row && { row, namespace, name };
}
