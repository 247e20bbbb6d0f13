import { describe, expect, it } from 'vitest';
import { answer, errorAnswer } from '../../src/engine/answer.ts';
import type { Enforcement } from '../../src/engine/policy.ts';
import { makeSubject, type Subject } from '../../src/engine/subject.ts';
import { cut, describeFinding, printable } from '../../src/engine/wording.ts';
import { judge } from '../../src/judge.ts';
import type { KubernetesObject } from '../../src/k8s/object.ts';
import { container, deployment, pod, RESTRICTED } from '../support/pods.ts';
import { policyWith } from '../support/policies.ts';
import { NO_WORLD } from '../support/worlds.ts';

interface Circumstances {
  readonly settings?: object;
  readonly enforcement?: Enforcement;
  readonly uid?: string;
}

async function said(object: KubernetesObject, { settings, enforcement = 'enforce', uid = '' }: Circumstances = {}) {
  const subject: Subject = makeSubject({ object, uid, now: new Date('2026-11-01T00:00:00Z') });
  const { verdicts } = await judge(subject, policyWith(settings), NO_WORLD, new AbortController().signal);
  return answer(subject, verdicts, enforcement);
}

const lines = (message: string | undefined) => (message ?? '').split('\n');
const mode = (name: string) => ({ rules: { 'host-namespaces': { mode: name } } });
const privileged = { securityContext: { ...RESTRICTED, privileged: true } };

describe('a denial', () => {
  it('tells what and how many, then where, what is there and what to write, in the order of the rules', async () => {
    const broken = pod({
      hostPID: true,
      hostNetwork: true,
      containers: [container('qdrant', { ports: [{ hostPort: 6333 }] }), container('shell', privileged)],
    });
    const { allowed, code, message } = await said(broken, { uid: '3f2c' });
    expect({ allowed, code }).toEqual({ allowed: false, code: 403 });
    expect(lines(message)).toEqual([
      'Pod qdrant/qdrant-0 breaks 3 rules',
      '  host-namespaces  spec.hostNetwork is true: set it to false, or leave it out',
      '  host-namespaces  spec.hostPID is true: set it to false, or leave it out',
      '  host-ports       spec.containers[0] "qdrant" .ports[0].hostPort is 6333: leave it out; use a Service',
      '  privileged       spec.containers[1] "shell" .securityContext.privileged is true: set it to false, or leave it out',
      'why: qdrant-admission explain host-namespaces · request 3f2c',
    ]);
  });

  it('names the controller that made the pod, if one says so', async () => {
    const owned = pod(
      { hostIPC: true },
      {
        ownerReferences: [
          { kind: 'Other', name: 'x' },
          { kind: 'ReplicaSet', name: 'loader-6d9', controller: true },
        ],
      },
    );
    expect(lines((await said(owned)).message).at(-1)).toBe(
      'owner ReplicaSet/loader-6d9 · why: qdrant-admission explain host-namespaces',
    );
  });

  it('names a pod that has only the beginning of a name', async () => {
    const { message } = await said(pod({ hostIPC: true }, { name: undefined, generateName: 'loader-' }));
    expect(lines(message)[0]).toBe('Pod qdrant/loader-* breaks 1 rule');
  });

  it('writes the paths of a template from the root of the object', async () => {
    const { message } = await said(deployment({ hostIPC: true }));
    expect(lines(message).slice(0, 2)).toEqual([
      'Deployment qdrant/loader breaks 1 rule',
      '  host-namespaces  spec.template.spec.hostIPC is true: set it to false, or leave it out',
    ]);
  });

  it('is only a warning for a template at admission, unless the configuration says otherwise', async () => {
    const broken = deployment({ hostIPC: true });
    const advice = await said(broken, { uid: '3f2c' });
    expect(advice).toMatchObject({
      allowed: true,
      warnings: [expect.stringMatching(/^host-namespaces: spec\.template/)],
    });
    expect(await said(broken, { uid: '3f2c', settings: { templates: 'deny' } })).toMatchObject({ code: 403 });
    expect(await said(pod({ hostIPC: true }), { uid: '3f2c' })).toMatchObject({ code: 403 });
  });

  it('is cut where it would be too long, and says by how much', async () => {
    const many = pod({ containers: Array.from({ length: 40 }, (_, i) => container(`shell-${i}`, privileged)) });
    const all = lines((await said(many)).message);
    expect(all.length).toBe(27);
    expect(all[24]).toContain('"shell-23"');
    expect(all[25]).toBe('  … and 16 more');
    expect(all[26]).toBe('why: qdrant-admission explain privileged');
  });
});

