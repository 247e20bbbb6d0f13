import type { Finding } from '../engine/rule.ts';
import { isJsonObject } from '../k8s/object.ts';
import type { StorageClass } from '../k8s/storage/objects.ts';
import type { Provisioner, SecretCall, SecretSource } from './provisioner.ts';

/** A Secret by its literal name. */
export interface SecretRef {
  readonly namespace: string;
  readonly name: string;
}

/** What a class says of a Secret: none, one by its literal name, or something that counts for none. */
export type NamedSecret =
  | { readonly ref: SecretRef; readonly path: string }
  | { readonly ref?: never; readonly path?: never }
  /** `template`: the claim completes the name. */
  | { readonly problem: Finding; readonly template?: true };

/** The parameters of a class, as the driver reads them. */
export interface Parameters {
  /** Undefined where it is not set, or empty. */
  get(key: string): string | undefined;
  /** The path of a parameter as it stands in the class, else as it has to be written. */
  pathOf(key: string): string;
  /** A key that is there in another case and that the driver does not read. */
  misspelt(key: string): string | undefined;
  secret(source: SecretSource): NamedSecret;
  /** Why what the driver reads of this class cannot be told. */
  readonly problems: readonly Finding[];
}

/** Reads the parameters by the driver's own rules for keys; those that nobody knows are read exactly. */
export function readParameters(
  parameters: StorageClass['parameters'],
  { keyCase, keyPrefix }: Pick<Provisioner, 'keyCase' | 'keyPrefix'>,
): Parameters {
  const entries = isJsonObject(parameters) ? Object.entries(parameters) : [];
  const bare = (key: string): string => (keyPrefix && key.startsWith(keyPrefix) ? key.slice(keyPrefix.length) : key);
  const nameOf = (key: string): string => (keyCase === 'any' ? bare(key.toLowerCase()) : bare(key));
  const byName = new Map(entries.map(([key, value]) => [nameOf(key), { key, value }]));
  const find = (key: string) => byName.get(nameOf(key));
  const pathOf = (key: string): string => parameterPath(find(key)?.key ?? key);

  return {
    get: (key) => find(key)?.value || undefined,
    pathOf,
    misspelt: (key) =>
      find(key) ? undefined : entries.map(([other]) => other).find((other) => equalFold(bare(other), bare(key))),
    secret: (source) => {
      if ('call' in source) return secretOfCall(source.call, parameters);
      return 'pathKey' in source
        ? secretOfPath({ path: pathOf(source.pathKey), value: find(source.pathKey)?.value ?? undefined })
        : secretOfKeys(source, find, pathOf);
    },
    problems:
      parameters == null || isJsonObject(parameters)
        ? problemsOf(entries, bare, keyPrefix)
        : [{ path: 'parameters', found: `is ${typeOf(parameters)}`, required: 'write one line for each parameter' }],
  };
}

/** How to set a parameter, for messages. */
export function setTo(values: readonly string[]): string {
  return `set it to ${values.length > 2 ? `one of ${values.join(', ')}` : values.join(' or ')}`;
}

/** The parameter that names a Secret. */
export function secretKey(source: SecretSource): string {
  if ('call' in source) return `csi.storage.k8s.io/${source.call}-secret-name`;
  return 'pathKey' in source ? source.pathKey : source.nameKey;
}

/** The path of a parameter from the class: `parameters.encrypted`, `parameters["csi.storage.k8s.io/fstype"]`. */
export function parameterPath(key: string): string {
  return /^[A-Za-z_][\w-]*$/.test(key) ? `parameters.${key}` : `parameters[${JSON.stringify(key)}]`;
}

