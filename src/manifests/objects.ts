import {
  isJsonObject,
  isKubernetesObject,
  type JsonObject,
  type JsonValue,
  type KubernetesObject,
} from '../k8s/object.ts';
import { shapeErrors } from '../k8s/shape-check.ts';
import { type InputError, type Position, readDocuments } from './documents.ts';
import { stepsOf } from './field-path.ts';
import type { PathStep, YamlTree } from './yaml/tree.ts';

/** A Kubernetes object of a file, and where it stands there. */
export interface Manifest extends Position {
  readonly object: KubernetesObject & JsonObject;
  /** The file, as messages name it. */
  readonly source: string;
  /** Where a field of the object stands; the nearest parent that is there where it is not set. */
  readonly locate: (path: string) => Position;
}

/** What a text holds: the objects in it, and what is wrong with the rest. */
export interface Manifests {
  readonly manifests: readonly Manifest[];
  readonly errors: readonly InputError[];
}

/** Errors in the shape of one object that are shown; an attacker can make millions. */
const MOST_SHAPE_ERRORS = 20;

/**
 * The Kubernetes objects in a text of YAML or JSON, with Lists taken apart as kubectl does it. What is wrong with one
 * object hides no other.
 * @param source the name of the file, for messages
 */
export function readManifests(text: string, source: string): Manifests {
  const { trees, errors: syntax, positionOf } = readDocuments(text, source);
  const manifests: Manifest[] = [];
  const errors: InputError[] = [...syntax];

  function add(tree: YamlTree, value: JsonValue, base: readonly PathStep[]): void {
    const begin = positionOf(tree.firstField(base));
    const problem = problemOf(value);
    if (problem !== undefined) errors.push({ file: source, ...begin, message: problem });
    if (!isKubernetesObject(value) || problem !== undefined) return;
    // kubectl takes whatever has a list of items for a List, so that a Pod can hide in a ConfigMap: it is judged as
    // both, for who talks to the API server directly gets the ConfigMap.
    if (Array.isArray(value['items'])) addItems(tree, value, value['items'], base);
    if (isList(value)) return;

    const locate = (path: string): Position => positionOf(tree.locate([...base, ...stepsOf(path)]));
    // Metadata are checked of every object, and of a Pod once more: one line a field is enough.
    const shape = [...new Map(shapeErrors(value).map((error) => [error.path, error])).values()];
    for (const { path, found, expected } of shape.slice(0, MOST_SHAPE_ERRORS)) {
      errors.push({ file: source, ...locate(path), message: `${path} is ${found}: expected ${expected}` });
    }
    if (shape.length > MOST_SHAPE_ERRORS) {
      errors.push({ file: source, ...begin, message: `and ${shape.length - MOST_SHAPE_ERRORS} more in this object` });
    }
    if (shape.length === 0) manifests.push({ object: value, source, ...begin, locate });
  }

  function addItems(tree: YamlTree, list: KubernetesObject, items: readonly JsonValue[], base: readonly PathStep[]) {
    for (const [index, item] of items.entries()) add(tree, asItem(list, item), [...base, 'items', index]);
  }

  for (const tree of trees) add(tree, tree.value, []);
  return { manifests, errors: errors.sort(byPosition) };
}

/** Why a value is no object of Kubernetes. */
function problemOf(value: JsonValue): string | undefined {
  if (!isJsonObject(value)) return 'expected a Kubernetes object, with apiVersion and kind';
  for (const field of ['apiVersion', 'kind']) {
    const found = Object.hasOwn(value, field) ? value[field] : undefined;
    if (typeof found !== 'string' || found === '') return `${field} is not set: expected a Kubernetes object`;
  }
  if (isList(value as KubernetesObject & JsonObject) && !Array.isArray(value['items'] ?? [])) {
    return 'items is not a list: expected a list of objects';
  }
  return undefined;
}

/** Whether an object is there for its items only. A kind may end in List and have none: that one is a thing. */
function isList({ kind, items }: KubernetesObject): boolean {
  return kind.endsWith('List') && items !== undefined;
}

/** The API leaves apiVersion and kind out of the items of a typed list, such as PodList. */
function asItem(list: KubernetesObject, item: JsonValue): JsonValue {
  if (!isJsonObject(item) || Object.hasOwn(item, 'apiVersion') || Object.hasOwn(item, 'kind')) return item;
  if (list.kind === 'List' || !list.kind.endsWith('List')) return item;
  return { apiVersion: list.apiVersion, kind: list.kind.slice(0, -'List'.length), ...item };
}

function byPosition(a: InputError, b: InputError): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
