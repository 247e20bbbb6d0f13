import type { ObjectMeta } from './object.ts';

/** metav1.LabelSelector. Empty selects everything. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string | null>> | null | undefined;
  readonly matchExpressions?: readonly LabelRequirement[] | null | undefined;
}

/** The operators are `In`, `NotIn`, `Exists` and `DoesNotExist`. */
export interface LabelRequirement {
  readonly key?: string | null | undefined;
  readonly operator?: string | null | undefined;
  readonly values?: readonly string[] | null | undefined;
}

/** Whether labels match a selector, as the API server matches them. An operator that is not known here matches nothing. */
export function selects(selector: LabelSelector, labels: ObjectMeta['labels']): boolean {
  const own = labels ?? {};
  // In a file a label may be null, which the API server reads as the empty string.
  const label = (key: string) => (Object.hasOwn(own, key) ? (own[key] ?? '') : undefined);
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => label(key) === (value ?? '')) &&
    (selector.matchExpressions ?? []).every((requirement) => meets(requirement, label(requirement.key ?? '')))
  );
}

/** `NotIn` is also met by an object that does not carry the label. */
function meets({ operator, values }: LabelRequirement, value: string | undefined): boolean {
  const listed = values ?? [];
  switch (operator) {
    case 'In':
      return value !== undefined && listed.includes(value);
    case 'NotIn':
      return value === undefined || !listed.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}

/**
 * Whether a selector that is no pointer in the API selects whatever is there: absent, null and empty are the same. (In
 * the peers of a NetworkPolicy absent and empty differ: ask there whether it is absent first.)
 */
export function selectsEverything(selector: LabelSelector | null | undefined): boolean {
  const { matchLabels, matchExpressions } = selector ?? {};
  return Object.keys(matchLabels ?? {}).length === 0 && (matchExpressions ?? []).length === 0;
}
