import type { LabelRequirement, LabelSelector } from '../k8s/selectors.ts';

const TOKEN = /^[ \t]*(?:(&&|==|!=|[!(){},])|"([^"]*)"|'([^']*)'|([a-zA-Z0-9_./-]+))/;
/** Each parenthesis is a call of the parser inside of another. */
const LONGEST = 2000;

interface Token {
  readonly kind: 'sign' | 'word' | 'text';
  readonly value: string;
}

/**
 * The selector that an expression of Calico's means; undefined where it is more than requirements that all hold. The
 * empty expression selects everything.
 *
 * Source: projectcalico/calico@039a259: libcalico-go/lib/selector/{parser,tokenizer}.
 */
export function parseCalicoSelector(expression: string): LabelSelector | undefined {
  const tokens = tokensOf(expression);
  if (!tokens) return undefined;
  if (tokens.length === 0) return {};
  const parser = new Parser(tokens);
  const requirements = parser.all();
  return requirements && parser.isAtEnd() ? { matchExpressions: requirements } : undefined;
}

function tokensOf(expression: string): readonly Token[] | undefined {
  if (expression.length > LONGEST) return undefined;
  const tokens: Token[] = [];
  let rest = expression.replace(/[ \t]+$/, '');
  while (rest !== '') {
    const match = TOKEN.exec(rest);
    if (!match) return undefined;
    const [whole, sign, double, single, word] = match;
    if (sign !== undefined) tokens.push({ kind: 'sign', value: sign });
    else if (word !== undefined) tokens.push({ kind: 'word', value: word });
    else tokens.push({ kind: 'text', value: double ?? single ?? '' });
    rest = rest.slice(whole.length);
  }
  return tokens;
}

type Requirements = readonly LabelRequirement[] | undefined;

/** Reads terms that are joined by `&&`. Undefined wherever something else stands. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  isAtEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  all(): Requirements {
    const all: LabelRequirement[] = [];
    do {
      const term = this.#term();
      if (!term) return undefined;
      all.push(...term);
    } while (this.#sign('&&'));
    return all;
  }

  #term(): Requirements {
    if (this.#sign('(')) {
      const inner = this.all();
      return this.#sign(')') ? inner : undefined;
    }
    const negated = this.#sign('!');
    const word = this.#next('word');
    if (word === undefined) return undefined;
    if (this.#sign('(')) return this.#call(word, negated);
    return negated ? undefined : this.#comparison(word);
  }

  #call(name: string, negated: boolean): Requirements {
    if (name === 'all' && !negated) return this.#sign(')') ? [] : undefined;
    const key = name === 'has' ? this.#next('word') : undefined;
    if (key === undefined || !this.#sign(')')) return undefined;
    return [{ key, operator: negated ? 'DoesNotExist' : 'Exists', values: [] }];
  }

  #comparison(key: string): Requirements {
    for (const [sign, operator] of COMPARISONS) {
      if (!this.#sign(sign)) continue;
      const value = this.#next('text');
      return value === undefined ? undefined : [{ key, operator, values: [value] }];
    }
    const first = this.#next('word');
    const operator = first === 'in' ? 'In' : first === 'not' && this.#next('word') === 'in' ? 'NotIn' : undefined;
    const values = operator && this.#set();
    return values && [{ key, operator, values }];
  }

  #set(): readonly string[] | undefined {
    if (!this.#sign('{')) return undefined;
    const values: string[] = [];
    for (let value = this.#next('text'); value !== undefined; value = this.#next('text')) {
      values.push(value);
      if (!this.#sign(',')) break;
    }
    return this.#sign('}') ? values : undefined;
  }

  /** Goes past a sign, if it stands here. */
  #sign(value: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'sign' || token.value !== value) return false;
    this.#at += 1;
    return true;
  }

  #next(kind: 'word' | 'text'): string | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== kind) return undefined;
    this.#at += 1;
    return token.value;
  }
}

const COMPARISONS = [
  ['==', 'In'],
  ['!=', 'NotIn'],
] as const;
