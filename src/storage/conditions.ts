import type { Finding } from '../engine/rule.ts';
import { type Parameters, secretKey, setTo } from './parameters.ts';
import type { Condition, FlagReading } from './provisioner.ts';

/** What is wrong where a condition does not hold; empty where it does. Paths begin at the class. */
export function conditionProblems(condition: Condition, parameters: Parameters, flags: FlagReading): Finding[] {
  switch (condition.kind) {
    case 'all':
      return condition.of.flatMap((part) => conditionProblems(part, parameters, flags));
    case 'any':
      return anyProblems(condition.of, parameters, flags);
    case 'true':
      return flagProblems(condition.key, parameters, flags);
    case 'secret':
      return secretProblems(condition, parameters);
    case 'no-secret':
      return noSecretProblems(condition, parameters);
    default:
      return valueProblems(condition, parameters);
  }
}

/** The way that is nearest to what the class says; of equals the first, which is the one to advise. */
function anyProblems(ways: readonly Condition[], parameters: Parameters, flags: FlagReading): Finding[] {
  const each = ways.map((way) => conditionProblems(way, parameters, flags));
  const least = Math.min(...each.map(({ length }) => length));
  const begun = each.findIndex((problems, i) => problems.length > 0 && isBegun(ways[i], parameters));
  if (least === 0) return [];
  return each[begun] ?? each.find(({ length }) => length === least) ?? [];
}

/** Whether a class sets what makes this way one of its own. */
function isBegun(way: Condition | undefined, parameters: Parameters): boolean {
  const keys = way ? keysOf(way) : [];
  return keys.some((key) => parameters.get(key) !== undefined);
}

const ON: Readonly<Record<FlagReading, string>> = {
  off: 'write "true", for this driver silently reads anything else as off',
  refused: 'write "true", for this driver takes no other word for it',
  go: 'write "true", the one word for it that every driver reads as on',
  words: 'write "true", the one word for it that every driver reads as on',
};

function flagProblems(key: string, parameters: Parameters, flags: FlagReading): Finding[] {
  const value = parameters.get(key);
  if (value === 'true') return [];
  if (value === undefined) return notSet(key, parameters, 'set it to "true"');
  const required = value === 'false' ? 'set it to "true"' : ON[flags];
  return [{ path: parameters.pathOf(key), value: JSON.stringify(value), required }];
}

function valueProblems(
  condition: Extract<Condition, { kind: 'one-of' | 'set' | 'not-set' | 'lists' | 'lists-none' }>,
  parameters: Parameters,
): Finding[] {
  const { key } = condition;
  const value = parameters.get(key);
  const path = parameters.pathOf(key);
  switch (condition.kind) {
    case 'one-of': {
      const { values, orNotSet, note } = condition;
      const required = note === undefined ? setTo(values) : `${setTo(values)}, ${note}`;
      if (value === undefined) return orNotSet ? [] : notSet(key, parameters, required);
      if (values.includes(value)) return [];
      return [{ path, value, required: orNotSet ? `${required}, or leave it out` : required }];
    }
    case 'set':
      return value === undefined ? notSet(key, parameters, 'set it') : [];
    case 'not-set':
      return value === undefined ? [] : [{ path, found: 'is set', required: `leave it out: ${condition.why}` }];
    case 'lists': {
      const required = `write ${condition.word} as one of its words`;
      if (value === undefined) return notSet(key, parameters, required);
      return wordsOf(value).includes(condition.word) ? [] : [{ path, value, required }];
    }
    case 'lists-none': {
      const words = wordsOf(value ?? '').filter((word) =>
        word.toLowerCase().startsWith(condition.prefix.toLowerCase()),
      );
      return words.map((word) => ({ path, value: word, required: `leave it out: ${condition.why}` }));
    }
  }
}

/** A parameter that the driver does not find: nobody wrote it, or it stands there in another case. */
function notSet(key: string, parameters: Parameters, required: string): Finding[] {
  const misspelt = parameters.misspelt(key);
  if (misspelt === undefined) return [{ path: parameters.pathOf(key), required }];
  const found = `stands there as ${misspelt}, which this driver does not read`;
  return [{ path: parameters.pathOf(key), found, required: `write the key as ${key}, and ${required}` }];
}

function wordsOf(list: string): string[] {
  return list.split(/[\s,]+/).filter((word) => word !== '');
}

function secretProblems(
  { secret: source, orTemplate }: Extract<Condition, { kind: 'secret' }>,
  parameters: Parameters,
): Finding[] {
  const secret = parameters.secret(source);
  if ('problem' in secret) return orTemplate && secret.template ? [] : [secret.problem];
  if (secret.ref) return [];
  return notSet(secretKey(source), parameters, 'name the Secret that holds the key, and its namespace');
}

function noSecretProblems({ call, why }: Extract<Condition, { kind: 'no-secret' }>, parameters: Parameters): Finding[] {
  const secret = parameters.secret({ call });
  const path = 'problem' in secret ? secret.problem.path : secret.path;
  if (path === undefined) return [];
  return [{ path, found: 'names a Secret', required: `leave it out: ${why}` }];
}

/** The parameters that a condition looks at, Secrets aside. */
export function keysOf(condition: Condition): readonly string[] {
  if (condition.kind === 'all' || condition.kind === 'any') return condition.of.flatMap(keysOf);
  if (condition.kind === 'secret') {
    if ('call' in condition.secret) return [];
    return 'pathKey' in condition.secret
      ? [condition.secret.pathKey]
      : [condition.secret.nameKey, condition.secret.namespaceKey];
  }
  return condition.kind === 'no-secret' ? [] : [condition.key];
}

/** Where a condition names a Secret that holds a key. */
export function secretsOf(condition: Condition): readonly Extract<Condition, { kind: 'secret' }>[] {
  if (condition.kind === 'all' || condition.kind === 'any') return condition.of.flatMap(secretsOf);
  return condition.kind === 'secret' ? [condition] : [];
}
