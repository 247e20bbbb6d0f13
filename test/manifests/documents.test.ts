import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeError, readDocuments } from '../../src/manifests/documents.ts';

function values(text: string): unknown[] {
  const { trees, errors } = readDocuments(text, 'f.yaml');
  expect(errors).toEqual([]);
  return trees.map(({ value }) => value);
}

function problems(text: string): string[] {
  return readDocuments(text, 'f.yaml').errors.map(describeError);
}

describe('documents', () => {
  it('are separated by ---, and those without content are skipped', () => {
    expect(values('# Source: a.yaml\n---\n# Source: b.yaml\na: 1\n--- # c\n\n---\nb: 2\n...\n---\n')).toEqual([
      { a: 1 },
      { b: 2 },
    ]);
    expect(values('')).toEqual([]);
    expect(values('# nothing\n')).toEqual([]);
  });

  it('go on after ..., although kubectl silently stops there', () => {
    expect(values('a: 1\n...\nprivileged: true\n')).toEqual([{ a: 1 }, { privileged: true }]);
  });

  it('may have CRLF line endings', () => {
    expect(values('a: 1\r\n---\r\nb:\r\n  - x\r\n')).toEqual([{ a: 1 }, { b: ['x'] }]);
  });

  it('are read even if others cannot be, and the errors say where those are', () => {
    const { trees, errors } = readDocuments('a: 1\n---\nb: [\n---\nc: "x\n---\n d: 1\ne: 2\n---\nf: 3\n', 'f.yaml');
    expect(trees.map(({ value }) => value)).toEqual([{ a: 1 }, { f: 3 }]);
    expect(errors.map(({ line }) => line)).toEqual([4, 6, 8]);
  });

  it('must not have directives', () => {
    expect(problems('%YAML 1.2\n---\na: 1\n')).toEqual([
      'f.yaml:1:1: a directive (%) is not read by kubectl: expected none',
    ]);
  });
});

describe('JSON', () => {
  it('is read, even if several objects follow one another', () => {
    expect(values('{\n\t"a": 1,\r\n\t"b": [true, null, "yes", 1e3, "\\u00e9\\/"]\n}\n')).toEqual([
      { a: 1, b: [true, null, 'yes', 1000, 'é/'] },
    ]);
    expect(values('{"a": "}"}{"b": "\\"{"}\n\n {"c": {}} ')).toEqual([{ a: '}' }, { b: '"{' }, { c: {} }]);
  });

  it('may have characters in its strings that YAML does not allow', () => {
    const object = { 'a: b': '# x', '? ': '\u2028\u007f\ufeff', '---': '\n---\n', ['k'.repeat(2000)]: '*a', '<<': {} };
    expect(values(JSON.stringify(object))).toEqual([object]);
  });

  it('has a position for every field', () => {
    const { trees, positionOf } = readDocuments('{"a": 1}\n{\n  "b": [\n    {"c": 2}\n  ]\n}', 'f.json');
    expect(trees.map((tree) => positionOf(tree.firstField([])))).toEqual([
      { line: 1, column: 2 },
      { line: 3, column: 3 },
    ]);
    expect(trees[1] && positionOf(trees[1].locate(['b', 0, 'c']))).toEqual({ line: 4, column: 6 });
  });

  it('is read exactly as it was written, whatever its values and white space', () => {
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' })), {
          minLength: 1,
        }),
        fc.constantFrom('', ' ', '\t', '\n', '    '),
        fc.constantFrom('', '\n', '\r\n', ' '),
        (objects, indent, between) => {
          // The API does not tell zero from negative zero.
          const texts = objects.map((object) => JSON.stringify(object, null, indent));
          const read = values(texts.join(between)).map((value) => JSON.stringify(value, null, indent));
          expect(read).toEqual(texts);
        },
      ),
    );
  });
});

