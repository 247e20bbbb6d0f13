import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');

interface Import {
  /** From `src/`, or the name of a package. */
  readonly target: string;
  /** Gone at run time. */
  readonly typeOnly: boolean;
}

interface SourceFile {
  /** From `src/`. */
  readonly path: string;
  readonly text: string;
  /** Without comments. */
  readonly code: string;
  readonly imports: readonly Import[];
}

const FILES = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
  .sort()
  .map(readSource);

/**
 * The order of the floors: each imports only from those before it, and from itself. What stands on one floor does not
 * know its neighbours.
 */
const FLOORS: readonly (readonly string[])[] = [
  ['k8s', 'certificates'],
  ['engine'],
  // What a promise knows: one folder per promise.
  ['images', 'storage', 'network'],
  ['settings.ts'],
  ['facts'],
  ['rules'],
  ['config'],
  ['judge.ts'],
  ['runtime', 'telemetry'],
  ['cluster', 'manifests', 'registry', 'sigstore'],
  ['registration', 'audit'],
  ['docs', 'serve'],
  ['chart'],
  ['cli'],
  ['main.ts'],
];
/** Up to here nothing has effects: no clock, no network, no file. */
const PURE = FLOORS.slice(0, 6).flat();
const PURE_PACKAGES = ['zod', 're2js'];
/** A hash is the same everywhere and opens nothing. */
const HASHES = { path: 'storage/attestations.ts', target: 'node:crypto' };
/** Modules that open a file or a socket. */
const EFFECTS =
  /^(node:(child_process|cluster|dgram|dns|fs|http|http2|https|net|tls|worker_threads)(\/.*)?|undici|@kubernetes\/client-node)$/;

