import type { ContainerAt, Pod } from '../k8s/pod-template.ts';
import type { Finding } from './rule.ts';

/** A finding on a field of the pod: `field` is written from the pod, `spec.hostNetwork`. */
export function podFinding(pod: Pod, field: string, value: unknown, required: string): Finding {
  return { path: pod.base + field, value: value ?? undefined, required };
}

/** A finding on a field of one container: `field` is written from the container, `securityContext.privileged`. */
export function containerFinding(pod: Pod, at: ContainerAt, field: string, value: unknown, required: string): Finding {
  const path = `${pod.base}spec.${at.list}[${at.index}].${field}`;
  const name = at.container.name;
  // Null is not set, as the API takes it: both must read the same.
  const finding = { path, value: value ?? undefined, required };
  return name == null ? finding : { ...finding, name };
}

/** What each container sets, judged one by one: the findings of those for which `judge` names what is required. */
export function eachContainer(
  pod: Pod,
  field: string,
  read: (at: ContainerAt) => unknown,
  judge: (value: unknown) => string | undefined,
): Finding[] {
  const findings: Finding[] = [];
  for (const at of pod.containers) {
    const value = read(at) ?? undefined;
    const required = judge(value);
    if (required !== undefined) findings.push(containerFinding(pod, at, field, value, required));
  }
  return findings;
}
