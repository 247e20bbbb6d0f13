import type { Expression, Node, Statement } from 'oxc-parser';

/** One way to break a program: the text between two offsets becomes another. */
export interface Edit {
  readonly operator: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The source text of a node. */
export type Source = (node: { readonly start: number; readonly end: number }) => string;

/** How each kind of node is broken; what stands in types is never asked. */
type Operators = { readonly [T in Node['type']]?: (node: Extract<Node, { type: T }>, source: Source) => Edit[] };

const BOUNDARIES: Readonly<Record<string, string>> = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };
const OPPOSITES: Readonly<Record<string, string>> = {
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
  '===': '!==',
  '!==': '===',
  '==': '!=',
  '!=': '==',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
};
const ASSIGNMENTS: Readonly<Record<string, string>> = { '+=': '-=', '-=': '+=', '??=': '=', '||=': '=', '&&=': '=' };
const METHODS: ReadonlyMap<string, string> = new Map([
  ['every', 'some'],
  ['some', 'every'],
  ['endsWith', 'startsWith'],
  ['startsWith', 'endsWith'],
  ['max', 'min'],
  ['min', 'max'],
]);
/** Calls that give what they are called on in another form: `a.filter(f)` becomes `a`. */
const FORMS = ['filter', 'slice', 'sort', 'toSorted', 'toLowerCase', 'toUpperCase', 'trim', 'reverse'];

export const OPERATORS: Operators = {
  ArrayExpression({ elements }) {
    // Rows of tables and words of lists; what is computed is broken where it is computed.
    const isRow = elements.length > 1 && elements.every((each) => each && isLiteral(each));
    return isRow ? withoutEach('drop an element', elements as readonly Node[]) : [];
  },

  ArrowFunctionExpression: ({ body }) => emptied(body as Node),

  AssignmentExpression: (node, source) => {
    const other = ASSIGNMENTS[node.operator];
    return other ? [edit('another assignment', node, `${source(node.left)} ${other} ${source(node.right)}`)] : [];
  },

  BinaryExpression(node, source) {
    const write = (operator: string) => `${source(node.left)} ${operator} ${source(node.right)}`;
    const boundary = BOUNDARIES[node.operator];
    const opposite = OPPOSITES[node.operator];
    if (node.operator === 'in') return [edit('negate', node, `!(${source(node)})`)];
    return [
      ...(boundary ? [edit('move a boundary', node, write(boundary))] : []),
      ...(opposite ? [edit('opposite operator', node, write(opposite))] : []),
    ];
  },

  CallExpression(node, source) {
    if (node.callee.type !== 'MemberExpression' || node.callee.computed) return [];
    const { object, property } = node.callee;
    const name = source(property);
    const other = METHODS.get(name);
    return [
      ...(other ? [edit('another method', property, other)] : []),
      ...(FORMS.includes(name) ? [edit('drop a call', node, source(object))] : []),
    ];
  },

  ConditionalExpression: (node, source) => [
    edit('swap branches', node, `${source(node.test)} ? ${source(node.alternate)} : ${source(node.consequent)}`),
  ],

  ContinueStatement: (node) => [edit('drop a jump', node, ';')],

  DoWhileStatement: ({ test }, source) => negated(test, source),

  ExpressionStatement(node) {
    const { type } = withoutAwait(node.expression);
    if (type === 'CallExpression' || type === 'ChainExpression') return [edit('drop a call', node, ';')];
    return type === 'AssignmentExpression' ? [edit('drop an assignment', node, ';')] : [];
  },

  IfStatement: (node, source) => [
    ...negated(node.test, source),
    ...(!node.alternate && leaves(node.consequent) ? [edit('drop a guard', node, ';')] : []),
  ],

  Literal(node) {
    if (node.value === true || node.value === false) return [edit('flip a boolean', node, String(!node.value))];
    if (typeof node.value === 'number') {
      return [node.value + 1, node.value - 1].map((value) => edit('off by one', node, String(value)));
    }
    if (typeof node.value === 'string') return [edit('another text', node, node.value === '' ? "'mutant'" : "''")];
    if (!('regex' in node)) return [];
    const { pattern, flags } = node.regex;
    const write = (changed: string) => edit('loosen a pattern', node, `/${changed}/${flags}`);
    return [
      ...(pattern.startsWith('^') ? [write(pattern.slice(1) || '(?:)')] : []),
      ...(pattern.endsWith('$') && !pattern.endsWith('\\$') ? [write(pattern.slice(0, -1) || '(?:)')] : []),
      ...(flags.includes('i') ? [edit('loosen a pattern', node, `/${pattern}/${flags.replace('i', '')}`)] : []),
    ];
  },

  LogicalExpression(node, source) {
    const [left, right] = [source(node.left), source(node.right)];
    if (node.operator === '??') return [edit('drop a default', node, left)];
    const other = node.operator === '&&' ? '||' : '&&';
    return [
      edit('and for or', node, `(${left} ${other} ${right})`),
      edit('drop an operand', node, left),
      edit('drop an operand', node, right),
    ];
  },

  MemberExpression(node, source) {
    const { object, property, computed, optional } = node;
    if (!optional) return [];
    return [
      edit(
        'no optional chain',
        node,
        `${source(object)}${computed ? `[${source(property)}]` : `.${source(property)}`}`,
      ),
    ];
  },

  ObjectExpression({ properties }) {
    if (properties.length < 2) return [];
    return properties.flatMap((property, index) => {
      const value = property.type === 'SpreadElement' ? property.argument : property.value;
      return property.type === 'SpreadElement' || isLiteral(value) ? without('drop a property', properties, index) : [];
    });
  },

  ReturnStatement: ({ argument }) => (argument ? emptied(argument) : []),

  SwitchCase: ({ test, consequent }) =>
    test && consequent.length > 0 ? [edit('never this case', test, `(${NEVER} as never)`)] : [],

  TemplateLiteral: ({ quasis }) =>
    // A piece of a template reaches over its delimiters, as TypeScript counts: the backtick, `}` and `${`.
    quasis
      .filter(({ value }) => value.raw.trim() !== '')
      .map(({ start, end, tail }) => edit('another text', { start: start + 1, end: end - (tail ? 1 : 2) }, '')),

  UnaryExpression(node, source) {
    if (node.operator === '!') return [edit('drop a negation', node, source(node.argument))];
    return node.operator === '-' ? [edit('drop a sign', node, source(node.argument))] : [];
  },

  UpdateExpression: (node, source) => [
    edit('opposite operator', node, `${source(node.argument)}${node.operator === '++' ? '--' : '++'}`),
  ],

  WhileStatement: ({ test }, source) => negated(test, source),
};

