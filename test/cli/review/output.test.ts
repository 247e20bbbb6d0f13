import { execFile, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { reviewOutput, reviewOutputSchema } from '../../../src/cli/review/json.ts';
import type { Review, ReviewReport } from '../../../src/cli/review/report.ts';
import { reviewInputs } from '../../../src/cli/review/run.ts';
import { describeReviewed, describeSummary } from '../../../src/cli/review/text.ts';
import { createPaint } from '../../../src/cli/shared/terminal.ts';
import { readInputFiles } from '../../../src/manifests/input-files.ts';
import { definePodRule, type Policy, type Rule } from '../../../src/rules/define.ts';
import { PROGRAM } from '../../support/command-line.ts';
import { policyWith } from '../../support/policies.ts';
import { badPod, files, goodPod, review, reviewJson } from '../../support/review-run.ts';

const MAIN = resolve(import.meta.dirname, '../../../src/main.ts');
const ESCAPE = '\u001b[';
const plain = createPaint(false);

const reportOf = (review: Review): ReviewReport => ({
  review,
  enforcement: 'enforce',
  hasConfiguration: false,
  profile: 'private',
  exitCode: 2,
  program: PROGRAM,
  quiet: false,
  paint: plain,
});

describe('the text', () => {
  it('says per object what became of it, where, what is there, what is required, and how to fix it', async () => {
    const root = await files({ 'f.yaml': `${goodPod('a')}---\n${badPod('b')}` });
    const { stdout } = await review([join(root, 'f.yaml')]);
    expect(stdout.replaceAll(`${root}/`, '')).toBe(`accepted  Pod qdrant/a  f.yaml:1
refused   Pod qdrant/b  f.yaml:19
  privileged
    f.yaml:36  spec.containers[0] "main" .securityContext.privileged is true: set it to false, or leave it out
    how to fix (docs/rules/containers/privileged.md):
      securityContext:
        privileged: false
not judged: default-deny, wide-policies need networkPolicies: the files bring no NetworkPolicy in the namespace qdrant (2 objects)
2 objects: 1 accepted, 1 refused
`);
  });

  it('shows how to fix a rule once an object, whatever the number of findings', async () => {
    const stdin = badPod('a').replace('  containers:\n', '  hostNetwork: true\n  hostPID: true\n  containers:\n');
    const { stdout } = await review(['-'], { stdin });
    expect(stdout.match(/docs\/rules\/containers\/host-namespaces\.md/g)).toHaveLength(1);
    expect(stdout).toContain('<stdin>:9  spec.hostNetwork is true');
    expect(stdout).toContain('<stdin>:10  spec.hostPID is true');
  });

  it('counts what it does not judge, by kind', async () => {
    const stdin = [...Array(3).fill('ConfigMap'), 'ServiceAccount']
      .map((kind) => `apiVersion: v1\nkind: ${kind}\n`)
      .join('---\n');
    const { code, stdout } = await review(['-'], { stdin: `${stdin}---\n${goodPod('a')}` });
    expect(code).toBe(0);
    expect(stdout.split('\n').at(-2)).toBe('1 object: 1 accepted; not judged: 3 ConfigMap, 1 ServiceAccount');
  });

  it('is short where asked: only what is not accepted', async () => {
    const root = await files({ 'f.yaml': `${goodPod('a')}---\n${badPod('b')}`, 'g.yaml': goodPod('c') });
    const { stdout } = await review(['--quiet', root]);
    expect(stdout).toMatch(/^refused {3}Pod qdrant\/b/);
    expect(stdout).not.toMatch(/accepted|objects/);
    expect((await review(['--quiet', join(root, 'g.yaml')])).stdout).toBe('');
  });

  it.each([
    ['auto', {}, false],
    ['auto', { terminal: true }, true],
    ['auto', { terminal: true, env: { NO_COLOR: '1' } }, false],
    ['auto', { terminal: true, env: { NO_COLOR: '' } }, true],
    ['auto', { terminal: true, env: { TERM: 'dumb' } }, false],
    ['always', {}, true],
    ['always', { env: { NO_COLOR: '1' } }, true],
    ['never', { terminal: true }, false],
  ] as const)('with --color %s and %j has colours: %s', async (color, around, coloured) => {
    const { stdout } = await review(['--color', color, '-'], { ...around, stdin: badPod('a') });
    expect(stdout.includes(ESCAPE)).toBe(coloured);
    if (coloured) expect(stdout).toContain(`${ESCAPE}31mrefused `);
  });
});

describe('the JSON', () => {
  it('holds reference, file and line of objects, and path, line, column and message of findings', async () => {
    const root = await files({ 'f.yaml': `${goodPod('a')}---\n${badPod('b')}`, 'g.yaml': '- x\n' });
    const { code, json, stderr } = await reviewJson([root]);
    expect(code).toBe(3);
    expect(stderr).toBe(`${root}/g.yaml:1:1: expected a Kubernetes object, with apiVersion and kind\n`);
    expect(json.summary).toEqual({
      objects: 2,
      accepted: 1,
      refused: 1,
      unknown: 0,
      undecided: 0,
      notJudged: [],
      errors: 1,
      exitCode: 3,
    });
    expect(json.program).toEqual({ name: 'qdrant-admission', version: PROGRAM.version });
    expect(json.errors).toEqual([
      { file: `${root}/g.yaml`, line: 1, column: 1, message: 'expected a Kubernetes object, with apiVersion and kind' },
    ]);
    const [, refused] = json.objects;
    expect(refused).toMatchObject({
      apiVersion: 'v1',
      kind: 'Pod',
      namespace: 'qdrant',
      name: 'b',
      file: `${root}/f.yaml`,
      line: 19,
    });
    expect(refused?.verdicts.filter(({ outcome }) => outcome === 'fail')).toEqual([
      {
        rule: 'privileged',
        mode: 'enforce',
        outcome: 'fail',
        controls: expect.arrayContaining(['pss:privileged']),
        findings: [
          {
            path: 'spec.containers[0].securityContext.privileged',
            line: 36,
            column: 9,
            message: 'spec.containers[0] "main" .securityContext.privileged is true: set it to false, or leave it out',
            required: 'set it to false, or leave it out',
          },
        ],
        exempted: [],
      },
    ]);
  });

  it('is JSON and nothing else, also where colours are asked for', async () => {
    const { stdout } = await reviewJson(['--color', 'always', '-'], { stdin: badPod('a'), terminal: true });
    expect(stdout).not.toContain(ESCAPE);
  });

  it('has a schema that can be published', () => {
    const schema = z.toJSONSchema(reviewOutputSchema);
    expect(schema.properties?.['schemaVersion']).toMatchObject({ const: 1 });
    expect(schema.additionalProperties).toBe(false);
  });
});

/** A rule that needs a fact, which files can tell or not. */
const needsNamespace = definePodRule({
  id: 'needs-namespace',
  title: 'Stands in a namespace that has an owner',
  promise: 'containers',
  why: 'Only for this test.',
  fix: 'metadata: {}',
  controls: [],
  reads: ['spec.hostPID'],
  needs: ['namespace'],
  check: ({ facts: { namespace } }) => {
    const labels = namespace.metadata?.labels;
    return labels ? [] : [{ path: 'metadata.namespace', required: 'label it' }];
  },
});

const throws = definePodRule({
  ...needsNamespace,
  reads: ['spec.hostPID'],
  id: 'throws',
  needs: [],
  check: () => {
    throw new Error('a bug');
  },
});

describe('what the files cannot tell', () => {
  const NAMESPACE = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: qdrant }\n';

  async function judge(
    rule: Rule,
    text: string,
    flags: { strict?: boolean; fixtures?: boolean } = {},
  ): Promise<Review> {
    const signal = new AbortController().signal;
    const root = await files({ 'f.yaml': text });
    const fallback: Policy = { ...policyWith(), rules: [{ rule, mode: 'enforce', options: {}, reads: {} }] };
    const settings = { strict: false, fixtures: false, fallback, now: new Date(0), signal, ...flags };
    return reviewInputs(readInputFiles([join(root, 'f.yaml')], { stdin: process.stdin, signal }), settings);
  }

  const outcome = ({ objects: [object] }: Review) => [object?.outcome, object?.verdicts[0]?.standing];

  it('is not judged, is said once, and does not count', async () => {
    const result = await judge(needsNamespace, `${goodPod('a')}---\n${goodPod('b')}`);
    expect(outcome(result)).toEqual(['not-judged', 'not-judged']);
    expect(describeSummary(result, plain)).toBe(
      'not judged: needs-namespace needs namespace: the files bring no Namespace called qdrant (2 objects)\n2 objects: 2 not judged\n',
    );
    const [verdict] = reviewOutput(reportOf(result)).objects[0]?.verdicts ?? [];
    expect(verdict).toMatchObject({ outcome: 'not-judged', reason: 'the files bring no Namespace called qdrant' });
  });

  it('is unknown where it is asked for strictly', async () => {
    const result = await judge(needsNamespace, goodPod('a'), { strict: true });
    expect(outcome(result)).toEqual(['unknown', 'unknown']);
    const [object] = result.objects;
    expect(object && describeReviewed(object, plain)).toContain('unknown   Pod qdrant/a');
    expect(object && describeReviewed(object, plain)).toContain(
      '  needs-namespace\n    could not be verified: the files bring no Namespace called qdrant\n',
    );
  });

  it('is judged where the files bring it', async () => {
    expect(outcome(await judge(needsNamespace, `${goodPod('a')}---\n${NAMESPACE}`))).toEqual(['refused', 'fail']);
    const labelled = NAMESPACE.replace('qdrant }', 'qdrant, labels: { a: b } }');
    expect(outcome(await judge(needsNamespace, `${goodPod('a')}---\n${labelled}`))).toEqual(['accepted', 'pass']);
  });

  it('is always unknown in a fixture, which says what its world is', async () => {
    const header =
      'apiVersion: fixture.qdrant-admission/v1\nkind: Fixture\nsubject: Pod/a\nunknown: { namespace: stale }\n';
    const result = await judge(needsNamespace, `${header}---\n${goodPod('a')}---\n${NAMESPACE}`, { fixtures: true });
    expect(outcome(result)).toEqual(['unknown', 'unknown']);
    expect(result.objects[0]?.verdicts[0]?.verdict).toMatchObject({ reason: 'stale' });
  });

  it('a bug of ours is no acceptance, and hides no other object', async () => {
    const result = await judge(throws, `${goodPod('a')}---\n${goodPod('b')}`);
    expect(result.objects.map(({ outcome, crash }) => [outcome, crash])).toEqual([
      ['unknown', 'a bug'],
      ['unknown', 'a bug'],
    ]);
    expect(reviewOutputSchema.parse(reviewOutput(reportOf(result))).objects[0]?.reason).toBe('a bug');
  });
});

describe('the program', () => {
  it('judges what is piped into it, without colours', async () => {
    const child = spawn(process.execPath, [MAIN, 'review', '-'], { stdio: ['pipe', 'pipe', 'pipe'] });
    const ended = Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise((done) => {
        child.on('close', done);
      }),
    ]);
    child.stdin.end(`${goodPod('a')}---\n${badPod('b')}`);
    const [stdout, stderr, code] = await ended;
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toMatch(/^accepted {2}Pod qdrant\/a {2}<stdin>:1\nrefused {3}Pod qdrant\/b {2}<stdin>:19\n/);
    expect(stdout).not.toContain(ESCAPE);
  });

  it('writes all of a long output before it ends', async () => {
    const root = await files({
      'f.yaml': Array.from({ length: 2000 }, (_, index) => badPod(`p${index}`)).join('---\n'),
    });
    const ran = await promisify(execFile)(process.execPath, [MAIN, 'review', root], { maxBuffer: 2 ** 26 }).catch(
      (error: { stdout: string; code: number }) => error,
    );
    expect(ran).toMatchObject({ code: 1 });
    expect(ran.stdout).toMatch(/2000 objects: 2000 refused\n$/);
  });
});
