import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldsChanged, parseFieldPath } from '../../src/engine/reads.ts';
import { podOf } from '../../src/k8s/pod-template.ts';
import { anyFieldChanged, watchedFields } from '../../src/registration/cel.ts';
import { RULES } from '../../src/rules/index.ts';
import { changedPod } from '../support/random-pods.ts';

const READS = RULES.filter(({ kinds }) => kinds.includes('Pod')).flatMap(({ reads }) => reads['Pod'] ?? []);

describe('the match condition of pods', () => {
  it('never keeps a call away that a rule would judge', () => {
    const judged = READS.map(parseFieldPath);
    const watched = watchedFields(READS);
    let changes = 0;
    fc.assert(
      fc.property(changedPod, ([before, after]) => {
        if (!fieldsChanged(judged, podOf(before), podOf(after))) return;
        changes++;
        expect(fieldsChanged(watched, podOf(before), podOf(after))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
    expect(changes).toBeGreaterThan(200);
  });

  it('asks about every change of labels, and about no status: a kubelet goes on', () => {
    const terms = anyFieldChanged(READS).split(' || ');
    expect(terms).toContain('object.?metadata.?labels != oldObject.?metadata.?labels');
    expect(terms.filter((term) => /status|resourceVersion|managedFields/.test(term))).toEqual([]);
    const before = podOf({ apiVersion: 'v1', kind: 'Pod', metadata: { labels: { app: 'a' } }, spec: {} });
    const running = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { labels: { app: 'a' }, resourceVersion: '2' },
      spec: {},
    };
    expect(fieldsChanged(watchedFields(READS), before, podOf({ ...running, status: { phase: 'Running' } }))).toBe(
      false,
    );
  });

  it('compares each field that it watches on both sides, and guards what may be absent', () => {
    const expression = anyFieldChanged(['spec.hostNetwork', 'spec.containers[*].image', 'spec.containers[*].name']);
    expect(expression).toBe(
      "request.operation != 'UPDATE' || object.?spec.?containers != oldObject.?spec.?containers" +
        ' || object.?spec.?hostNetwork != oldObject.?spec.?hostNetwork',
    );
  });

  it('looks at the keys of a map on both sides: one may have come, one may have gone', () => {
    const changed = (a: string, b: string) =>
      `${a}.orValue({}).exists(k, ${a}[?k] != ${b}[?k] && (k.startsWith("example.com/")))`;
    const [now, old] = ['object.?metadata.?annotations', 'oldObject.?metadata.?annotations'];
    expect(anyFieldChanged(['metadata.annotations{example.com/}'])).toBe(
      `request.operation != 'UPDATE' || ${now} != ${old} && (${now}.orValue({}).size() + ${old}.orValue({}).size() > 2000` +
        ` || ${changed(now, old)} || ${changed(old, now)})`,
    );
  });

  it('looks for keys that contain a text, and then for none that hold more of it', () => {
    const expression = anyFieldChanged(['metadata.labels{a.b/c}', 'metadata.labels{*b/c}', 'metadata.labels{*b/cd}']);
    expect(expression).toContain('&& (k.contains("b/c")))');
    expect(anyFieldChanged(['metadata.labels{b}', 'metadata.labels{*b}'])).toContain('&& (k.contains("b")))');
    expect(anyFieldChanged(['metadata.labels{b}', 'metadata.labels{*bc}'])).toContain(
      '&& (k.startsWith("b") || k.contains("bc")))',
    );
  });

  it('looks at each key once, however many it looks for, and at fewer keys then', () => {
    const paths = Array.from({ length: 40 }, (_, i) => `metadata.labels{example.com/${i}/}`);
    const expression = anyFieldChanged([...paths, 'metadata.labels{example.com/7/longer}']);
    expect(expression.split('.exists(k, ')).toHaveLength(3);
    expect(expression).toContain('k.startsWith("example.com/6/") || k.startsWith("example.com/7/") || k');
    expect(expression).toContain('.size() > 500 || ');
    expect(expression).not.toContain('longer');
  });
});
