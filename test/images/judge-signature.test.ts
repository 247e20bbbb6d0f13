import { describe, expect, it } from 'vitest';
import type { ImageEvidence } from '../../src/images/evidence.ts';
import { judgeSignature } from '../../src/images/judge-signature.ts';
import type { SignatureDemand } from '../../src/images/settings.ts';
import { evidence, IMAGE, referenceOf, signature } from './evidence-objects.ts';

const ANY: SignatureDemand = { authorities: ['qdrant', 'team'], require: 'any', annotations: {} };
const ALL: SignatureDemand = { ...ANY, require: 'all' };
const AS_PRODUCTION: SignatureDemand = { ...ANY, annotations: { stage: 'production' } };

function judged(shown: Partial<ImageEvidence>, demand = ANY, image = IMAGE) {
  return judgeSignature(evidence(shown), demand, referenceOf(image));
}

describe('a signature', () => {
  it('of one authority is enough where any is, and not where all are asked for', () => {
    const one = { signatures: [signature('team')] };
    expect(judged(one)).toBeUndefined();
    expect(judged(one, ALL)?.required).toContain('signed by qdrant: it has no such signature');
    expect(judged({ signatures: [signature('team'), signature('qdrant')] }, ALL)).toBeUndefined();
  });

  it('of another authority counts for nothing', () => {
    expect(judged({ signatures: [signature('qdrant-evil')] })?.required).toContain('signed by qdrant or team');
  });

  it('has to carry the annotations, in one signature', () => {
    expect(
      judged({ signatures: [signature('team', { stage: 'production', by: 'ci' })] }, AS_PRODUCTION),
    ).toBeUndefined();
    const two = { ...AS_PRODUCTION, annotations: { stage: 'production', by: 'ci' } };
    const apart = { signatures: [signature('team', { stage: 'production' }), signature('team', { by: 'ci' })] };
    expect(judged(apart, two)?.required).toContain('with the annotations stage=production, by=ci');
    expect(judged({ signatures: [signature('team')] }, { ...ANY, annotations: { toString: 'x' } })).toBeDefined();
  });

  it('that is not there cannot be told where a part of the evidence is missing', () => {
    expect(judged({ incomplete: 'the referrers could not be read' })).toEqual({
      required: 'try again',
      unknown: 'the referrers could not be read',
    });
    expect(judged({ incomplete: 'the referrers could not be read', signatures: [signature('team')] })).toBeUndefined();
  });
});

describe('the message', () => {
  it('names the digest that a tag stands for', () => {
    expect(judged({}, ANY, 'registry.example.com/team/loader:v1')?.required).toMatch(/sha256:9{64}, which the tag/);
  });

  it('says of what is no index that the index may be what is signed', () => {
    expect(judged({ platforms: [] })?.required).toContain('pin the digest of that index');
    expect(judged({})?.required).not.toContain('index');
  });

  it('says what was found and why it does not count, at most three, safe to print', () => {
    const rejections = ['one', 'two', 'three', 'four'].map((found) => ({
      found,
      reason: `bad\u001b${'x'.repeat(999)}`,
    }));
    const { required = '' } = judged({ rejections }) ?? {};
    expect(required).toContain('found, but it does not verify: one (bad\\u{1b}xxx');
    expect(required).toContain('three (bad');
    expect(required).toContain('and 1 more');
    expect(required).not.toContain('four');
    expect(required.length).toBeLessThan(700);
  });
});
