import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseAllDocuments,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import type { JsonValue } from '../../k8s/object.ts';
import { isBad, resolveKey, resolveScalar } from './scalars.ts';
import { offsetOf, refuseTooDeep, type Survey, surveyYaml, TOO_DEEP, YamlFaultError } from './survey.ts';

/** One step of a path into a document: the name of a field, or the index of a list item. */
export type PathStep = string | number;

/** A document that could be parsed. Offsets count UTF-16 code units from the beginning of the file. */
export interface YamlTree {
  /** The value that the API server would get. */
  readonly value: JsonValue;
  /** Returns the offset of the field at a path, or of its closest ancestor if there is no such field. */
  readonly locate: (path: readonly PathStep[]) => number;
  /** Returns the offset of the first field of the object at a path. */
  readonly firstField: (path: readonly PathStep[]) => number;
}

/** Why a document could not be parsed, and where. */
export interface YamlFault {
  readonly fault: string;
  readonly offset: number;
}

/**
 * How many nodes aliases and merge keys may add to a document. Nested aliases could otherwise expand a small document
 * until memory is exhausted. kubectl's parser has a similar limit.
 */
const MOST_EXPANDED = 400_000;

/**
 * Parses one section of a file, YAML or JSON. It has no document if it is only comments, and several if `...` ends one.
 * Never throws, whatever the text is. Values are the same as for kubectl (see `scalars.ts`), except that a duplicate
 * key is an error, whereas kubectl silently takes the last one.
 * @param start the offset of this section in the file
 */
