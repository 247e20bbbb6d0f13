import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeError, readDocuments } from '../../src/manifests/documents.ts';
import { stepsOf } from '../../src/manifests/field-path.ts';
import { readManifests } from '../../src/manifests/objects.ts';

function read(text: string): { names: (string | undefined)[]; lines: number[]; errors: string[] } {
  const { manifests, errors } = readManifests(text, 'f.yaml');
  return {
    names: manifests.map(({ object }) => object.metadata?.name ?? undefined),
    lines: manifests.map(({ line }) => line),
    errors: errors.map(describeError),
  };
}

const service = (name: string) => `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\n`;

describe('objects', () => {
  it('stand at the line of their first key', () => {
    const { names, lines, errors } = read(
      `# c\n\n${service('a')}---\n# Source: x/b.yaml\n${service('b')}--- # c\n\n${service('c')}`,
    );
    expect(errors).toEqual([]);
    expect(names).toEqual(['a', 'b', 'c']);
    expect(lines).toEqual([3, 9, 15]);
  });

  it.each([
    ['text', 'hello\n', 'f.yaml:1:1: expected a Kubernetes object, with apiVersion and kind'],
    ['a list', '- a\n', 'f.yaml:1:1: expected a Kubernetes object, with apiVersion and kind'],
    ['no kind', '\napiVersion: v1\n', 'f.yaml:2:1: kind is not set: expected a Kubernetes object'],
    ['no apiVersion', 'kind: Pod\n', 'f.yaml:1:1: apiVersion is not set: expected a Kubernetes object'],
    ['an empty kind', 'apiVersion: v1\nkind: ""\n', 'f.yaml:1:1: kind is not set: expected a Kubernetes object'],
    ['a number', 'apiVersion: 1\nkind: Pod\n', 'f.yaml:1:1: apiVersion is not set: expected a Kubernetes object'],
    [
      'an inherited kind',
      '__proto__: {kind: Pod}\napiVersion: v1\n',
      'f.yaml:1:1: kind is not set: expected a Kubernetes object',
    ],
  ])('%s is none', (_what, text, error) => {
    expect(read(text).errors).toEqual([error]);
  });

  it('have fields of the types of the API, or are bad input at that field', () => {
    const text = `${service('a')}---
apiVersion: v1
kind: Pod
metadata:
  name: b
  labels:
    a/b: 1
spec:
  containers:
    - name: x
      securityContext: [privileged]
    - name: y
      securityContext:
        privileged: "no"
`;
    const { names, errors } = read(text);
    expect(names).toEqual(['a']);
    expect(errors).toEqual([
      'f.yaml:11:5: metadata.labels["a/b"] is a number: expected a string',
      'f.yaml:15:7: spec.containers[0].securityContext is a list: expected an object',
      // An unquoted y is a boolean to kubectl.
      'f.yaml:16:7: spec.containers[1].name is a boolean: expected a string',
      'f.yaml:18:9: spec.containers[1].securityContext.privileged is a string: expected true or false',
    ]);
  });

  it('cannot flood the errors', () => {
    const labels = Array.from({ length: 1000 }, (_, index) => `    k${index}: 1\n`).join('');
    const { errors } = read(`${service('a')}  labels:\n${labels}`);
    expect(errors).toHaveLength(21);
    expect(errors).toContain('f.yaml:1:1: and 980 more in this object');
  });
});

describe('Lists', () => {
  it('are taken apart, Lists in Lists too, with the lines of their items', () => {
    const text = `apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Service
    metadata: { name: a }
  - apiVersion: v1
    kind: List
    items:
      - kind: Service
        apiVersion: v1
        metadata: { name: b }
  - kind: Service
    apiVersion: v1
    metadata: { name: c }
`;
    expect(read(text)).toEqual({ names: ['a', 'b', 'c'], lines: [4, 10, 13], errors: [] });
  });

  it('lend apiVersion and kind to their items, as in answers of the API', () => {
    const json = JSON.stringify(
      {
        kind: 'PodList',
        apiVersion: 'v1',
        items: [{ metadata: { name: 'a' }, spec: { containers: [{ name: 'x' }] } }],
      },
      null,
      2,
    );
    const [manifest] = readManifests(json, 'f.json').manifests;
    expect(manifest?.object).toMatchObject({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } });
    expect(manifest?.line).toBe(6);
    expect(manifest?.locate('spec.containers[0].name')).toEqual({ line: 12, column: 13 });
  });

  it('may be empty, but not something else', () => {
    expect(read('apiVersion: v1\nkind: List\nitems: []\n')).toEqual({ names: [], lines: [], errors: [] });
    expect(read('apiVersion: v1\nkind: List\nitems:\n')).toEqual({ names: [], lines: [], errors: [] });
    expect(read('apiVersion: v1\nkind: List\nitems: {}\n').errors).toEqual([
      'f.yaml:1:1: items is not a list: expected a list of objects',
    ]);
    expect(read('apiVersion: v1\nkind: List\nitems: [1]\n').errors).toEqual([
      'f.yaml:3:9: expected a Kubernetes object, with apiVersion and kind',
    ]);
  });

  it('may be called otherwise: kubectl looks at the items only', () => {
    expect(
      read(
        `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: b}}\n`,
      ).names,
    ).toEqual(['b', 'a']);
  });

  it('are not whatever ends in List', () => {
    expect(read('apiVersion: example.com/v1\nkind: AllowList\nmetadata: {name: a}\nspec: {}\n').names).toEqual(['a']);
  });

  it('do not lose the others for one that is bad', () => {
    const { names, errors } = read(
      'apiVersion: v1\nkind: List\nitems:\n- {kind: Service}\n- {apiVersion: v1, kind: Service, metadata: {name: b}}\n',
    );
    expect(names).toEqual(['b']);
    expect(errors).toEqual(['f.yaml:4:4: apiVersion is not set: expected a Kubernetes object']);
  });
});

