import type { PathStep } from './yaml/tree.ts';

/**
 * The steps of a field path as findings and shape errors write it: `spec.containers[0].image`,
 * `metadata.annotations["a/b"]`. What cannot be read ends the path: its nearest parent is meant.
 */
export function stepsOf(path: string): readonly PathStep[] {
  const step = /\.?([^.[\]]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;
  const steps: PathStep[] = [];
  for (let match = step.exec(path); match; match = step.exec(path)) {
    const [, name, index, quoted] = match;
    if (name !== undefined) steps.push(name);
    else if (index !== undefined) steps.push(Number(index));
    else if (quoted !== undefined) steps.push(JSON.parse(quoted) as string);
  }
  return steps;
}