describe('merge keys', () => {
  it('override the fields above them, as for kubectl', () => {
    expect(values('privileged: false\n<<: {privileged: true}\n')).toEqual([{ privileged: true }]);
    expect(values('<<: {privileged: true}\nprivileged: false\n')).toEqual([{ privileged: false }]);
  });

  it('take mappings, aliases, and lists of these, of which the first one wins', () => {
    expect(values('x: &x {a: 1}\nz: {<<: *x, b: 2}\n')).toEqual([{ x: { a: 1 }, z: { a: 1, b: 2 } }]);
    expect(values('<<: [{a: 1}, {a: 2, b: 3}]\n')).toEqual([{ a: 1, b: 3 }]);
    expect(values('x: &x {a: 1}\nz: {!!merge <<: [*x]}\n')).toEqual([{ x: { a: 1 }, z: { a: 1 } }]);
  });

  it('are ordinary keys if they are quoted', () => {
    expect(values('"<<": {a: 1}\n')).toEqual([{ '<<': { a: 1 } }]);
  });

  it('merge nothing but mappings', () => {
    expect(problems('a: 1\n<<: [x]\n')).toEqual([
      'f.yaml:2:6: << merges something other than a mapping: expected a mapping, or a list of mappings',
    ]);
  });
});

describe('aliases', () => {
  it('stand for the last anchor of their name above them', () => {
    expect(values('x: &a {k: &b 1}\nz: &b 2\nw: *a\nv: *b\n')).toEqual([{ x: { k: 1 }, z: 2, w: { k: 1 }, v: 2 }]);
  });

  it('are errors if they are not defined, or contain themselves', () => {
    expect(problems('a: *b\n')).toEqual(['f.yaml:1:4: *b is not defined above: expected &b']);
    expect(problems('a: &a [*a]\n')).toEqual(['f.yaml:1:8: *a contains itself']);
    expect(problems('a: &a {<<: *a}\n')).toEqual(['f.yaml:1:12: *a contains itself']);
  });

  it('cannot refer to another document', () => {
    expect(problems('a: &a 1\n---\nb: *a\n')).toEqual(['f.yaml:3:4: *a is not defined above: expected &a']);
  });

  it.each([
    ['values', '*'],
    ['merges', '<<: *'],
  ])('cannot expand a document without limit (%s)', (_what, use) => {
    const levels = Array.from({ length: 12 }, (_, level) => {
      const item = level === 0 ? '{k: v}' : use === '*' ? `*l${level - 1}` : `{<<: *l${level - 1}}`;
      return `l${level}: &l${level} [${Array.from({ length: 9 }, () => item).join(', ')}]\n`;
    });
    const merged = Array.from({ length: 24 }, (_, level) =>
      level === 0 ? 'l0: &l0 {k: v}\n' : `l${level}: &l${level} {<<: [*l${level - 1}, *l${level - 1}]}\n`,
    );
    const [problem] = problems((use === '*' ? levels : merged).join(''));
    expect(problem).toMatch(/^f\.yaml:\d+:\d+: aliases make this document too large$/);
  });
});

describe('keys', () => {
  it('must not be repeated', () => {
    expect(problems('a:\n  privileged: false\n  b: 1\n  privileged: true\n')).toEqual([
      'f.yaml:4:3: "privileged" is a duplicate key: expected each key once',
    ]);
    expect(problems('{\n "a": 1,\n "b": 2,\n "a": 3\n}')).toEqual([
      'f.yaml:4:2: "a" is a duplicate key: expected each key once',
    ]);
    expect(problems('1: a\n"1": b\n')).toHaveLength(1);
    expect(problems('yes: a\non: b\n')).toHaveLength(1);
  });

  it('are read as text, as in the API', () => {
    expect(values('yes: 1\n010: 2\n')).toEqual([{ true: 1, 8: 2 }]);
    expect(problems('? [a]\n: b\n')).toEqual(['f.yaml:1:3: a key is a mapping or a list: expected text']);
    expect(problems('~: b\n')).toHaveLength(1);
  });

  it('may be __proto__, which is a field like any other', () => {
    const [value] = values('__proto__: {privileged: true}\nconstructor: 1\n') as [object];
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.hasOwn(value, '__proto__')).toBe(true);
    expect(JSON.stringify(value)).toBe('{"__proto__":{"privileged":true},"constructor":1}');
  });
});

