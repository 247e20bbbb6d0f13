import type { Known } from '../../src/engine/fact.ts';
import { makeSubject, type Subject } from '../../src/engine/subject.ts';
import { type FactName, type Facts, factNamed } from '../../src/facts/index.ts';
import type { World } from '../../src/facts/ports.ts';
import type { JsonObject, KubernetesObject } from '../../src/k8s/object.ts';
import { SETTINGS } from './policies.ts';
import { holding, portsOf } from './worlds.ts';

const { signal } = new AbortController();

/** What a fact says of a subject in a world, or in a cluster that holds these objects, by its watches and live. */
export async function learnFact<N extends FactName>(
  name: N,
  subject: Subject,
  around: World | readonly JsonObject[],
  settings = SETTINGS,
): Promise<Known<Facts[N]>> {
  const world = isObjects(around) ? { ...holding(around), live: holding(around) } : around;
  const learning = { subject, settings, ports: portsOf(world), signal };
  return (await factNamed(name).learn(learning)) as Known<Facts[N]>;
}

/** The creation of an object in the namespace `qdrant`, or what else is told. */
export function subjectOf(
  object: JsonObject | KubernetesObject,
  parts: Partial<Omit<Subject, 'object'>> = {},
): Subject {
  return makeSubject({
    object: object as KubernetesObject,
    namespace: 'qdrant',
    now: new Date('2026-11-01T00:00:00Z'),
    ...parts,
  });
}

function isObjects(around: World | readonly JsonObject[]): around is readonly JsonObject[] {
  return Array.isArray(around);
}
