import { parseConfig } from '../../src/config/load.ts';
import type { Subject } from '../../src/engine/subject.ts';
import type { Ports } from '../../src/facts/ports.ts';
import { groupOf } from '../../src/k8s/object.ts';
import { createHandler } from '../../src/serve/handler.ts';
import { memoryBudget, openAccounts } from '../../src/serve/memory-budget.ts';
import { MEMORY } from './command-line.ts';

/** The AdmissionReview that the API server would send for a subject. */
export function reviewFor({ object, oldObject, operation, subresource, namespace }: Subject): object {
  const [version = ''] = object.apiVersion.split('/').slice(-1);
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'c0ffee00-0000-4000-8000-000000000001',
      kind: { group: groupOf(object.apiVersion), version, kind: object.kind },
      subResource: subresource,
      namespace,
      operation,
      userInfo: { username: 'replay' },
      object: operation === 'DELETE' ? null : object,
      oldObject: (operation === 'DELETE' ? object : oldObject) ?? null,
    },
  };
}

/** What an answer says, as kubectl prints it. */
export interface Said {
  readonly allowed: boolean;
  /** Of a refusal. */
  readonly code: number | undefined;
  readonly message: string;
}

/** Reads the AdmissionReview that comes back. */
export function saidIn(text: string): Said {
  const { response } = JSON.parse(text);
  const warnings = (response.warnings ?? []).map((warning: string) => `Warning: ${warning}`);
  const message = [response.status?.message ?? '', ...warnings].join('\n');
  return { allowed: response.allowed, code: response.status?.code, message };
}

/** Asks the handler of the webhook, from the bytes of a review to those of its answer, in a world that no server can show. */
export async function askHandler(subject: Subject, config: object, ports: Ports): Promise<Said> {
  const handler = createHandler({
    config: { current: parseConfig(JSON.stringify(config), 'the configuration of a fixture'), refresh: async () => {} },
    ports,
    now: () => subject.now,
    memory: openAccounts(memoryBudget(MEMORY)).objects,
    requestLog: {
      answered: () => {},
      rejected: (reason) => {
        throw new Error(`the review was rejected: ${reason}`);
      },
      threw: (error) => {
        throw error;
      },
    },
  });
  const bytes = Buffer.from(JSON.stringify(reviewFor(subject)));
  const { body } = await handler({ bytes, free: () => {} }, 10_000);
  return saidIn(body);
}