describe('what kubectl reads differently', () => {
  it.each([
    ['a line separator', '# harmless\u2028privileged: true\n', 'U+2028'],
    ['a paragraph separator', '# harmless\u2029privileged: true\n', 'U+2029'],
    ['a next line', '# harmless\u0085privileged: true\n', 'U+0085'],
    ['a carriage return alone', '# harmless\rprivileged: true\n', 'U+000D'],
    ['a byte order mark within', 'a: 1\n\ufeffprivileged: true\n', 'U+FEFF'],
    ['a NUL', 'a: "\0"\n', 'U+0000'],
    ['an escape for the terminal', 'a: \u001b[2J\n', 'U+001B'],
  ])('%s is refused', (_what, text, code) => {
    expect(problems(text)).toEqual([expect.stringContaining(`the character ${code} is not allowed here`)]);
  });

  it.each([
    ['a key mark in braces', 'a: {?privileged: true}'],
    ['a tag that takes a comma along', 'a: [!x, SYS_ADMIN]'],
    ['a key that takes its colon along', 'a: {b:, c: 1}'],
    ['an anchor that ends earlier', 'a: &b?c'],
    ['a tag before nothing', 'a: [!!str , b]'],
  ])('%s is refused', (_what, text) => {
    expect(problems(text)).toHaveLength(1);
  });
});

describe('attacks', () => {
  it.each([
    ['lists', '['.repeat(100_000)],
    ['mappings', '{a: '.repeat(100_000)],
    ['block lists', '- '.repeat(100_000)],
    ['lists that are closed', `${'['.repeat(5000)}${']'.repeat(5000)}`],
    ['JSON', `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`],
  ])('that nest %s too deep are an error', (_what, text) => {
    expect(problems(text)).toEqual([expect.stringMatching(/^f\.yaml:1:\d+: nested deeper than 256 levels$/)]);
  });

  it('do not include 256 levels, which are read', () => {
    expect(values(`a: ${'['.repeat(255)}${']'.repeat(255)}\n`)).toHaveLength(1);
  });

  it('do not include a hundred thousand keys, which are read', () => {
    const text = Array.from({ length: 100_000 }, (_, index) => `k${index}: v\n`).join('');
    expect(values(text)).toHaveLength(1);
  });

  it('of any kind never make the parser throw, or report a position outside the text', () => {
    const token = fc.constantFrom(
      ...[
        'a',
        'b',
        ': ',
        ':',
        '- ',
        '\n',
        '\n  ',
        '#',
        "'",
        '"',
        '[',
        ']',
        '{',
        '}',
        ',',
        '? ',
        '&a ',
        '*a',
        '|\n',
        '>',
        '!!str ',
        '! ',
      ],
      ...[
        '<<: ',
        '\n---\n',
        '\n...\n',
        '\t',
        'yes',
        '0x1',
        '%',
        '@',
        '\\',
        '\r\n',
        '-',
        '~',
        '\u2028',
        '\ufeff',
        '\r',
        '\0',
        '😀',
        '__proto__',
      ],
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 30 }), (tokens) => {
        const text = tokens.join('');
        const lines = text.split('\n').length;
        const { errors, trees, positionOf } = readDocuments(text, 'f.yaml');
        for (const { line } of errors) expect(line).toBeLessThanOrEqual(lines);
        for (const tree of trees) expect(positionOf(tree.locate(['a', 0, 'b'])).line).toBeLessThanOrEqual(lines);
      }),
      { numRuns: 2000 },
    );
  });
});