describe('text that a tenant wrote', () => {
  const NASTY = 'a\u001b[31m\n\u202eb\u200bc\u2028\u0007';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not come through
  const HARMFUL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/;

  it.each([
    ['the name of the object', pod({ hostIPC: true }, { name: NASTY })],
    ['its namespace', pod({ hostIPC: true }, { namespace: NASTY })],
    ['the name of its owner', pod({ hostIPC: true }, { ownerReferences: [{ controller: true, name: NASTY }] })],
    ['the name of a container', pod({ containers: [container(NASTY, privileged)] })],
    ['the name of a volume', pod({ volumes: [{ name: NASTY, hostPath: { path: '/' } }] })],
    ['the type of a volume', pod({ volumes: [{ name: 'data', [NASTY]: {} }] })],
    ['a value', pod({ securityContext: { runAsNonRoot: true, seccompProfile: { type: NASTY } } })],
    [
      'the key of an annotation',
      pod({}, { annotations: { [`container.apparmor.security.beta.kubernetes.io/${NASTY}`]: 'unconfined' } }),
    ],
    [
      'the value of an annotation',
      pod({}, { annotations: { 'container.apparmor.security.beta.kubernetes.io/qdrant': NASTY } }),
    ],
  ])('comes out as escapes: %s', async (_, object) => {
    const { allowed, message, auditAnnotations } = await said(object);
    expect(allowed).toBe(false);
    expect(message).not.toMatch(HARMFUL);
    expect(lines(message).length).toBe(3);
    expect(JSON.stringify(message)).toContain('u{202e}');
    for (const text of Object.values(auditAnnotations)) expect(text).not.toMatch(HARMFUL);
    const warned = await said(object, { settings: { rules: allIn('warn') } });
    expect(warned.warnings.length).toBe(1);
    for (const warning of warned.warnings) expect(warning).not.toMatch(HARMFUL);
  });

  it('comes out as escapes inside an object', async () => {
    const object = pod({ volumes: [{ name: 'data', hostPath: { path: NASTY } }] });
    const { message } = await said(object, { settings: { podSecurityLevel: 'baseline' } });
    expect(message).toMatch(/host-path-volumes +spec\.volumes\[0\] "data" \.hostPath is \{"path":"a/);
    expect(message).not.toMatch(HARMFUL);
  });

  it('comes out as escapes where the request cannot be judged', () => {
    expect(errorAnswer(400, `request.kind is ${NASTY}`)).toMatchObject({
      allowed: false,
      code: 400,
      message: 'request.kind is a\\u{1b}[31m\\u{a}\\u{202e}b\\u{200b}c\\u{2028}\\u{7}',
    });
  });

  it('is printed as it is where it is harmless', () => {
    expect(printable('Ünï/cødé:日本語 🦀 "quoted" \\n')).toBe('Ünï/cødé:日本語 🦀 "quoted" \\n');
    expect(printable('half of a pair: \ud83e')).toBe('half of a pair: \\u{d83e}');
  });

  it('is cut where it is long', async () => {
    const profile = { type: 'x'.repeat(10_000) };
    const { message } = await said(pod({ securityContext: { runAsNonRoot: true, seccompProfile: profile } }));
    expect(message).toMatch(/ is x{119}…: set it to RuntimeDefault$/m);
    const finding = { path: 'spec.os', value: 'y'.repeat(1000), required: 'set it' };
    expect(describeFinding(finding).length).toBeLessThan(160);
    expect(cut('12345', 5)).toBe('12345');
    expect(cut('123456', 5)).toBe('1234…');
  });
});

describe('modes', () => {
  const broken = pod({ hostIPC: true });

  it('enforce denies', async () => {
    expect(await said(broken, { settings: mode('enforce') })).toMatchObject({
      allowed: false,
      code: 403,
      warnings: [],
    });
  });

  it('warn allows and warns, in lines that the API server will not cut', async () => {
    const { allowed, message, warnings, auditAnnotations } = await said(broken, { settings: mode('warn') });
    expect({ allowed, message }).toEqual({ allowed: true, message: undefined });
    expect(warnings).toEqual(['host-namespaces: spec.hostIPC is true: set it to false, or leave it out']);
    expect(auditAnnotations['host-namespaces']).toBe(
      'fail (warn); spec.hostIPC is true: set it to false, or leave it out',
    );
    const long = pod(
      {},
      { annotations: { [`container.apparmor.security.beta.kubernetes.io/${'x'.repeat(500)}`]: '?' } },
    );
    const cutShort = await said(long, { settings: { rules: { 'app-armor-profile': { mode: 'warn' } } } });
    expect(cutShort.warnings.map(({ length }) => length)).toEqual([256]);
  });

  it('audit allows and is silent but for the annotation', async () => {
    const { allowed, warnings, auditAnnotations } = await said(broken, { settings: mode('audit') });
    expect({ allowed, warnings }).toEqual({ allowed: true, warnings: [] });
    expect(auditAnnotations['host-namespaces']).toMatch(/^fail \(audit\); /);
  });

  it('off does not run', async () => {
    expect(await said(broken, { settings: mode('off') })).toEqual({
      allowed: true,
      warnings: [],
      auditAnnotations: {},
    });
  });

  it('enforcement audit never denies, and records what would have been', async () => {
    const { allowed, code, message, auditAnnotations } = await said(broken, { enforcement: 'audit' });
    expect({ allowed, code, message }).toEqual({ allowed: true, code: undefined, message: undefined });
    expect(auditAnnotations['host-namespaces']).toMatch(/^fail \(enforce\); /);
  });

  it('warnings come with a denial too', async () => {
    const both = pod({ hostIPC: true, containers: [container('shell', privileged)] });
    const { allowed, message, warnings } = await said(both, { settings: mode('warn') });
    expect(allowed).toBe(false);
    expect(message).not.toContain('host-namespaces');
    expect(warnings.length).toBe(1);
  });
});

describe('an answer', () => {
  it('says nothing of what is well', async () => {
    expect(await said(pod())).toEqual({ allowed: true, warnings: [], auditAnnotations: {} });
  });

  it('is its own: nothing of it is shared with another', async () => {
    const [first, second] = [await said(pod()), await said(pod())];
    expect(first.warnings).not.toBe(second.warnings);
    expect(first.auditAnnotations).not.toBe(second.auditAnnotations);
  });

  it('keeps its audit annotations short', async () => {
    const many = pod({ containers: Array.from({ length: 200 }, (_, i) => container(`shell-${i}`, privileged)) });
    const { auditAnnotations } = await said(many);
    expect(auditAnnotations['privileged']?.length).toBe(1024);
  });
});

function allIn(name: string): object {
  return Object.fromEntries(policyWith().rules.map(({ rule }) => [rule.id, { mode: name }]));
}
