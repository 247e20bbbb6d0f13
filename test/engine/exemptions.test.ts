import { describe, expect, it } from 'vitest';
import { answer } from '../../src/engine/answer.ts';
import { type Exemption, exemptionFor } from '../../src/engine/exemptions.ts';
import type { Verdict } from '../../src/engine/review.ts';
import { makeSubject } from '../../src/engine/subject.ts';
import { judge } from '../../src/judge.ts';
import { container, pod, RESTRICTED } from '../support/pods.ts';
import { policyWith } from '../support/policies.ts';
import { NO_WORLD } from '../support/worlds.ts';

const BEFORE = new Date('2026-11-29T23:59:59.999Z');
const EXPIRY = new Date('2026-11-30T00:00:00Z');

const CAPTURE = {
  rule: 'host-namespaces',
  namespace: 'qdrant',
  path: 'spec.hostNetwork',
  value: true,
  reason: 'packet capture, ticket 1234',
  responsible: 'ada@example.com',
  expires: '2026-11-30T00:00:00Z',
};

async function judged(object: object, exemptions: readonly object[], now = BEFORE) {
  const subject = makeSubject({ object: object as ReturnType<typeof pod>, now });
  const { verdicts } = await judge(subject, policyWith({}, exemptions), NO_WORLD, new AbortController().signal);
  return { verdicts: verdicts.filter(({ outcome }) => outcome !== 'pass'), said: answer(subject, verdicts, 'enforce') };
}

const outcomes = (verdicts: readonly Verdict[]) => verdicts.map(({ rule, outcome }) => `${rule.id} ${outcome}`);

describe('an exemption', () => {
  it('lets exactly what it names in, and says so in the audit annotation', async () => {
    const { verdicts, said } = await judged(pod({ hostNetwork: true }), [CAPTURE]);
    expect(outcomes(verdicts)).toEqual(['host-namespaces exempt']);
    expect(said).toMatchObject({ allowed: true, warnings: [] });
    expect(said.auditAnnotations).toEqual({
      'host-namespaces':
        'exempt (enforce); exempt spec.hostNetwork until 2026-11-30T00:00:00.000Z: packet capture, ticket 1234 (ada@example.com)',
    });
  });

  it('holds until the moment at which it expires, and not at that moment', async () => {
    expect((await judged(pod({ hostNetwork: true }), [CAPTURE], BEFORE)).said.allowed).toBe(true);
    expect((await judged(pod({ hostNetwork: true }), [CAPTURE], EXPIRY)).said.allowed).toBe(false);
  });

  it.each([
    ['another rule', { rule: 'host-ports' }],
    ['another value', { value: 'true' }],
    ['no value', { value: undefined }],
    ['another path', { path: 'spec.hostPID' }],
    ['the beginning of the path', { path: 'spec.host' }],
    ['a pattern', { path: 'spec.*' }],
  ])('that names %s does not count', async (_, change) => {
    const { verdicts } = await judged(pod({ hostNetwork: true }), [{ ...CAPTURE, ...change }]);
    expect(outcomes(verdicts)).toEqual(['host-namespaces fail']);
  });

  it('covers one finding of several, and the others still refuse', async () => {
    const { verdicts, said } = await judged(pod({ hostNetwork: true, hostPID: true }), [CAPTURE]);
    expect(verdicts).toMatchObject([
      { outcome: 'fail', findings: [{ path: 'spec.hostPID' }], exempted: [{ finding: { path: 'spec.hostNetwork' } }] },
    ]);
    expect(said.message).toContain('spec.hostPID is true');
    expect(said.message).not.toContain('spec.hostNetwork');
    expect(said.auditAnnotations['host-namespaces']).toMatch(/^fail \(enforce\); spec\.hostPID .*; exempt spec\.host/);
  });

  it('without a value is for a field that is not set, and for no value of it', async () => {
    const unset = {
      ...CAPTURE,
      rule: 'allow-privilege-escalation',
      path: 'spec.containers[0].securityContext.allowPrivilegeEscalation',
      value: undefined,
    };
    const loader = (value: unknown) =>
      pod({
        containers: [container('loader', { securityContext: { ...RESTRICTED, allowPrivilegeEscalation: value } })],
      });
    expect((await judged(loader(undefined), [unset])).said.allowed).toBe(true);
    expect((await judged(loader(null), [unset])).said.allowed).toBe(true);
    expect((await judged(loader(true), [unset])).said.allowed).toBe(false);
  });

  it('may name a value that is an object, by all of its fields', async () => {
    const volume = (hostPath: object) => pod({ volumes: [{ name: 'tmp', hostPath }] });
    const exemption = {
      ...CAPTURE,
      rule: 'restricted-volumes',
      path: 'spec.volumes[0].hostPath',
      value: { path: '/var/lib/x', type: 'Directory' },
    };
    expect((await judged(volume({ type: 'Directory', path: '/var/lib/x' }), [exemption])).said.allowed).toBe(true);
    expect((await judged(volume({ path: '/var/lib/x' }), [exemption])).said.allowed).toBe(false);
    expect((await judged(volume({ type: 'Directory', path: '/' }), [exemption])).said.allowed).toBe(false);
  });

  it('is never given by what a pod says of itself', async () => {
    const claims = { annotations: { 'qdrant-admission/exempt': 'host-namespaces' }, labels: { exempt: 'true' } };
    expect((await judged(pod({ hostNetwork: true }, claims), [])).said.allowed).toBe(false);
  });

  it('belongs to one namespace', () => {
    const exemption: Exemption = { ...CAPTURE, expires: EXPIRY };
    const finding = { path: 'spec.hostNetwork', value: true, required: 'set it to false' };
    const rule = { id: 'host-namespaces', check: () => [finding] };
    const found = (namespace: string) => {
      const subject = makeSubject({ object: pod({ hostNetwork: true }), namespace, now: BEFORE });
      return exemptionFor([exemption], rule, subject, finding, undefined).exempt;
    };
    expect(found('qdrant')).toBe(exemption);
    expect(found('qdrant-2')).toBeUndefined();
    expect(found('')).toBeUndefined();
  });
});