function problemsOf(
  entries: readonly (readonly [string, unknown])[],
  bare: (key: string) => string,
  keyPrefix = '',
): Finding[] {
  // Trident takes whatever begins like its prefix for it, up to the first slash.
  const domain = keyPrefix.replace(/\/$/, '');
  const problems: Finding[] = [];
  const seen = new Map<string, string>();
  for (const [key, value] of entries) {
    const path = parameterPath(key);
    if (typeof value !== 'string')
      problems.push({ path, found: `is ${typeOf(value)}`, required: 'write it in quotes' });
    const lookalike = domain !== '' && key.startsWith(domain) && !key.startsWith(keyPrefix);
    // Beyond ASCII, lower case is not the same in every language: two keys may be one for the driver.
    if (lookalike || !/^[!-~]+$/.test(key)) {
      problems.push({ path, found: 'has a key that drivers do not have', required: 'leave it out' });
    }
    const folded = bare(key.toLowerCase());
    const first = seen.get(folded);
    if (first !== undefined) {
      // Such drivers go through a map, whose order is chance: one volume is encrypted, the next is not.
      const found = `stands there as ${first} too, and which of the two the driver takes may be chance`;
      problems.push({ path, found, required: 'keep one of them' });
    }
    seen.set(folded, first ?? key);
  }
  return problems;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function equalFold(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** kubernetes-csi/external-provisioner@0688604: pkg/controller/controller.go; the driver never sees these keys. */
function secretOfCall(call: SecretCall, parameters: StorageClass['parameters']): NamedSecret {
  const camel = call.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const own = [`csi.storage.k8s.io/${call}-secret-`, `csi${camel}Secret`].flatMap((prefix) => {
    const old = !prefix.endsWith('-');
    const keys = {
      name: `${prefix}${old ? 'Name' : 'name'}`,
      namespace: `${prefix}${old ? 'Namespace' : 'namespace'}`,
    };
    return isSet(parameters, keys.name) || isSet(parameters, keys.namespace) ? [keys] : [];
  });
  const [keys = { name: 'csi.storage.k8s.io/secret-name', namespace: 'csi.storage.k8s.io/secret-namespace' }, twice] =
    own;
  if (twice) {
    const found = `stands there as ${keys.name} too`;
    return { problem: { path: parameterPath(twice.name), found, required: 'keep one of them' } };
  }
  return secretFrom(
    { path: parameterPath(keys.name), value: textOf(parameters, keys.name) },
    { path: parameterPath(keys.namespace), value: textOf(parameters, keys.namespace) },
  );
}

function secretOfKeys(
  { nameKey, namespaceKey }: Extract<SecretSource, { nameKey: string }>,
  find: (key: string) => { readonly value: string | null } | undefined,
  pathOf: (key: string) => string,
): NamedSecret {
  return secretFrom(
    { path: pathOf(nameKey), value: find(nameKey)?.value ?? undefined },
    { path: pathOf(namespaceKey), value: find(namespaceKey)?.value ?? undefined },
  );
}

/** `NAMESPACE/NAME` in one parameter, which no driver completes. */
function secretOfPath({ path, value }: Part): NamedSecret {
  if (!value) return {};
  const [namespace = '', name = '', ...more] = value.split('/');
  if (more.length === 0 && NAME.test(namespace) && NAME.test(name)) return { ref: { namespace, name }, path };
  return { problem: { path, value, required: 'write the namespace of a Secret, a slash, and its name' } };
}

interface Part {
  readonly path: string;
  readonly value: string | undefined;
}

function secretFrom(name: Part, namespace: Part): NamedSecret {
  if (!name.value && !namespace.value) return {};
  const problems = [partProblem(namespace, 'the namespace of a Secret'), partProblem(name, 'the name of a Secret')];
  const found = problems.filter((problem) => problem !== undefined);
  // A template and nothing else: it will name a Secret.
  const template = found.length > 0 && found.every(({ value }) => isTemplate(value));
  const [problem] = found;
  if (problem) return { problem, ...(template && { template }) };
  return { ref: { namespace: namespace.value ?? '', name: name.value ?? '' }, path: name.path };
}

function partProblem({ path, value }: Part, what: string): Finding | undefined {
  if (!value) return { path, required: `set it to ${what}` };
  // `${pvc.name}`, `${pvc.annotations['k']}`, `$pvc.namespace`: who makes the claim says which Secret, hence which key.
  if (isTemplate(value)) {
    return { path, value, required: `write ${what} itself: a template lets whoever makes a claim choose the key` };
  }
  return NAME.test(value) ? undefined : { path, value, required: `write ${what}` };
}

function isTemplate(value: unknown): boolean {
  return typeof value === 'string' && value.includes('$');
}

const NAME = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

function textOf(parameters: StorageClass['parameters'], key: string): string | undefined {
  const value: unknown = isJsonObject(parameters) && Object.hasOwn(parameters, key) ? parameters[key] : undefined;
  return typeof value === 'string' ? value : undefined;
}

function isSet(parameters: StorageClass['parameters'], key: string): boolean {
  return isJsonObject(parameters) && Object.hasOwn(parameters, key);
}
