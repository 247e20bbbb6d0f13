import { describe, expect, it } from 'vitest';
import { askHandler } from '../support/ask-handler.ts';
import { fixtureFiles, readFixture } from '../support/fixtures.ts';

/** What the webhook answers to the fixtures that bring registries: 403 for what is wrong, 503 for what nobody can tell. */
const CODES = { allow: undefined, deny: 403, unknown: 503 } as const;
const cases = fixtureFiles()
  .map((file) => ({ ...file, fixture: readFixture(file) }))
  .filter(({ fixture }) => fixture.policy.settings.images.verification === 'on');

describe('a pod whose images are verified', () => {
  it('is in fixtures of every outcome', () => {
    expect(new Set(cases.map(({ prefix }) => prefix))).toEqual(new Set(Object.keys(CODES)));
  });

  it.each(cases)('$path', async ({ rule, prefix, fixture: { subject, config = {}, ports } }) => {
    const said = await askHandler(subject, config, ports);
    // A workload is let in with warnings: its pods are what is refused.
    const advised = subject.pod?.base !== '';
    expect(said.code, said.message).toBe(advised ? undefined : CODES[prefix]);
    expect(said.allowed, said.message).toBe(advised || prefix === 'allow');
    if (prefix !== 'allow') expect(said.message).toContain(rule);
  });
});
