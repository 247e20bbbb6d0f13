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

  it('compares each field that it watches on both sides, and guards what may be absent', () => {
    const expression = anyFieldChanged(['spec.hostNetwork', 'spec.containers[*].image', 'spec.containers[*].name']);
    expect(expression).toBe(
      "request.operation != 'UPDATE' || object.?spec.?containers != oldObject.?spec.?containers" +
        ' || object.?spec.?hostNetwork != oldObject.?spec.?hostNetwork',
    );
  });

  it('compares a map as a whole where rules look for many keys in it', () => {
    const paths = Array.from({ length: 17 }, (_, i) => `metadata.labels{example.com/${i}}`);
    expect(anyFieldChanged(paths)).toBe(
      "request.operation != 'UPDATE' || object.?metadata.?labels != oldObject.?metadata.?labels",
    );
    expect(anyFieldChanged(paths.slice(1))).toContain('k.startsWith("example.com/16")');
  });

  it('looks at the keys of a map on both sides: one may have come, one may have gone', () => {
    const expression = anyFieldChanged(['metadata.annotations{example.com/}']);
    expect(expression).toContain('object.?metadata.?annotations.orValue({}).exists(k, k.startsWith("example.com/")');
    expect(expression).toContain('oldObject.?metadata.?annotations.orValue({}).exists(k, k.startsWith("example.com/")');
  });
});
