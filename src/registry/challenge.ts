/** One way to authenticate that a registry offers with status 401. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const PARAMETER = /[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/y;
const SEPARATOR = /[ \t,]*/y;

/** Reads WWW-Authenticate (RFC 9110, 11.6.1), up to what cannot be read. */
export function parseChallenges(header: string | undefined): readonly Challenge[] {
  const text = header ?? '';
  const found: Challenge[] = [];
  let at = skip(text, 0);
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const scheme = TOKEN.exec(text)?.[0];
    if (scheme === undefined) break;
    at = TOKEN.lastIndex;
    const parameters = new Map<string, string>();
    for (let next = parameterAt(text, at); next !== undefined; next = parameterAt(text, at)) {
      // The first of a name counts: a second one would be somebody's addition.
      if (!parameters.has(next.name)) parameters.set(next.name, next.value);
      at = next.end;
    }
    found.push({ scheme: scheme.toLowerCase(), parameters });
    at = skip(text, at);
  }
  return found;
}

function parameterAt(text: string, at: number): { name: string; value: string; end: number } | undefined {
  PARAMETER.lastIndex = skip(text, at);
  const [, name, quoted, bare] = PARAMETER.exec(text) ?? [];
  if (name === undefined) return undefined;
  const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? bare ?? '';
  return { name: name.toLowerCase(), value, end: PARAMETER.lastIndex };
}

function skip(text: string, at: number): number {
  SEPARATOR.lastIndex = at;
  SEPARATOR.exec(text);
  return SEPARATOR.lastIndex;
}
