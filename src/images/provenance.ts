import { failure, type Result, success } from '../k8s/result.ts';
import type { Provenance } from './evidence.ts';
import { asList, asText, at } from './json-values.ts';

/** Sums up SLSA provenance v0.2. https://slsa.dev/spec/v0.2/provenance */
export function summariseProvenance02(predicate: unknown): Result<Provenance, string> {
  return summarise(at(predicate, 'builder', 'id'), [
    at(predicate, 'invocation', 'configSource', 'uri'),
    at(asList(at(predicate, 'materials'))?.[0], 'uri'),
  ]);
}

/** Sums up SLSA provenance v1. https://slsa.dev/spec/v1.0/provenance */
export function summariseProvenance1(predicate: unknown): Result<Provenance, string> {
  return summarise(at(predicate, 'runDetails', 'builder', 'id'), [
    at(predicate, 'buildDefinition', 'externalParameters', 'workflow', 'repository'),
    at(predicate, 'buildDefinition', 'externalParameters', 'configSource', 'uri'),
    at(asList(at(predicate, 'buildDefinition', 'resolvedDependencies'))?.[0], 'uri'),
  ]);
}

/** BuildKit leaves its builder's id empty unless it is told one: that is no builder, and yet provenance. */
function summarise(builder: unknown, sources: readonly unknown[]): Result<Provenance, string> {
  if (typeof builder !== 'string') return failure('its provenance names no builder');
  const source = sources.map(asText).find((it) => it !== undefined);
  return success({ kind: 'provenance', builder, ...(source === undefined ? {} : { source }) });
}
