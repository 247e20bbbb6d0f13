import { describe, expect, it } from 'vitest';
import { type Mutant, mutantsOf, mutated } from '../../../scripts/mutants/sites.ts';

const FILE = 'src/a.ts';

/** What becomes of a piece of a program, one mutant a text. */
function broken(text: string): string[] {
  return mutantsOf(FILE, text).map((mutant) => mutated(text, mutant));
}

describe('a piece of a program is broken', () => {
  it.each<[what: string, text: string, expected: readonly string[]]>([
    ['a boundary, and the opposite', 'f = a < b;', [';', 'f = a <= b;', 'f = a >= b;']],
    ['an equality', 'while (a === b) g();', ['while (a !== b) g();', 'while (a === b) ;']],
    ['and, or: the other one, and one side alone', 'x(a && b);', [';', 'x((a || b));', 'x(a);', 'x(b);']],
    ['a default', 'x(a ?? b);', [';', 'x(a);']],
    ['a negation', 'x(!a);', [';', 'x(a);']],
    ['a condition', 'if (a) b = c;', ['if (!(a)) b = c;', 'if (a) ;']],
    ['a guard', 'f(() => { if (a) return; });', [';', 'f(() => { ; });', 'f(() => { if (!(a)) return; });']],
    ['the branches of a choice', 'x(a ? b : c);', [';', 'x(a ? c : b);']],
    ['a boolean', 'const a = true;', ['const a = false;']],
    ['a number', 'const a = 3;', ['const a = 4;', 'const a = 2;']],
    ['a text', "const a = 'b';", ["const a = '';"]],
    ['an empty text', "const a = '';", ["const a = 'mutant';"]],
    ['a template, piece by piece', `a = \`b\${c}d\`;`, [';', `a = \`\${c}d\`;`, `a = \`b\${c}\`;`]],
    ['a pattern', 'const a = /^b$/i;', ['const a = /b$/i;', 'const a = /^b/i;', 'const a = /^b$/;']],
    ['some and every', 'const a = b.some(c);', ['const a = b.every(c);']],
    ['a filter', 'const a = b.filter(c);', ['const a = b;']],
    ['a list that is returned', 'const a = () => [b];', ['const a = () => [];']],
    ['an optional chain', 'const a = b?.c;', ['const a = b.c;']],
    ['a call that is waited for', 'await a();', [';']],
    ['a loop that goes on', 'while (a) { continue; }', ['while (!(a)) { continue; }', 'while (a) { ; }']],
  ])('%s', (_, text, expected) => {
    expect(broken(text).sort()).toEqual([...expected].sort());
  });

  it('rows of a table and words of a list, one at a time', () => {
    expect(broken("const a = ['b', 'c', 'd'];")).toEqual(
      expect.arrayContaining(["const a = ['c', 'd'];", "const a = ['b', 'd'];", "const a = ['b', 'c'];"]),
    );
    expect(broken("const a = [{ b: 'c' }, { b: 'd' }];")).toEqual(
      expect.arrayContaining(["const a = [{ b: 'd' }];", "const a = [{ b: 'c' }];"]),
    );
  });

  it('a case of a switch', () => {
    expect(broken('switch (a) { case b: c(); }')).toContain("switch (a) { case ('mutant' as never): c(); }");
  });
});

describe('what is left as it is', () => {
  it.each([
    ['types', "type A = 'b' | 1; interface C { readonly d: true }"],
    ['casts, but for what they are of', 'const a = b as unknown as C<"d">;'],
    ['imports and exports', "import { a } from 'b'; export * from 'c';"],
    ['names of properties', "const a = { 'b-c': d };"],
    ['comments', '// a < b\n/* true */'],
  ])('%s', (_, text) => {
    expect(broken(text)).toEqual([]);
  });
});

describe('a mutant', () => {
  const mutants = (text: string): Mutant[] => mutantsOf(FILE, text);

  it('says where it is', () => {
    const [mutant] = mutants('const a =\n  b  ===\n  c;');
    expect(mutant).toMatchObject({ file: FILE, line: 2, code: 'b  ===', before: 'b === c', after: 'b !== c' });
  });

  it('counts offsets as the text does, whatever its letters', () => {
    expect(broken("const ä = '🙂' === b;")).toContain("const ä = '🙂' !== b;");
  });

  it('is drawn less often where it changes only words for people', () => {
    const weightOf = (text: string) => mutants(text).find(({ operator }) => operator === 'another text')?.weight ?? 0;
    const word = weightOf("const a = { kind: 'Pod', b };");
    expect(word).toBeGreaterThan(0);
    for (const prose of ["const a = { required: 'set it', b };", "throw new Error('no');", "a.describe('b');"]) {
      expect(weightOf(prose)).toBeGreaterThan(0);
      expect(weightOf(prose)).toBeLessThan(word);
    }
  });

  it('of a file that is no TypeScript is an error that names it', () => {
    expect(() => mutants('const = ;')).toThrow(FILE);
  });
});
