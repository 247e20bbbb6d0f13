import type { Fact } from '../engine/fact.ts';
import type { KindName } from '../k8s/kinds.ts';
import type { NamespaceSettings } from '../settings.ts';
import { FACTS } from './list.ts';
import type { Ports } from './ports.ts';

type AnyFact = (typeof FACTS)[number];
type ValueOf<F> = F extends { readonly learn: (learning: never) => infer L }
  ? Extract<Awaited<L>, { readonly known: true }> extends { readonly value: infer T }
    ? T
    : never
  : never;

/** What a rule may know of the world beyond its subject, by the name of the fact. */
export type Facts = { readonly [F in AnyFact as F['name']]: ValueOf<F> };
export type FactName = AnyFact['name'];

export const FACT_NAMES = FACTS.map(({ name }) => name) as [FactName, ...FactName[]];

const BY_NAME: ReadonlyMap<string, Fact<FactName, unknown, NamespaceSettings, Ports>> = new Map(
  FACTS.map((fact) => [fact.name, fact]),
);

/** The fact of that name. A rule can name no other. */
export function factNamed(name: string): Fact<FactName, unknown, NamespaceSettings, Ports> {
  const fact = BY_NAME.get(name);
  if (!fact) throw new Error(`there is no fact ${name}`);
  return fact;
}

/** Every kind that some fact is read of: what the program may read of a cluster. */
export const KINDS_READ: readonly KindName[] = [
  ...new Set(FACTS.flatMap(({ watched, live }): readonly KindName[] => [...watched, ...live])),
].sort();
