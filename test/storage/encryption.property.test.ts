import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StorageClass } from '../../src/k8s/storage/objects.ts';
import { parametersSha256 } from '../../src/storage/attestations.ts';
import { CATALOG, provisionerOf } from '../../src/storage/catalog.ts';
import { keysOf } from '../../src/storage/conditions.ts';
import { encryptionOf } from '../../src/storage/encryption.ts';
import type { Condition, Provisioner, SecretSource } from '../../src/storage/provisioner.ts';
import { CLASS_FILES, NOTHING_STATED, NOW } from './read-classes.ts';

type Parameters = NonNullable<StorageClass['parameters']>;

const SECRET_KEYS = ['', 'node-stage-', 'node-publish-', 'provisioner-'].flatMap((call) =>
  ['name', 'namespace'].map((part) => `csi.storage.k8s.io/${call}secret-${part}`),
);
const VALUES = ['true', 'True', 'false', '1', '', 'yes', 'on', 'off', 'block', 'data-at-rest', 'classic-luks'];
const NAMES = ['luks', 'keys', 'drbd luks storage', '$pvc.name', 'hostEncryption', 'size'];

const row = fc.constantFrom(...CATALOG);

/** Parameters that a row's condition may look at, in several cases and with likely values. */
function parametersFor({ condition, elsewhere = [], keyPrefix = '' }: Provisioner): fc.Arbitrary<Parameters> {
  const own = condition ? keysOf(condition) : ['encrypted'];
  const others = elsewhere.map(({ key }) => key);
  const keys = [
    ...own,
    ...own,
    ...[...own, ...others].map((key) => keyPrefix + key),
    ...SECRET_KEYS,
    'kmsKeyId',
    'type',
  ];
  const key = fc
    .tuple(fc.constantFrom(...keys), fc.constantFrom('same', 'same', 'same', 'lower', 'upper'))
    .map(([name, how]) => (how === 'lower' ? name.toLowerCase() : how === 'upper' ? name.toUpperCase() : name));
  return fc.dictionary(key, fc.constantFrom(...VALUES, ...NAMES), { maxKeys: 8, noNullPrototype: true });
}

const judged = row.chain((each) => parametersFor(each).map((parameters) => ({ row: each, parameters })));

function classOf(provisioner: string, parameters: Parameters): StorageClass {
  const kind = { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass' };
  return { ...kind, metadata: { name: 'qdrant' }, provisioner, parameters };
}

describe('a class', () => {
  it('of a provisioner that nobody knows never encrypts', () => {
    const unknown = fc
      .oneof(
        fc.string(),
        fc.domain(),
        row.map(({ name }) => `${name}.example.com`),
        row.map(({ name }) => `x${name}`),
      )
      .filter((name) => provisionerOf(name) === undefined);
    fc.assert(
      fc.property(unknown, row.chain(parametersFor), (name, parameters) => {
        expect(encryptionOf(classOf(name, { ...parameters, encrypted: 'true' }), NOTHING_STATED, NOW).encrypted).toBe(
          false,
        );
      }),
    );
  });

  it('encrypts by its parameters only where the condition of its row holds, read as plainly as can be', () => {
    let encrypted = 0;
    fc.assert(
      fc.property(judged, ({ row: each, parameters }) => {
        const shown = encryptionOf(classOf(each.name, parameters), NOTHING_STATED, NOW);
        if (!shown.encrypted) return;
        encrypted++;
        expect(each.storage).toBe('block');
        for (const { key, harmless = [], keyOnly } of each.elsewhere ?? []) {
          if (!keyOnly) expect(['', ...harmless]).toContain(readValue(key, each, parameters));
        }
        if (each.condition) expect(holds(each.condition, each, parameters)).toBe(true);
        else expect([each.level, shown.by]).toEqual(['platform', 'platform']);
      }),
      { numRuns: 20_000, seed: 6 },
    );
    // Else the property would say nothing.
    expect(encrypted).toBeGreaterThan(1000);
  });

  it('of a row with a flag never encrypts by it unless "true" stands there in just these letters', () => {
    const flagged = CATALOG.filter(({ condition, storage }) => condition?.kind === 'true' && storage === 'block');
    expect(flagged.length).toBeGreaterThan(2);
    fc.assert(
      fc.property(
        fc.constantFrom(...flagged),
        fc.mixedCase(fc.constantFrom('true', 'yes', 'on', '1', ' true')),
        (each, text) => {
          const [key = ''] = each.condition ? keysOf(each.condition) : [];
          const shown = encryptionOf(classOf(each.name, { [key]: text }), NOTHING_STATED, NOW);
          expect(shown.encrypted).toBe(text === 'true');
        },
      ),
    );
  });

  it('is judged the same, and has the same hash, whatever the order of its parameters', () => {
    const files = fc.constantFrom(...CLASS_FILES).map(({ storageClass }) => ({
      name: storageClass.provisioner ?? '',
      parameters: storageClass.parameters ?? {},
    }));
    const random = judged.map(({ row: { name }, parameters }) => ({ name, parameters }));
    const shuffled = fc
      .oneof(files, random)
      .chain((each) =>
        fc
          .shuffledSubarray(Object.entries(each.parameters), { minLength: Object.keys(each.parameters).length })
          .map((entries) => ({ ...each, entries })),
      );
    fc.assert(
      fc.property(shuffled, ({ name, parameters, entries }) => {
        const other = Object.fromEntries(entries);
        const [a, b] = [parameters, other].map((each) => encryptionOf(classOf(name, each), NOTHING_STATED, NOW));
        expect(b?.encrypted).toBe(a?.encrypted);
        if (a?.encrypted) expect(b).toEqual(a);
        expect(parametersSha256(other)).toBe(parametersSha256(parameters));
      }),
      { numRuns: 2000 },
    );
  });

  it('has another hash as soon as a parameter differs', () => {
    const map = fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true });
    fc.assert(
      fc.property(map, map, (a, b) => {
        const same = JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
        expect(parametersSha256(a) === parametersSha256(b)).toBe(same);
      }),
    );
    expect(parametersSha256(undefined)).toBe(parametersSha256({}));
    // printf '{"a":"1","b":"2"}' | sha256sum
    expect(parametersSha256({ b: '2', a: '1' })).toBe(
      '21f76dfbfe6dfe21f762080ef484112cf2952974cef30741fd1931e1c6d92112',
    );
  });
});

