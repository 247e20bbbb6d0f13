import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Scalar } from 'yaml';

/** What makes a document unreadable, and where. */
export class YamlFaultError extends Error {
  override readonly name = 'YamlFaultError';
  readonly offset: number;

  constructor(message: string, at: Node | null) {
    super(message);
    this.offset = offsetOf(at);
  }
}

/** What one walk over the nodes of a document finds out. */
export interface Survey {
  /** What each alias stands for: the last anchor of its name above it. An alias without an anchor is not in here. */
  readonly targets: ReadonlyMap<Alias, Node>;
  /** The number of nodes. */
  readonly size: number;
}

/** No Kubernetes object comes near; what is deeper is an attack on the stack. */
const MOST_LEVELS = 256;
const TAGS = ['binary', 'bool', 'float', 'int', 'map', 'merge', 'null', 'seq', 'str', 'timestamp'].map(
  (name) => `tag:yaml.org,2002:${name}`,
);

/**
 * Walks over all nodes of a document once, and refuses what kubectl's reader takes in another way than this one: with
 * `{?privileged: true}` the cluster gets `privileged`, and with `[!x, SYS_ADMIN]` the tag includes the comma, and
 * `{a:}` has a key that ends with a colon.
 * @throws YamlFaultError
 */
export function surveyYaml(root: Node): Survey {
  const targets = new Map<Alias, Node>();
  const anchors = new Map<string, Node>();
  let size = 0;

  function walk(node: Node | null, inFlow: boolean, depth: number): void {
    refuseTooDeep(node, depth);
    size++;
    if (node === null) return;
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target) targets.set(node, target);
      return;
    }
    if (node.tag !== undefined && !TAGS.includes(node.tag)) {
      throw new YamlFaultError(`the tag ${node.tag} is not known: expected none`, node);
    }
    if (isScalar(node)) refuseAmbiguous(node, inFlow);
    if (node.anchor !== undefined) {
      if (!/^[A-Za-z0-9_-]+$/.test(node.anchor)) {
        throw new YamlFaultError('the name of an anchor is not made of letters, digits, - and _', node);
      }
      anchors.set(node.anchor, node);
    }
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        walk(key as Node, node.flow ?? false, depth + 1);
        walk(value as Node | null, node.flow ?? false, depth + 1);
      }
    } else if (isSeq(node)) {
      for (const item of node.items) walk(item as Node | null, node.flow ?? false, depth + 1);
    }
  }

  walk(root, false, 0);
  return { targets, size };
}

function refuseAmbiguous(node: Scalar, inFlow: boolean): void {
  if (node.type !== 'PLAIN') return;
  if (node.source === '' && (node.tag !== undefined || inFlow)) {
    throw new YamlFaultError('a value is missing: expected one, null, or quotes if it is empty', node);
  }
  if (inFlow && /^[?:]/.test(node.source ?? '')) {
    throw new YamlFaultError('a value in braces or brackets begins with ? or : and has no quotes: expected them', node);
  }
}

/** @throws YamlFaultError where a node stands deeper than any Kubernetes object has it */
export function refuseTooDeep(node: Node | null, depth: number): void {
  if (depth > MOST_LEVELS) throw new YamlFaultError(TOO_DEEP, node);
}

export const TOO_DEEP = `nested deeper than ${MOST_LEVELS} levels`;

/** Where a node begins. */
export function offsetOf(node: Node | null | undefined): number {
  return node?.range?.[0] ?? 0;
}