export function parseYaml(text: string, start: number): (YamlTree | YamlFault)[] {
  const documents = parseAllDocuments(text, {
    // The library returns every scalar as text; what it means is decided in this folder. So is what a duplicate key
    // is: the library would compare every key with every other one, which takes too long for a hostile document.
    schema: 'failsafe',
    resolveKnownTags: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  if ('empty' in documents) {
    const [error] = documents.errors;
    return error ? [{ fault: error.message, offset: start + error.pos[0] }] : [];
  }
  return documents.flatMap(({ contents, errors }) => {
    const [error] = errors;
    if (errors.some(({ code }) => code === 'RESOURCE_EXHAUSTION')) return [{ fault: TOO_DEEP, offset: start }];
    if (error) return [{ fault: error.message, offset: start + error.pos[0] }];
    return contents === null || (isScalar(contents) && contents.source === '') ? [] : [readTree(contents, start)];
  });
}

function readTree(root: Node, start: number): YamlTree | YamlFault {
  try {
    const reader = new TreeReader(root);
    return {
      value: reader.read(),
      locate: (path) => start + reader.find(path).offset,
      firstField: (path) => {
        const { node, offset } = reader.find(path);
        const first = isMap(node) ? node.items[0]?.key : undefined;
        return start + (first ? offsetOf(first as Node) : offset);
      },
    };
  } catch (error) {
    if (error instanceof YamlFaultError) return { fault: error.message, offset: start + error.offset };
    throw error;
  }
}

/** One field of a mapping, after merge keys have been resolved. */
interface Field {
  readonly key: Node;
  readonly value: Node | null;
}

/** Reads the nodes of one document. It gives up if aliases expand it too far. */
class TreeReader {
  readonly #root: Node;
  readonly #survey: Survey;
  /** The aliases that are being followed. An alias that is found inside itself would never end. */
  readonly #following = new Set<Alias>();
  #budget = 0;

  constructor(root: Node) {
    this.#root = root;
    this.#survey = surveyYaml(root);
  }

  /** Returns the value of the whole document. */
  read(): JsonValue {
    this.#budget = this.#survey.size + MOST_EXPANDED;
    return this.#valueOf(this.#root, 0);
  }

  #valueOf(node: Node | null, depth: number): JsonValue {
    this.#spend(1, node);
    refuseTooDeep(node, depth);
    if (node === null) return null;
    if (isAlias(node)) return this.#follow(node, (target) => this.#valueOf(target, depth + 1));
    if (isScalar(node)) return scalarOf(node);
    if (isSeq(node)) return node.items.map((item) => this.#valueOf(item as Node | null, depth + 1));
    const object: Record<string, JsonValue> = {};
    for (const [name, { value }] of this.#fieldsOf(node as YAMLMap, depth)) {
      const read = this.#valueOf(value, depth + 1);
      // A plain assignment to __proto__ would change the prototype of the object instead of adding a field.
      if (name !== '__proto__') object[name] = read;
      else Object.defineProperty(object, name, { value: read, enumerable: true, writable: true, configurable: true });
    }
    return object;
  }

  /** Returns the node at a path, or its closest ancestor, and its offset. */
  find(path: readonly PathStep[]): { node: Node | null; offset: number } {
    this.#budget = this.#survey.size + MOST_EXPANDED;
    let node: Node | null = this.#dereference(this.#root);
    let offset = isMap(node) && node.items[0] ? offsetOf(node.items[0].key as Node) : offsetOf(node);
    for (const step of path) {
      let next: Node | null | undefined;
      if (isMap(node)) {
        const field: Field | undefined = this.#fieldsOf(node, 0).get(String(step));
        if (field) offset = offsetOf(field.key);
        next = field?.value;
      } else if (isSeq(node) && typeof step === 'number') {
        next = node.items[step] as Node | null | undefined;
        if (next) offset = offsetOf(next);
      }
      if (next === undefined) break;
      node = next && this.#dereference(next);
    }
    return { node, offset };
  }

  #dereference(node: Node): Node {
    const target = isAlias(node) ? this.#survey.targets.get(node) : node;
    return target ?? node;
  }

  /**
   * Returns the fields of a mapping as Go's yaml.v2 reads them, where the fields of `<<` override those above it. Other
   * parsers let the explicit field win. If we did so too, `privileged: false` above a merge key could hide the
   * `privileged: true` that the cluster gets.
   */
  #fieldsOf(map: YAMLMap, depth: number): Map<string, Field> {
    refuseTooDeep(map, depth);
    this.#spend(map.items.length, map);
    const fields = new Map<string, Field>();
    const own = new Set<string>();
    for (const pair of map.items) {
      const [key, value] = [pair.key as Node, pair.value as Node | null];
      if (isMerge(key)) {
        for (const [name, field] of this.#merged(value, depth + 1)) fields.set(name, field);
        continue;
      }
      const name = this.#nameOf(key);
      if (own.has(name))
        throw new YamlFaultError(`${JSON.stringify(name)} is a duplicate key: expected each key once`, key);
      own.add(name);
      fields.set(name, { key, value });
    }
    return fields;
  }

  #merged(node: Node | null, depth: number): Map<string, Field> {
    if (isAlias(node)) return this.#follow(node, (target) => this.#mergedMap(target, depth));
    if (!isSeq(node)) return this.#mergedMap(node, depth);
    const fields = new Map<string, Field>();
    // Of several merged mappings, the first one wins.
    for (const item of (node.items as Node[]).toReversed()) {
      const merged = isAlias(item)
        ? this.#follow(item, (target) => this.#mergedMap(target, depth))
        : this.#mergedMap(item, depth);
      for (const [name, field] of merged) fields.set(name, field);
    }
    return fields;
  }

  #mergedMap(node: Node | null, depth: number): Map<string, Field> {
    if (isMap(node)) return this.#fieldsOf(node, depth);
    throw new YamlFaultError(
      '<< merges something other than a mapping: expected a mapping, or a list of mappings',
      node ?? this.#root,
    );
  }

  #nameOf(key: Node): string {
    const target = this.#dereference(key);
    if (!isScalar(target)) throw new YamlFaultError('a key is a mapping or a list: expected text', key);
    const name = resolveKey(target.source ?? '', target.type === 'PLAIN', target.tag);
    if (isBad(name)) throw new YamlFaultError(`the key ${name.bad}`, key);
    return name;
  }

  #follow<T>(alias: Alias, read: (target: Node) => T): T {
    const target = this.#survey.targets.get(alias);
    if (!target) throw new YamlFaultError(`*${alias.source} is not defined above: expected &${alias.source}`, alias);
    if (this.#following.has(alias)) throw new YamlFaultError(`*${alias.source} contains itself`, alias);
    this.#following.add(alias);
    const value = read(target);
    this.#following.delete(alias);
    return value;
  }

  #spend(nodes: number, at: Node | null): void {
    this.#budget -= nodes;
    if (this.#budget >= 0) return;
    const [outermost] = this.#following;
    throw new YamlFaultError('aliases make this document too large', outermost ?? at ?? this.#root);
  }
}

function scalarOf(node: Scalar): JsonValue {
  const value = resolveScalar(node.source ?? '', node.type === 'PLAIN', node.tag);
  if (isBad(value)) throw new YamlFaultError(`the value ${value.bad}`, node);
  return value;
}

function isMerge(key: Node): boolean {
  if (!isScalar(key) || key.source !== '<<') return false;
  return key.tag === undefined ? key.type === 'PLAIN' : key.tag === 'tag:yaml.org,2002:merge';
}
