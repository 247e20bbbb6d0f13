/** The expected JSON type of a field we read. Fields not named here are not read, hence not checked. */
export type Shape = 'string' | 'boolean' | 'integer' | 'quantity' | Structure;

/** One of the three is set. */
interface Structure {
  readonly list: Shape | undefined;
  readonly map: Shape | undefined;
  readonly fields: ReadonlyMap<string, Shape> | undefined;
}

export const list = (item: Shape): Shape => ({ list: item, map: undefined, fields: undefined });
export const map = (value: Shape): Shape => ({ list: undefined, map: value, fields: undefined });
export const fields = (known: Readonly<Record<string, Shape>>): Shape => ({
  list: undefined,
  map: undefined,
  fields: new Map(Object.entries(known)),
});
/** An object of which no field is read. */
export const anything = fields({});

export const metadata = fields({
  name: 'string',
  generateName: 'string',
  namespace: 'string',
  uid: 'string',
  creationTimestamp: 'string',
  labels: map('string'),
  annotations: map('string'),
  ownerReferences: list(
    fields({ apiVersion: 'string', kind: 'string', name: 'string', uid: 'string', controller: 'boolean' }),
  ),
});
