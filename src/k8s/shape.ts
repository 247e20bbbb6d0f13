/** A single value of a JSON type. A quantity is `500m`, or the plain number 2; a port is its number, or its name. */
type Scalar = 'string' | 'boolean' | 'integer' | 'quantity' | 'intOrString';

/** The expected JSON type of a field we read. Fields that are not named here are not read, hence not checked. */
export type Shape = Scalar | ListShape | MapShape | FieldsShape;

/** Every element has the same shape. Null is no element: it would be skipped by whoever reads it as "not set". */
export interface ListShape<I extends Shape = Shape> {
  readonly list: I;
  readonly map: undefined;
  readonly fields: undefined;
  readonly known: undefined;
}

/** Keys are up to whoever writes the object. */
export interface MapShape<V extends Shape = Shape> {
  readonly list: undefined;
  readonly map: V;
  readonly fields: undefined;
  readonly known: undefined;
}

/** An object with known fields, each of which may be absent or null. */
export interface FieldsShape<F extends Readonly<Record<string, Shape>> = Readonly<Record<string, Shape>>> {
  readonly list: undefined;
  readonly map: undefined;
  /** By name, quick to look up. */
  readonly fields: ReadonlyMap<string, Shape>;
  /** As they were written: to build on, and what `TypeOf` infers from. */
  readonly known: F;
}

/** What an object of this shape looks like in TypeScript. Null means "not set", as the API server takes it. */
export type TypeOf<S> = S extends Scalar
  ? ScalarTypes[S]
  : S extends ListShape<infer I>
    ? readonly TypeOf<I>[]
    : S extends MapShape<infer V>
      ? Readonly<Record<string, TypeOf<V> | null>>
      : S extends FieldsShape<infer F>
        ? { readonly [K in keyof F]?: TypeOf<F[K]> | null }
        : never;

interface ScalarTypes {
  readonly string: string;
  readonly boolean: boolean;
  readonly integer: number;
  readonly quantity: string | number;
  readonly intOrString: string | number;
}

// All shapes have the same fields in the same order: every request is checked against hundreds of them, and V8 is quick
// at that only where objects are laid out alike.

export function list<const I extends Shape>(item: I): ListShape<I> {
  return { list: item, map: undefined, fields: undefined, known: undefined };
}

export function map<const V extends Shape>(value: V): MapShape<V> {
  return { list: undefined, map: value, fields: undefined, known: undefined };
}

export function fields<const F extends Readonly<Record<string, Shape>>>(known: F): FieldsShape<F> {
  return { list: undefined, map: undefined, fields: new Map(Object.entries(known)), known };
}

/** An object of which no field is read. */
export const anything = fields({});

/** metav1.ObjectMeta, the fields we read. */
export const metadata = fields({
  name: 'string',
  generateName: 'string',
  namespace: 'string',
  uid: 'string',
  resourceVersion: 'string',
  /** RFC 3339, to the second. */
  creationTimestamp: 'string',
  /** Set while the API server waits for finalizers, or for a namespace to become empty. */
  deletionTimestamp: 'string',
  labels: map('string'),
  annotations: map('string'),
  ownerReferences: list(
    fields({ apiVersion: 'string', kind: 'string', name: 'string', uid: 'string', controller: 'boolean' }),
  ),
});
