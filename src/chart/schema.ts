import { z } from 'zod';
import { chartValues, DEFAULT_POLICY } from './values.ts';

/** The part of JSON Schema that zod writes for the values. */
export interface JsonSchema {
  readonly description?: string;
  readonly type?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
}

/** The schema of the chart's values, for Helm. */
export function valuesSchema(): JsonSchema {
  return z.toJSONSchema(chartValues, { target: 'draft-7', io: 'input' }) as JsonSchema;
}

/** What stands in values.yaml: every default, and no protected namespace. */
export function defaultValues(): Readonly<Record<string, unknown>> {
  const example = { ...DEFAULT_POLICY, namespaces: [{ names: ['example'], profile: 'private' }] } as const;
  return { ...chartValues.parse({ policy: example }), policy: DEFAULT_POLICY };
}

/** One value: where it stands, what it means, what it is unless told. */
export interface ValueEntry {
  /** `certificates.mode`. */
  readonly path: string;
  readonly description: string;
  /** Undefined for a section: its values follow. */
  readonly default: unknown;
}

/** Every value of the chart's own, in the order of values.yaml; of `policy` only what stands there. */
export function valueEntries(): ValueEntry[] {
  return entriesOf(valuesSchema(), defaultValues(), '');
}

function entriesOf(schema: JsonSchema, values: Readonly<Record<string, unknown>>, prefix: string): ValueEntry[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    const value = values[key];
    if (value === undefined) return [];
    const entry = { path: prefix + key, description: property.description ?? '' };
    if (!isSection(property)) return [{ ...entry, default: value }];
    return [
      { ...entry, default: undefined },
      ...entriesOf(property, value as Record<string, unknown>, `${prefix}${key}.`),
    ];
  });
}

/** Whether a value is a fixed set of further values, rather than one of its own. */
export function isSection(schema: JsonSchema): boolean {
  return (
    schema.properties !== undefined &&
    Object.values(schema.properties).some(({ default: value }) => value !== undefined)
  );
}
