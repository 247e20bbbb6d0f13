import type { KindRow } from './kind-row.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './object.ts';
import type { FieldsShape, Shape } from './shape.ts';

/** What `kubectl apply` keeps of the object in the object itself: half of its size, once more. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

type Remembered = Pick<KindRow<string, string, FieldsShape>, 'shape' | 'keptWhole'>;

/**
 * An object with the fields that the shape of its kind names, and its apiVersion and kind. What a shape does not name
 * nobody here reads: it is not worth the memory. What has another type than its shape says stays as it is, so that it is still found.
 */
export function onlyRead(object: JsonObject, { shape, keptWhole }: Remembered): JsonObject {
  const { apiVersion, kind } = object;
  const { metadata, ...rest } = keepFields(object, shape.fields);
  return {
    ...(apiVersion !== undefined && { apiVersion }),
    ...(kind !== undefined && { kind }),
    ...(metadata !== undefined && { metadata: withoutCopy(metadata) }),
    ...rest,
    ...(keptWhole !== undefined && { [keptWhole]: object[keptWhole] }),
  };
}

function keep(value: JsonValue, shape: Shape): JsonValue {
  if (typeof shape === 'string') return value;
  if (shape.list !== undefined) {
    const { list } = shape;
    return isList(value) && typeof list !== 'string' ? value.map((item) => keep(item, list)) : value;
  }
  if (!isJsonObject(value)) return value;
  if (shape.fields !== undefined) return keepFields(value, shape.fields);
  return typeof shape.map === 'string' ? value : keepValues(value, shape.map);
}

function keepFields(object: JsonObject, known: ReadonlyMap<string, Shape>): JsonObject {
  const kept: Record<string, JsonValue> = {};
  for (const name of Object.keys(object)) {
    const shape = known.get(name);
    const value = object[name];
    if (shape !== undefined && value !== undefined) kept[name] = keep(value, shape);
  }
  return kept;
}

function keepValues(object: JsonObject, shape: Shape): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, value === undefined ? value : keep(value, shape)]),
  );
}

function withoutCopy(metadata: JsonValue): JsonValue {
  if (!isJsonObject(metadata) || !isJsonObject(metadata['annotations'])) return metadata;
  const { [LAST_APPLIED]: _, ...annotations } = metadata['annotations'];
  return { ...metadata, annotations };
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
