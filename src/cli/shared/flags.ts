import { parseQuantity } from '../../k8s/core/quantity.ts';
import { Misuse } from './misuse.ts';

/**
 * Flags that several commands take, and how values are read. The brief of a flag with a value goes on from "expected":
 * that is how its absence is told.
 */

/** Any text but none. */
export function text(value: string): string {
  if (value === '') throw new Misuse('expected a value');
  return value;
}

/** A whole number in this range. */
export function integer(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < least || number > most) {
      throw new Misuse(`expected a number from ${least} to ${most}`);
    }
    return number;
  };
}

/** A quantity of memory as in the resources of a container, in bytes. */
export function memory(least: string): (value: string) => number {
  return (value) => {
    const milli = parseQuantity(value);
    if (milli === undefined || milli < (parseQuantity(least) ?? 0n)) {
      throw new Misuse(`expected a quantity of memory from ${least} on, such as 256Mi`);
    }
    return Number(milli / 1000n);
  };
}

/** The name of a namespace as the API server takes it. */
export function namespaceName(value: string): string {
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(value)) throw new Misuse('expected the name of a namespace');
  return value;
}

const COLOURS = ['auto', 'always', 'never'] as const;

/** When colours are wanted: auto is on a terminal. */
export type Colour = (typeof COLOURS)[number];

export const COLOUR_FLAG = {
  kind: 'enum',
  values: COLOURS,
  default: 'auto',
  brief: 'auto: on a terminal, unless NO_COLOR is set',
} as const;

export const KUBECONFIG_FLAG = {
  kind: 'parsed',
  parse: text,
  optional: true,
  placeholder: 'FILE',
  brief: 'FILE; else $KUBECONFIG, else the service account of the pod it runs in, else ~/.kube/config',
} as const;

export const KUBE_CONTEXT_FLAG = {
  kind: 'parsed',
  parse: text,
  optional: true,
  placeholder: 'NAME',
  brief: 'NAME of a context in the kubeconfig; else its current one',
} as const;

/** A flag that is there or not; `--no-…` would be a second way to say the same. */
export const SWITCH = { kind: 'boolean', optional: true, withNegated: false } as const;
