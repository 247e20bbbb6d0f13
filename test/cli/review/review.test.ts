import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { badPod, files, goodPod, review, reviewJson } from '../../support/review-run.ts';

const SERVICE = 'apiVersion: v1\nkind: Service\nmetadata: { name: s }\n';
const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: d
spec:
  template:
    spec:
      hostNetwork: yes
      automountServiceAccountToken: no
      securityContext: { runAsNonRoot: on, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: x
          image: registry.cloud.qdrant.io/qdrant/qdrant:v1.19.0
          resources: { limits: { cpu: 2, memory: 8Gi } }
          securityContext:
            allowPrivilegeEscalation: no
            readOnlyRootFilesystem: yes
            capabilities: { drop: [ALL] }
`;

async function reviewText(text: string, ...args: string[]) {
  const root = await files({ 'f.yaml': text });
  return review([...args, join(root, 'f.yaml')]);
}

describe('the exit code', () => {
  it('is 0 where nothing is refused', async () => {
    expect((await reviewText(`${goodPod('a')}---\n${SERVICE}`)).code).toBe(0);
  });

  it('is 1 where something is', async () => {
    expect((await reviewText(`${goodPod('a')}---\n${badPod('b')}`)).code).toBe(1);
  });

  it('is 3 where input is bad, whatever else there is', async () => {
    expect((await reviewText(`${goodPod('a')}---\n${badPod('b')}---\nkind: Pod\n`)).code).toBe(3);
  });

  it('is 3 where there is nothing to judge: a broken pipe is no consent', async () => {
    const { code, stderr } = await review(['-'], { stdin: '# nothing\n' });
    expect(code).toBe(3);
    expect(stderr).toBe('<stdin>: holds no Kubernetes object: expected at least one\n');
    expect((await review([await files({})])).code).toBe(3);
  });

  it('is 2 where we were told to stop', async () => {
    const { code, stderr } = await review([await files({ 'a.yaml': goodPod('a') })], { signal: AbortSignal.abort() });
    expect(code).toBe(2);
    expect(stderr).toContain('interrupted');
  });
});

describe('usage', () => {
  it.each([
    [['--nope', 'f'], '--nope is not a flag'],
    [['--strickt', 'f'], '--strickt is not a flag: did you mean --strict?'],
    [[], 'FILE|DIR|- is missing: expected manifests: files, directories, or - for standard input'],
    [['f', '--config'], '--config has no value: expected FILE with the policy of the protected namespaces'],
    [['--strict=maybe', 'f'], '--strict is "maybe": expected true, false, or only --strict'],
    [['--profile', 'public', 'f'], '--profile is "public": expected hybrid or private'],
    [['--format', 'xml', 'f'], '--format is "xml": expected text'],
    [['--color', 'blue', 'f'], '--color is "blue": expected auto, always or never'],
    [['-n', '', 'f'], '--namespace is empty: expected NAME of the namespace of objects that name none'],
    [['--namespace=', 'f'], '--namespace is empty: expected NAME of the namespace of objects that name none'],
  ])('%j is answered with 3, the reason and a hint', async (args, reason) => {
    const { code, stdout, stderr } = await review(args);
    expect([code, stdout]).toEqual([3, '']);
    const [said, ...hint] = stderr.split('\n');
    expect(said).toContain(`qdrant-admission review: ${reason}`);
    expect(hint).toEqual([
      'usage: qdrant-admission review [FLAG]... <FILE|DIR|->...',
      'More: qdrant-admission review --help',
      '',
    ]);
  });

  it('is told on request', async () => {
    const { code, stdout, stderr } = await review(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    for (const flag of ['config', 'profile', 'namespace', 'format', 'strict', 'fixtures', 'color', 'quiet']) {
      expect(stdout).toMatch(new RegExp(`^ {2}${flag === 'namespace' ? '-n' : '  '} \\[--${flag}\\] `, 'm'));
    }
  });

  it('of a configuration that is wrong is answered with its problems', async () => {
    const root = await files({
      'config.yaml': 'version: 1\nnamespaces:\n  - names: [qdrant]\n    profil: private\n',
      'f.yaml': goodPod('a'),
    });
    const { code, stdout, stderr } = await review(['--config', join(root, 'config.yaml'), join(root, 'f.yaml')]);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain(`${root}/config.yaml:3: namespaces[0]`);
    expect((await review(['--config', join(root, 'none.yaml'), root])).stderr).toContain('none.yaml: cannot be read');
  });
});

describe('input', () => {
  it('comes from files, directories and standard input at once', async () => {
    const root = await files({
      'a.yaml': goodPod('a'),
      'd/b.json': JSON.stringify({ kind: 'ConfigMap', apiVersion: 'v1' }),
    });
    const { code, json } = await reviewJson([join(root, 'a.yaml'), '-', join(root, 'd')], { stdin: badPod('c') });
    expect(code).toBe(1);
    expect(json.objects.map(({ file, name, outcome }) => [file, name, outcome])).toEqual([
      [join(root, 'a.yaml'), 'a', 'accepted'],
      ['<stdin>', 'c', 'refused'],
    ]);
    expect(json.summary.notJudged).toEqual([{ apiVersion: 'v1', kind: 'ConfigMap', count: 1 }]);
  });

  it('may be what helm template prints', async () => {
    const stdin = `---
# Source: chart/templates/empty.yaml
---
# Source: chart/templates/deployment.yaml
${DEPLOYMENT}
---
# Source: chart/templates/service.yaml
${SERVICE}`;
    const { code, stdout, stderr } = await review(['-n', 'qdrant', '-'], { stdin });
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toContain('refused   Deployment qdrant/d  <stdin>:5\n');
    expect(stdout).toContain('    <stdin>:12  spec.template.spec.hostNetwork is true: set it to false');
    expect(stdout).toContain('2 objects: 1 accepted, 1 refused\n');
  });

  it('that is bad hides none of the rest, and is said with file, line and reason', async () => {
    const root = await files({
      'a.yaml': `${goodPod('a')}---\na: [\n---\n${badPod('b')}`,
      'b.yaml': Buffer.from([0xff, 0x00]),
      'c.yaml': goodPod('c'),
      'd.json': '{"apiVersion": "v1",\n "kind": "Pod", "kind": "Pod"}',
      'e.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: { name: e }\nspec: { containers: {} }\n',
    });
    await symlink('gone', join(root, 'f.yaml'));
    const { code, stdout, stderr } = await review([root, join(root, 'g.yaml')]);
    expect(code).toBe(3);
    expect(stderr.replaceAll(`${root}/`, '').split('\n')).toEqual([
      expect.stringMatching(/^a\.yaml:20:1: /),
      'b.yaml: is not UTF-8 text',
      'd.json:2:17: "kind" is a duplicate key: expected each key once',
      'e.yaml:4:9: spec.containers is an object: expected a list',
      'f.yaml: does not exist',
      'g.yaml: does not exist',
      '',
    ]);
    expect(stdout.match(/^\w+ +Pod qdrant\/\w/gm)).toEqual([
      'accepted  Pod qdrant/a',
      'refused   Pod qdrant/b',
      'accepted  Pod qdrant/c',
    ]);
    expect(stdout).toMatch(/^3 objects: 2 accepted, 1 refused; 6 errors$/m);
  });

  it('may hold no code for the terminal', async () => {
    const { stdout } = await reviewText(
      'apiVersion: v1\nkind: Pod\nmetadata: { name: "\\e[2Ja\\u202e" }\nspec: { containers: [{ name: "\\a" }] }\n',
    );
    expect(stdout).toContain('Pod \\u{1b}[2Ja\\u{202e}');
    expect(stdout).not.toMatch(/[^\n\x20-\x7e]/);
  });

  it('is judged as kubectl reads it', async () => {
    const { stdout } = await reviewText(DEPLOYMENT);
    expect(stdout.match(/^ {2}[a-z][a-z-]+$/gm)).toEqual(['  host-namespaces']);
  });

  it.each([
    'CronJob',
    'DaemonSet',
    'Deployment',
    'Job',
    'Pod',
    'PodTemplate',
    'ReplicaSet',
    'ReplicationController',
    'StatefulSet',
  ])('is judged in the pod template of a %s', async (kind) => {
    const apiVersion =
      { CronJob: 'batch/v1', Job: 'batch/v1', Pod: 'v1', PodTemplate: 'v1', ReplicationController: 'v1' }[kind] ??
      'apps/v1';
    const pod = { spec: { hostPID: true, containers: [{ name: 'x' }] } };
    const object = {
      Pod: pod,
      PodTemplate: { template: pod },
      CronJob: { spec: { jobTemplate: { spec: { template: pod } } } },
    }[kind] ?? { spec: { template: pod } };
    const { json } = await reviewJson(['-'], {
      stdin: JSON.stringify({ apiVersion, kind, metadata: { name: 'a' }, ...object }),
    });
    const found = json.objects[0]?.verdicts.find(({ rule }) => rule === 'host-namespaces')?.findings;
    expect(found?.map(({ path }) => path)).toEqual([expect.stringMatching(/^([a-zA-Z]+\.)*spec\.hostPID$/)]);
  });
});

describe('an AdmissionReview', () => {
  const request = (operation: string, fields: object) =>
    JSON.stringify(
      {
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        request: {
          uid: 'u',
          operation,
          namespace: 'qdrant',
          kind: { group: '', version: 'v1', kind: 'Pod' },
          ...fields,
        },
      },
      null,
      1,
    );
  const pod = (annotations: object, hostNetwork: boolean) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', annotations },
    spec: { hostNetwork, containers: [{ name: 'x' }] },
  });

  it('is judged as the request says, with the lines of its object', async () => {
    const stdin = request('CREATE', { object: pod({}, true) });
    const { code, json } = await reviewJson(['-n', 'ignored', '-'], { stdin });
    expect(code).toBe(1);
    expect(json.objects[0]).toMatchObject({ kind: 'Pod', namespace: 'qdrant', name: 'a', operation: 'CREATE' });
    const [finding] = json.objects[0]?.verdicts.find(({ rule }) => rule === 'host-namespaces')?.findings ?? [];
    expect(finding?.path).toBe('spec.hostNetwork');
    expect(stdin.split('\n')[(finding?.line ?? 0) - 1]).toContain('"hostNetwork": true');
  });

  it('of an UPDATE that changes nothing judged is accepted, whatever ran before', async () => {
    const fields = { object: pod({ a: 'b' }, true), oldObject: pod({}, true) };
    const { code, json } = await reviewJson(['-'], { stdin: request('UPDATE', fields) });
    expect([code, json.objects[0]?.verdicts]).toEqual([0, []]);
  });

  it('that makes no sense is bad input', async () => {
    const stdin = request('CREATE', { object: { ...pod({}, true), kind: 'Service' } });
    const { code, stderr } = await review(['-'], { stdin });
    expect(code).toBe(3);
    expect(stderr).toBe('<stdin>:2:2: request.kind is v1 Pod, but request.object is v1 Service\n');
  });
});

describe('the namespace', () => {
  const CONFIG = `version: 1
namespaces:
  - names: [open]
    profile: private
    rules: { privileged: { mode: off }, allow-privilege-escalation: { mode: off } }
`;

  it('is that of the object, else that of -n, and the configuration of it judges', async () => {
    const root = await files({ 'config.yaml': CONFIG, 'a.yaml': badPod('a', 'open'), 'b.yaml': badPod('b', 'other') });
    const config = ['--config', join(root, 'config.yaml')];
    const judged = await reviewJson([...config, '-n', 'open', root]);
    expect(judged.json.objects.map(({ namespace, outcome, policy }) => [namespace, outcome, policy])).toEqual([
      ['open', 'accepted', 'configuration'],
      ['other', 'refused', 'defaults'],
    ]);
    const nameless = badPod('c').replace('  namespace: qdrant\n', '');
    expect((await review([...config, '-n', 'open', '-'], { stdin: nameless })).code).toBe(0);
    const { code, stdout } = await review([...config, '-'], { stdin: nameless });
    expect(code).toBe(1);
    expect(stdout).toContain(
      'judged by the defaults of private, for a namespace that the configuration does not name: none (-n names one)\n',
    );
  });
});

describe('modes', () => {
  async function judge(rules: string, more = '') {
    const root = await files({
      'config.yaml': `version: 1\n${more}namespaces:\n  - names: [qdrant]\n    profile: private\n    rules: ${rules}\n`,
      'a.yaml': badPod('a'),
    });
    return review(['--config', join(root, 'config.yaml'), root]);
  }

  it.each([
    ['warn', '  privileged (a warning)\n'],
    ['audit', '  privileged (a note)\n'],
  ])('%s is shown and refuses nothing', async (mode, line) => {
    const { code, stdout } = await judge(`{ privileged: { mode: ${mode} } }`);
    expect(code).toBe(0);
    expect(stdout).toContain('accepted  Pod qdrant/a');
    expect(stdout).toContain(line);
  });

  it('off does not run', async () => {
    const { code, stdout } = await judge('{ privileged: { mode: off } }');
    expect(code).toBe(0);
    expect(stdout).not.toContain('privileged');
  });

  it('do not matter to what enforcement: audit would let pass: it is refused here, and that is said', async () => {
    const { code, stdout } = await judge('{}', 'enforcement: audit\n');
    expect(code).toBe(1);
    expect(stdout).toContain('enforcement is audit: the API server only records what is refused here\n');
  });

  it('let exemptions through, and say whose and until when', async () => {
    const exemption = `exemptions:
  - { rule: privileged, namespace: qdrant, path: "spec.containers[0].securityContext.privileged", value: true, reason: bench, responsible: ops, expires: 2026-12-01T00:00:00Z }
`;
    const { code, stdout } = await judge('{}', exemption);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'exempt spec.containers[0].securityContext.privileged until 2026-12-01T00:00:00.000Z: bench (ops)',
    );
  });
});

describe('fixtures', () => {
  const FIXTURE = `apiVersion: fixture.qdrant-admission/v1
kind: Fixture
config:
  version: 1
  namespaces: [{ names: [qdrant], profile: private, rules: { privileged: { mode: off } } }]
---
${badPod('a')}`;

  it('bring their own policy only where they are asked to', async () => {
    const root = await files({ 'f.yaml': FIXTURE });
    const { code, stdout, stderr } = await review([root]);
    expect(code).toBe(3);
    expect(stderr).toBe(
      `${root}/f.yaml:1:1: the header of a fixture brings its own policy: expected none, or the flag --fixtures\n`,
    );
    expect(stdout).toContain('refused   Pod qdrant/a');
    expect((await review(['--fixtures', root])).code).toBe(0);
  });

  it('do not touch the files beside them', async () => {
    const root = await files({ 'f.yaml': FIXTURE, 'g.yaml': badPod('b') });
    const { code, json } = await reviewJson(['--fixtures', root]);
    expect(code).toBe(1);
    expect(json.objects.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['b', 'refused'],
      ['a', 'accepted'],
    ]);
  });

  it('judge their subject only', async () => {
    const header = FIXTURE.replace('config:', 'subject: Pod/a\nconfig:');
    const { json } = await reviewJson(['--fixtures', '-'], { stdin: `${header}---\n${badPod('world')}` });
    expect(json.objects.map(({ name }) => name)).toEqual(['a']);
  });

  it('have their header first', async () => {
    const { code, stderr } = await review(['--fixtures', '-'], { stdin: `${goodPod('x')}---\n${FIXTURE}` });
    expect(code).toBe(3);
    expect(stderr).toContain(':19:1: the header of a fixture stands behind other documents: expected it first');
  });

  it('play at their own time', async () => {
    const stdin = FIXTURE.replace('config:', 'now: 2026-12-01T00:00:00Z\nconfig:').replace(
      '{ privileged: { mode: off } } }]',
      `{} }]
  exemptions: [{ rule: privileged, namespace: qdrant, path: "spec.containers[0].securityContext.privileged", value: true, reason: r, responsible: o, expires: 2026-11-15T00:00:00Z }]`,
    );
    expect((await review(['--fixtures', '-'], { stdin })).code).toBe(1);
    expect((await review(['--fixtures', '-'], { stdin: stdin.replace('now: 2026-12-01T00:00:00Z\n', '') })).code).toBe(
      0,
    );
  });
});

describe('what is large or hostile', () => {
  it('ends in an error and not in a crash', async () => {
    const bomb = Array.from(
      { length: 12 },
      (_, level) =>
        `l${level}: &l${level} [${Array.from({ length: 9 }, () => (level === 0 ? 'lol' : `*l${level - 1}`)).join(', ')}]\n`,
    ).join('');
    const root = await files({
      'bomb.yaml': bomb,
      'deep.yaml': '['.repeat(100_000),
      'nul.yaml': 'apiVersion: v1\0\n',
      'tabs.yaml': 'a:\n\tb: 1\n',
      'proto.yaml': `__proto__: { apiVersion: v1, kind: Pod }\n---\n${badPod('p')}`,
    });
    const { code, stdout, stderr } = await review([root]);
    expect(code).toBe(3);
    expect(stderr.match(/[a-z]+\.yaml:\d+(?=:)/g)).toEqual([
      'bomb.yaml:6',
      'deep.yaml:1',
      'nul.yaml:1',
      'proto.yaml:1',
      'tabs.yaml:2',
    ]);
    expect(stdout).toContain('refused   Pod qdrant/p');
  });

  it('10 MB in one file are judged to the last object', async () => {
    const filler = `# ${'x'.repeat(98)}\n`.repeat(100);
    const text = Array.from({ length: 1000 }, (_, index) => `${filler}${goodPod(`p${index}`)}`).join('---\n');
    const { code, stdout } = await review(['--quiet', '-'], { stdin: `${text}---\n${badPod('last')}` });
    expect(text.length).toBeGreaterThan(10_000_000);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^refused {3}Pod qdrant\/last {2}<stdin>:118001\n/);
  });
});

it('a rule that needs a registry is listed as not judged, and unknown where that is asked for', async () => {
  const config = 'version: 1\nnamespaces: [{ names: [qdrant], profile: private }]\nimages: { verify: true }\n';
  const folder = await files({ 'config.yaml': config, 'pod.yaml': goodPod('a') });
  const args = ['--config', join(folder, 'config.yaml'), join(folder, 'pod.yaml')];
  const { code, stdout } = await review(args);
  expect(stdout).toContain(
    'not judged: image-sbom, image-scan, image-signature need imageEvidence: only a registry tells, and none is asked here (1 object)',
  );
  expect(code).toBe(0);
  expect((await review(['--strict', ...args])).code).toBe(2);
});
