import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD_POD, CONFIG, GOOD_POD, review, reviewOf, type Serving, startServing } from '../support/serving.ts';

const { network: _, ...UNACKNOWLEDGED } = CONFIG;
const { images: __, ...UNSTATED } = CONFIG;
const NOTICE = expect.stringContaining('nobody has stated that NetworkPolicies are enforced here');

describe('as long as nobody has stated that NetworkPolicies are enforced', () => {
  let serving: Serving;
  beforeAll(async () => {
    serving = await startServing({ config: UNACKNOWLEDGED });
  });
  afterAll(() => serving.stop());

  it('the admission of a pod carries one warning, and is none the less one', async () => {
    const { allowed, warnings } = await review(serving, reviewOf(GOOD_POD));
    expect({ allowed, warnings }).toEqual({ allowed: true, warnings: [NOTICE] });
    expect(warnings?.[0]?.length).toBeLessThan(256);
  });

  it('a refusal and an UPDATE say nothing of it', async () => {
    const refused = await review(serving, reviewOf(BAD_POD));
    expect(refused).toMatchObject({ allowed: false });
    expect(JSON.stringify(refused)).not.toContain('nobody has stated');
    const updated = await review(serving, reviewOf(GOOD_POD, { operation: 'UPDATE', oldObject: GOOD_POD }));
    expect(updated).toMatchObject({ allowed: true });
    expect(updated.warnings).toBeUndefined();
  });
});

it('the admission of a pod carries none once somebody has', async () => {
  const serving = await startServing();
  try {
    const answer = await review(serving, reviewOf(GOOD_POD));
    expect(answer).toMatchObject({ allowed: true });
    expect(answer.warnings).toBeUndefined();
  } finally {
    await serving.stop();
  }
});

it('the admission of a pod carries another as long as nobody has said whether images are verified', async () => {
  const serving = await startServing({ config: UNSTATED });
  try {
    const { allowed, warnings } = await review(serving, reviewOf(GOOD_POD));
    expect({ allowed, warnings }).toEqual({
      allowed: true,
      warnings: [expect.stringContaining('nothing verifies who signed these images')],
    });
    expect(warnings?.[0]?.length).toBeLessThan(256);
  } finally {
    await serving.stop();
  }
});