describe('a field path', () => {
  it('leads to the line of the field, or of its nearest parent', () => {
    const text = `apiVersion: v1
kind: Pod
metadata:
  annotations:
    a/b: x
    "c.d[0]": z
spec:
  containers:
    - name: x
      image: a
    - image: b
      name: z
      securityContext:
        runAsNonRoot: true
`;
    const [manifest] = readManifests(text, 'f.yaml').manifests;
    const line = (path: string) => manifest?.locate(path).line;
    expect(line('spec.containers[1].securityContext.runAsNonRoot')).toBe(14);
    expect(line('spec.containers[1].securityContext.privileged')).toBe(13);
    expect(line('spec.containers[0].securityContext.runAsNonRoot')).toBe(9);
    expect(line('spec.containers[1].image')).toBe(11);
    expect(line('spec.containers[7].image')).toBe(8);
    expect(line('spec.hostNetwork')).toBe(7);
    expect(line('metadata.annotations["a/b"]')).toBe(5);
    expect(line('metadata.annotations["c.d[0]"]')).toBe(6);
    expect(line('status.phase')).toBe(1);
    expect(line('')).toBe(1);
    expect(line('spec.containers[nonsense]')).toBe(8);
  });

  it('leads through aliases and merge keys to where the field was written', () => {
    const text = `apiVersion: v1
kind: Pod
x: &safe
  privileged: true
y: &more
  <<: *safe
  runAsUser: 0
spec:
  containers:
    - name: a
      securityContext: *more
    - name: b
      securityContext:
        <<: *safe
        privileged: false
`;
    const [manifest] = readManifests(text, 'f.yaml').manifests;
    expect(manifest?.locate('spec.containers[0].securityContext.privileged').line).toBe(4);
    expect(manifest?.locate('spec.containers[0].securityContext.runAsUser').line).toBe(7);
    expect(manifest?.locate('spec.containers[1].securityContext.privileged').line).toBe(15);
  });

  it('leads to every field of every document, however it is written', () => {
    const name = fc.oneof(
      fc
        .stringMatching(/^[a-z][a-zA-Z0-9]{0,6}$/)
        .filter((text) => !['y', 'n', 'on', 'no', 'off', 'yes', 'null', 'true', 'false'].includes(text)),
      fc.constantFrom('a/b', 'a.b', 'with space', '[0]', '"', '\\', 'yes', '1', '', '__proto__', '<<'),
    );
    const { tree } = fc.letrec<{ tree: unknown; leaf: unknown }>((tie) => ({
      leaf: fc.oneof(fc.boolean(), fc.integer(), fc.string(), fc.constant(null)),
      tree: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        tie('leaf'),
        fc.array(tie('tree'), { minLength: 1, maxLength: 4 }),
        fc
          .uniqueArray(fc.tuple(name, tie('tree')), { minLength: 1, maxLength: 4, selector: ([key]) => key })
          .map((fields) => new Map(fields)),
      ),
    }));
    const document = fc
      .uniqueArray(fc.tuple(name, tree), { minLength: 1, maxLength: 4, selector: ([key]) => key })
      .map((fields) => new Map(fields));
    fc.assert(
      fc.property(
        fc.array(document, { minLength: 1, maxLength: 3 }),
        fc.infiniteStream(fc.constantFrom('', '', '\n', '# c\n', '  # c\n')),
        (documents, noise) => {
          const written = documents.map((value) => new Writer(noise).write(value));
          const text = written.map(({ text }) => text).join('---\n');
          const { trees, errors, positionOf } = readDocuments(text, 'f.yaml');
          expect(errors).toEqual([]);
          let before = 0;
          for (const [index, { text, places }] of written.entries()) {
            for (const [path, line] of places) {
              const offset = trees[index]?.locate(stepsOf(path)) ?? 0;
              expect([path, positionOf(offset).line]).toEqual([path, line + before]);
            }
            before += text.split('\n').length;
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** Writes block YAML with comments and blank lines in between, and notes the line of every path. */
class Writer {
  readonly places = new Map<string, number>();
  readonly #noise: IterableIterator<string>;
  #text = '';

  constructor(noise: IterableIterator<string>) {
    this.#noise = noise;
  }

  write(value: Map<string, unknown>): { text: string; places: ReadonlyMap<string, number> } {
    this.#block(value, '', '');
    return { text: this.#text, places: this.places };
  }

  #block(value: unknown, path: string, indent: string): void {
    const entries: (readonly [string, string, unknown])[] =
      value instanceof Map
        ? [...value].map(([key, item]) => [join(path, key), `${keyText(key)}:`, item])
        : (value as unknown[]).map((item, index) => [`${path}[${index}]`, '-', item]);
    for (const [at, head, item] of entries) {
      this.#text += this.#noise.next().value ?? '';
      // A field stands at its key, an element at its first character, which may be further down.
      if (head !== '-' || !isBlock(item)) this.places.set(at, this.#text.split('\n').length);
      if (!isBlock(item)) {
        this.#text += `${indent}${head} ${JSON.stringify(item)}\n`;
        continue;
      }
      this.#text += `${indent}${head}\n`;
      this.#block(item, at, `${indent}  `);
    }
  }
}

function isBlock(value: unknown): boolean {
  return value instanceof Map || Array.isArray(value);
}

function keyText(key: string): string {
  return /^[a-z][a-zA-Z0-9/.]*$/.test(key) && key !== 'yes' ? key : JSON.stringify(key);
}

function join(path: string, key: string): string {
  if (!/^[a-zA-Z0-9]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}