describe('the layers', () => {
  it('are all looked at', () => {
    expect(FILES.length).toBeGreaterThan(50);
    expect(FILES.flatMap(({ imports }) => imports).length).toBeGreaterThan(FILES.length);
  });

  it('are known for every file', () => {
    const homeless = FILES.filter(({ path }) => floorOf(path) === -1);
    expect(homeless.map(({ path }) => path)).toEqual([]);
  });

  it('import only from the floors before them, and from themselves', () => {
    const wrong = FILES.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => isSource(target) && layerOf(target) !== layerOf(path))
        .filter(({ target }) => floorOf(target) >= floorOf(path))
        .map(({ target }) => `${path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('that decide import no packages but zod and re2js', () => {
    const wrong = FILES.filter(({ path }) => PURE.includes(layerOf(path))).flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => !isSource(target) && !PURE_PACKAGES.includes(target))
        .filter(({ target }) => path !== HASHES.path || target !== HASHES.target)
        .map(({ target }) => `${path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('that decide know no clock and no chance', () => {
    const wrong = FILES.filter(
      ({ path, code }) =>
        PURE.includes(layerOf(path)) && /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\b/.test(code),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('leave files and sockets to the adapters, to the server and to the loader of the configuration', () => {
    const adapters = ['cluster', 'manifests', 'registry', 'sigstore', 'telemetry', 'runtime'];
    const allowed = (path: string) =>
      adapters.includes(layerOf(path)) || path === 'serve/server.ts' || path === 'config/load.ts';
    const wrong = FILES.filter(({ path }) => !allowed(path)).flatMap(({ path, code, imports }) => [
      ...imports
        .filter(({ target, typeOnly }) => !typeOnly && EFFECTS.test(target))
        .map(({ target }) => `${path} imports ${target}`),
      ...(/(?<![.\w])(fetch|WebSocket)\(/.test(code) ? [`${path} opens a connection`] : []),
    ]);
    expect(wrong).toEqual([]);
  });

  it('leave express to serve/app.ts', () => {
    const users = FILES.filter(({ imports }) => imports.some(({ target }) => target === 'express'));
    expect(users.map(({ path }) => path)).toEqual(['serve/app.ts']);
  });

  it('leave the process to main.ts', () => {
    const users = FILES.filter(
      ({ code, imports }) =>
        /(?<![\w-])process\??[.[]/.test(code) || imports.some(({ target }) => /^(node:)?process$/.test(target)),
    );
    expect(users.map(({ path }) => path)).toEqual(['main.ts']);
  });

  it('import nothing from outside src/ but the version, and that in main.ts', () => {
    const outside = FILES.flatMap(({ path, imports }) =>
      imports.filter(({ target }) => target.startsWith('..')).map(({ target }) => `${path} imports ${target}`),
    );
    expect(outside).toEqual(['main.ts imports ../package.json']);
  });

  it('have no cycles, not even of types', () => {
    expect(cycles()).toEqual([]);
  });
});

describe('every source file', () => {
  it('is under 300 lines', () => {
    const long = FILES.filter(({ text }) => text.split('\n').length > 300);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  it('has named exports only', () => {
    const wrong = FILES.filter(({ code }) => /\bexport default\b|\bas default\b/.test(code));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('is named in kebab case, and for what it holds', () => {
    const wrong = FILES.filter(({ path }) => !/^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(path));
    expect(wrong.map(({ path }) => path)).toEqual([]);
    const vague = FILES.filter(({ path }) => /(^|\/)(utils?|helpers?|common|misc)(\.ts|\/)/.test(path));
    expect(vague.map(({ path }) => path)).toEqual([]);
  });
});

describe('every file of the repository', () => {
  it('names no place of the machine on which it was written', () => {
    const list = ['-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'];
    const files = execFileSync('git', list, { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 })
      .split('\0')
      .filter((path) => path !== '');
    expect(files.length).toBeGreaterThan(200);
    const place = /(?<![\w.~-])\/(work|workspaces?|Users\/\w+|home\/(?!nonroot\b)\w+)\//;
    const wrong = files.flatMap((path) => {
      const found = place.exec(readIfThere(join(ROOT, path)));
      return found ? [`${path} names ${found[0]}`] : [];
    });
    expect(wrong).toEqual([]);
  });
});

function readSource(path: string): SourceFile {
  const text = readFileSync(join(SRC, path), 'utf8');
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
  const imports: Import[] = [];
  for (const [, clause = '', from] of code.matchAll(/^(?:import|export)\s+([^'";]*?)\s*from\s+'([^']+)'/gm)) {
    imports.push({ target: targetOf(path, from ?? ''), typeOnly: isTypeOnly(clause) });
  }
  for (const [, from] of code.matchAll(/(?:\bimport\(|^import\s+)'([^']+)'/gm)) {
    imports.push({ target: targetOf(path, from ?? ''), typeOnly: false });
  }
  return { path, text, code, imports };
}

/** `type { A }`, or `{ type A, type B }`. */
function isTypeOnly(clause: string): boolean {
  if (clause.startsWith('type ')) return true;
  const names = /^\{(.*)\}$/s.exec(clause)?.[1]?.split(',') ?? [''];
  return names.every((name) => name.trim() === '' || name.trim().startsWith('type ')) && clause.startsWith('{');
}

function targetOf(path: string, from: string): string {
  return from.startsWith('.') ? relative(SRC, resolve(SRC, dirname(path), from)) : from;
}

/** Whether an import is of a file below `src/`. */
function isSource(target: string): boolean {
  return target.endsWith('.ts') && !target.startsWith('..');
}

/** The first folder of a path below `src/`, or the file itself where it lies in none. */
function layerOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : path;
}

function floorOf(path: string): number {
  return FLOORS.findIndex((floor) => floor.includes(layerOf(path)));
}

function cycles(): string[] {
  const edges = new Map(FILES.map(({ path, imports }) => [path, imports.map(({ target }) => target)]));
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, above: readonly string[]): void => {
    const start = above.indexOf(path);
    if (start !== -1) found.push([...above.slice(start), path].join(' -> '));
    if (start !== -1 || done.has(path)) return;
    for (const target of edges.get(path) ?? []) visit(target, [...above, path]);
    done.add(path);
  };
  for (const { path } of FILES) visit(path, []);
  return found;
}

/** Empty for what the index still names and nobody has any more. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
