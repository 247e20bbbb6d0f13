import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { applicableRules, review } from '../../src/engine/review.ts';
import { type Fixture, type FixtureFile, fixtureFiles, readFixture } from '../support/fixtures.ts';
import { joinCluster } from './harness/cluster.ts';
import { askApiServer, askWebhook } from './support/ask.ts';
import { configFor, type Protection, protect } from './support/protected.ts';

/** Every fixture is a request to the real API server, and gets the verdict that its name says. */
const cluster = joinCluster(inject('cluster'));
const namespace = 'qdrant';
let protection: Protection;

interface Case extends Fixture {
  readonly file: FixtureFile;
  /** Why the API server cannot show it; then the webhook is asked directly. */
  readonly direct?: string;
}

const cases = fixtureFiles().map((file): Case => {
  const fixture = readFixture(file);
  const direct = fixture.replay ?? (dropsImageVolumes(fixture) ? 'before 1.35 image volumes are off' : undefined);
  return { ...fixture, file, ...(direct !== undefined && { direct }) };
});
/** A field of a feature that is off is dropped before admission, and the volume would name no source. */
function dropsImageVolumes({ subject: { pod } }: Fixture): boolean {
  const minor = Number(cluster.serverVersion.split('.')[1]);
  return minor < 35 && (pod?.spec.volumes ?? []).some((volume) => volume['image'] != null);
}

/** Fixtures that share a configuration share a webhook. */
const byConfig = Map.groupBy(cases, ({ config }) => JSON.stringify(config ?? configFor(namespace)));

beforeAll(async () => {
  protection = await protect(cluster, namespace);
});

afterAll(async () => {
  await protection?.remove();
});

for (const [config, group] of byConfig) {
  describe(`with the configuration ${config}`, () => {
    beforeAll(() => protection.restart(JSON.parse(config)));

    test.each(group.filter(({ direct }) => direct === undefined).map((one) => [one.file.path, one] as const))(
      '%s',
      async (_path, one) => {
        const { allowed, message } = await askApiServer(cluster, one.subject);
        expectVerdict(one, allowed, message);
        if (!allowed) expect(message).toContain('denied the request: ');
      },
    );

    test.each(
      group.filter(({ direct }) => direct !== undefined).map((one) => [one.file.path, one.direct, one] as const),
    )('%s, asked directly: %s', async (_path, reason, one) => {
      if (reason?.includes('refuses')) {
        const { allowed, message } = await askApiServer(cluster, one.subject);
        expect(allowed, message).toBe(false);
        expect(message).not.toContain('denied the request: ');
      }
      const { allowed, message } = await askWebhook(protection.webhook, cluster.webhookHost, one.subject);
      expectVerdict(one, allowed, message);
    });
  });
}

/** The verdict is the one in the fixture's name, and a denial names the rule and the field. */
function expectVerdict({ file, subject, policy }: Case, allowed: boolean, message: string): void {
  // A workload is let in with warnings: its pods are what is refused.
  const isAdvised = subject.pod !== undefined && subject.pod.base !== '';
  expect(allowed, message).toBe(file.prefix === 'allow' || isAdvised);
  if (file.prefix === 'allow') {
    expect(message).not.toContain(`Warning: ${file.rule}: `);
    return;
  }
  if (isAdvised) expect(message).toContain(`Warning: ${file.rule}: `);
  expect(message).toContain(file.rule);
  const verdicts = review(subject, applicableRules(subject, policy), policy, {});
  for (const verdict of verdicts) {
    if (verdict.outcome !== 'fail') continue;
    for (const { path, name } of verdict.findings) {
      // The name of a container stands in the middle of its path.
      for (const part of name === undefined ? [path] : path.split(/(?<=\])\./)) expect(message).toContain(part);
    }
  }
}