/** A second reading of a condition, which knows nothing of the first. */
function holds(condition: Condition, each: Provisioner, parameters: Parameters): boolean {
  const get = (wanted: string): string => readValue(wanted, each, parameters);
  switch (condition.kind) {
    case 'true':
      return get(condition.key) === 'true';
    case 'one-of':
      return (
        condition.values.includes(get(condition.key)) || (condition.orNotSet === true && get(condition.key) === '')
      );
    case 'set':
      return get(condition.key) !== '';
    case 'not-set':
      return get(condition.key) === '';
    case 'lists':
      return ` ${get(condition.key)} `.includes(` ${condition.word} `);
    case 'lists-none':
      return !get(condition.key).toLowerCase().includes(condition.prefix.toLowerCase());
    case 'secret':
      return secretKeys(condition.secret).some((keys) =>
        keys
          .map((key) => parameters[key] ?? get(key))
          .every((text) => text !== '' && (condition.orTemplate || isLiteral(text))),
      );
    case 'no-secret':
      return !Object.keys(parameters).some((key) => key.includes(`${condition.call}-secret-`));
    case 'all':
      return condition.of.every((part) => holds(part, each, parameters));
    case 'any':
      return condition.of.some((part) => holds(part, each, parameters));
  }
}

/** What the driver of a row reads under a key; empty where nothing stands there, or several do. */
function readValue(wanted: string, { keyCase, keyPrefix }: Provisioner, parameters: Parameters): string {
  const fold = (key: string): string => {
    const cased = keyCase === 'any' ? key.toLowerCase() : key;
    return keyPrefix && cased.startsWith(keyPrefix) ? cased.slice(keyPrefix.length) : cased;
  };
  const found = Object.entries(parameters).filter(([key]) => fold(key) === fold(wanted));
  return found.length === 1 ? (found[0]?.[1] ?? '') : '';
}

function secretKeys(source: SecretSource): string[][] {
  if ('pathKey' in source) return [[source.pathKey]];
  if ('nameKey' in source) return [[source.nameKey, source.namespaceKey]];
  return [`${source.call}-`, ''].map((call) =>
    ['name', 'namespace'].map((part) => `csi.storage.k8s.io/${call}secret-${part}`),
  );
}

function isLiteral(name: string): boolean {
  return name !== '' && !name.includes('$');
}
