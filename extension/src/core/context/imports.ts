import type { PlacedIdentifier } from './identifiers.js';

/**
 * What a file imports, by reading its import lines: which files of the workspace that may be, for
 * languages whose server is not installed, and which names.
 */

/** Files that an import line may mean, the likeliest first; the first that exists is meant. */
export type ImportCandidates = readonly string[];

const MOST_LINES = 400;
const SCRIPT_ENDINGS = ['.ts', '.tsx', '.js', '.jsx', '.mts', '.mjs', '.d.ts', '.vue', '.svelte'];

/**
 * Returns the candidates of every import, as paths relative to the workspace folder.
 *
 * @param path of the importing file, relative to the workspace folder.
 */
export function importsOf(
  lines: readonly string[],
  language: string,
  path: string,
): ImportCandidates[] {
  const read = READERS[language];
  const folder = path.split('/').slice(0, -1);
  return read
    ? lines
        .slice(0, MOST_LINES)
        .flatMap((line) => read(line, folder))
        .map((candidates) => candidates.filter((candidate) => candidate !== path))
        .filter((candidates) => candidates.length > 0)
    : [];
}

const SCRIPT_NAMES = /^import\s+(?:type\s+)?(?:\w+\s*,\s*)?\{([^}]*)\}\s*from\s*['"]\.{1,2}\//gm;
const PYTHON_NAMES = /^from\s+[.\w]+\s+import\s+(?:\(([^)]*)\)|([^(\n]+))/gm;
/** Someone who has imported a name is likely to use it, but where is not known. */
const IMPORTED_WEIGHT = 0.1;

/** Returns the names that a file imports from others of its project, the last ones first. */
export function importedNames(lines: readonly string[], language: string): PlacedIdentifier[] {
  const pattern = READERS[language] === scriptImports ? SCRIPT_NAMES : PYTHON_NAMES;
  if (pattern === PYTHON_NAMES && language !== 'python') {
    return [];
  }
  const text = lines.slice(0, MOST_LINES).join('\n');
  const found: PlacedIdentifier[] = [];
  for (const statement of text.matchAll(pattern)) {
    const list = statement[1] ?? statement[2] ?? '';
    const start = statement.index + statement[0].indexOf(list);
    for (const name of list.matchAll(/(?:^|[,{(\n])\s*(?:type\s+)?([A-Za-z_$][\w$]*)/g)) {
      const offset = start + name.index + name[0].length - (name[1]?.length ?? 0);
      found.push({
        name: name[1] ?? '',
        position: positionIn(text, offset),
        weight: IMPORTED_WEIGHT,
        isMember: false,
      });
    }
  }
  return found.reverse();
}

function positionIn(text: string, offset: number): { line: number; character: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
}

type Reader = (line: string, folder: readonly string[]) => string[][];

const READERS: Readonly<Record<string, Reader>> = {
  python: pythonImports,
  typescript: scriptImports,
  typescriptreact: scriptImports,
  javascript: scriptImports,
  javascriptreact: scriptImports,
  vue: scriptImports,
  svelte: scriptImports,
  c: includes,
  cpp: includes,
};

function pythonImports(line: string, folder: readonly string[]): string[][] {
  const from = /^\s*from\s+(\.*)([\w.]*)\s+import\s+\(?\s*([\w\s,*]*)/.exec(line);
  if (from) {
    const [, dots = '', module = '', names = ''] = from;
    const parts = module.split('.').filter(Boolean);
    const members = names.split(',').map((name) => name.trim().split(/\s/)[0] ?? '');
    return [
      pythonFiles(folder, dots.length, parts),
      ...members
        .filter((name) => /^\w+$/.test(name))
        .map((name) => pythonFiles(folder, dots.length, [...parts, name])),
    ];
  }
  const plain = /^\s*import\s+([\w.]+(?:\s+as\s+\w+)?(?:\s*,\s*[\w.]+(?:\s+as\s+\w+)?)*)/.exec(
    line,
  );
  return (plain?.[1]?.split(',') ?? []).map((name) =>
    pythonFiles(folder, 0, (name.trim().split(/\s/)[0] ?? '').split('.')),
  );
}

/** A module can begin at the file's own folder or at any folder above it. */
function pythonFiles(folder: readonly string[], dots: number, parts: readonly string[]): string[] {
  if (parts.length === 0) {
    return [];
  }
  const roots =
    dots > 0
      ? [folder.slice(0, Math.max(0, folder.length - dots + 1))]
      : [...folder.map((_, index) => folder.slice(0, folder.length - index)), [], ['src']];
  return roots.flatMap((root) => {
    const path = [...root, ...parts].join('/');
    return [`${path}.py`, `${path}/__init__.py`];
  });
}

function scriptImports(line: string, folder: readonly string[]): string[][] {
  const found = /(?:\bfrom\s*|\brequire\s*\(\s*|\bimport\s*\(?\s*)(['"])(\.{1,2}\/[^'"]*)\1/.exec(
    line,
  );
  const target = found?.[2] === undefined ? undefined : resolved(folder, found[2]);
  if (target === undefined) {
    return [];
  }
  const bare = target.replace(/\.[cm]?jsx?$/, '');
  return [
    [
      ...(/\.\w+$/.test(target) && bare === target ? [target] : []),
      ...SCRIPT_ENDINGS.map((ending) => bare + ending),
      ...SCRIPT_ENDINGS.slice(0, 4).map((ending) => `${target}/index${ending}`),
    ],
  ];
}

function includes(line: string, folder: readonly string[]): string[][] {
  const name = /^\s*#\s*include\s+"([^"]+)"/.exec(line)?.[1];
  if (name === undefined) {
    return [];
  }
  const places = [resolved(folder, name), resolved([], name), resolved(['include'], name)];
  return [places.filter((place) => place !== undefined)];
}

/** Follows `.` and `..`; undefined for what lies above the workspace folder. */
function resolved(folder: readonly string[], relative: string): string | undefined {
  const parts = [...folder];
  for (const part of relative.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) {
        return undefined;
      }
    } else if (part !== '.' && part !== '') {
      parts.push(part);
    }
  }
  return parts.join('/');
}