/** No case of a switch is this. */
const NEVER = "'mutant'";

function edit(operator: string, { start, end }: { start: number; end: number }, text: string): Edit {
  return { operator, start, end, text };
}

/** A condition turned round; comparisons and negations have operators of their own that do the same. */
function negated(test: Expression, source: Source): Edit[] {
  const isOwn =
    (test.type === 'BinaryExpression' && Object.hasOwn(OPPOSITES, test.operator)) ||
    (test.type === 'UnaryExpression' && test.operator === '!');
  return isOwn ? [] : [edit('negate', test, `!(${source(test)})`)];
}

/** A list that is returned becomes an empty one. */
function emptied(value: Node): Edit[] {
  const isList = value.type === 'ArrayExpression' && value.elements.length > 0;
  return isList ? [edit('return nothing', value, '[]')] : [];
}

function withoutEach(operator: string, nodes: readonly Node[]): Edit[] {
  return nodes.flatMap((_, index) => without(operator, nodes, index));
}

/** Takes one out of a list of nodes, with the comma on one side of it. */
function without(operator: string, nodes: readonly Node[], index: number): Edit[] {
  const [node, before, after] = [nodes[index], nodes[index - 1], nodes[index + 1]];
  if (!node) return [];
  const start = after || !before ? node.start : before.end;
  return [{ operator, start, end: after ? after.start : node.end, text: '' }];
}

/** Whether a value is written out, and not computed. */
function isLiteral(node: Node): boolean {
  switch (node.type) {
    case 'Literal':
      return true;
    case 'ObjectExpression':
      return node.properties.every((each) => each.type === 'Property' && isLiteral(each.value));
    case 'ArrayExpression':
      return node.elements.every((each) => each !== null && isLiteral(each));
    default:
      return false;
  }
}

function withoutAwait(expression: Expression): Expression {
  return expression.type === 'AwaitExpression' ? expression.argument : expression;
}

/** Whether a branch ends the function or the round of the loop that it stands in. */
function leaves(statement: Statement): boolean {
  if (statement.type === 'BlockStatement') {
    const last = statement.body.at(-1);
    return last !== undefined && leaves(last);
  }
  return ['ReturnStatement', 'ThrowStatement', 'ContinueStatement', 'BreakStatement'].includes(statement.type);
}
