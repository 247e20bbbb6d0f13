import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Scalar } from 'yaml';

/** Why a document cannot be read, and where the problem is. */
export class YamlFaultError extends Error {
  override readonly name = 'YamlFaultError';
  readonly offset: number;

  constructor(message: string, at: Node | null) {
    super(message);
    this.offset = offsetOf(at);
  }
}

/** What one pass over the nodes of a document finds out. */
export interface Survey {
  /** The node that each alias stands for: the last one above it with an anchor of that name. Absent if there is none. */
  readonly targets: ReadonlyMap<Alias, Node>;
  /** The number of nodes. */
  readonly size: number;
}

/** Far deeper than any Kubernetes object. A document that nests deeper could overflow the stack. */
const MOST_LEVELS = 256;
const TAGS = ['binary', 'bool', 'float', 'int', 'map', 'merge', 'null', 'seq', 'str', 'timestamp'].map(
  (name) => `tag:yaml.org,2002:${name}`,
);

/**
 * Visits every node of a document once, and refuses syntax that kubectl's parser reads differently from ours: in
 * `{?privileged: true}` it reads the field `privileged`, in `[!x, SYS_ADMIN]` the tag includes the comma, and in `{a:}`
 * the key ends with a colon.
 * @throws YamlFaultError if a document contains such syntax
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
        throw new YamlFaultError('the name of an anchor has other characters than letters, digits, - and _', node);
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
    throw new YamlFaultError('a value is missing: expected a value, null, or quotes if it is empty', node);
  }
  if (inFlow && /^[?:]/.test(node.source ?? '')) {
    throw new YamlFaultError('a value in braces or brackets begins with ? or : expected quotes around it', node);
  }
}

/** @throws YamlFaultError if a node is nested deeper than in any Kubernetes object */
export function refuseTooDeep(node: Node | null, depth: number): void {
  if (depth > MOST_LEVELS) throw new YamlFaultError(TOO_DEEP, node);
}

export const TOO_DEEP = `nested deeper than ${MOST_LEVELS} levels`;

/** Returns the offset at which a node begins. */
export function offsetOf(node: Node | null | undefined): number {
  return node?.range?.[0] ?? 0;
}
