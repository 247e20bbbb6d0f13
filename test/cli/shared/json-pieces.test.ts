import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonPieces } from '../../../src/cli/shared/json-pieces.ts';

it('is together what JSON.stringify writes, and a line break', () => {
  const value = fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.constant(undefined), fc.array(fc.jsonValue())));
  fc.assert(
    fc.property(value, (each) => {
      expect([...jsonPieces(each)].join('')).toBe(`${JSON.stringify(each, null, 2)}\n`);
    }),
  );
});

it('gives each element of a list a piece of its own', () => {
  const pieces = [...jsonPieces({ objects: [{ a: 1 }, { a: 2 }, { a: 3 }] })];
  expect(Math.max(...pieces.map((piece) => piece.match(/"a"/g)?.length ?? 0))).toBe(1);
});
