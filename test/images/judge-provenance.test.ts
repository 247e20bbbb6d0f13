import { expect, it } from 'vitest';
import type { Provenance } from '../../src/images/evidence.ts';
import { judgeProvenance } from '../../src/images/judge-provenance.ts';
import { attestation, evidence } from './evidence-objects.ts';

const DEMAND = {
  authorities: ['team'],
  builders: ['https://ci.example.com/builder'],
  sources: ['https://git.example.com/loader'],
};
const GOOD: Provenance = {
  kind: 'provenance',
  builder: 'https://ci.example.com/builder',
  source: 'https://git.example.com/loader',
};

it.each([
  ['the builder and the source that are named', 'team', GOOD, true],
  ['another signer', 'qdrant', GOOD, false],
  ['a builder that begins like it', 'team', { ...GOOD, builder: `${GOOD.builder}2` }, false],
  ['a source that begins like it', 'team', { ...GOOD, source: `${GOOD.source}2` }, false],
  ['no source', 'team', { kind: 'provenance', builder: GOOD.builder }, false],
  ['another statement', 'team', { kind: 'other' }, false],
] as const)('provenance counts with the builder and source of a policy: %s', (_, by, content, counts) => {
  const shown = evidence({ attestations: [attestation(by, content)] });
  expect(judgeProvenance(shown, DEMAND) === undefined).toBe(counts);
});

it('any source will do where none is named', () => {
  const shown = evidence({ attestations: [attestation('team', { kind: 'provenance', builder: GOOD.builder })] });
  expect(judgeProvenance(shown, { ...DEMAND, sources: [] })).toBeUndefined();
});

it('what is not there cannot be told where a part of the evidence is missing', () => {
  expect(judgeProvenance(evidence({ incomplete: 'x' }), DEMAND)).toMatchObject({ unknown: 'x' });
});
