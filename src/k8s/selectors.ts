import type { ObjectMeta } from './object.ts';

/** metav1.LabelSelector. Empty selects everything. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>> | undefined;
  readonly matchExpressions?: readonly LabelRequirement[] | undefined;
}

export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[] | undefined;
}

/** Whether labels match a selector, as the API server matches them. */
export function selects(selector: LabelSelector, labels: ObjectMeta['labels']): boolean {
  const own = labels ?? {};
  // In a file a label may be null, which the API server reads as the empty string.
  const label = (key: string) => (Object.hasOwn(own, key) ? (own[key] ?? '') : undefined);
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => label(key) === value) &&
    (selector.matchExpressions ?? []).every((requirement) => meets(requirement, label(requirement.key)))
  );
}

/** `NotIn` is also met by an object that does not carry the label. */
function meets({ operator, values = [] }: LabelRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}
