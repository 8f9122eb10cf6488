/**
 * Finds files by what someone typed of their path, as for `@file` in an instruction.
 */

export interface RankedPath {
  readonly path: string;
  /** From 0, exclusive, to 1; comparable for one query only. */
  readonly score: number;
}

/**
 * Returns the paths that a query may mean, best first: those that hold its characters in order.
 * The file's name counts more than its folders, the beginnings of words more than their middles,
 * and shorter paths come first among equals. An empty query finds the recent paths, then all.
 *
 * @param recent paths used lately, the latest first; they win against equals.
 */
export function rankPaths(
  query: string,
  paths: readonly string[],
  limit: number,
  recent: readonly string[] = [],
): RankedPath[] {
  const wanted = query
    .trim()
    .replaceAll('\\', '/')
    .replace(/^\.?\//, '');
  const recency = new Map(recent.map((path, index) => [path, 0.05 / (1 + index)]));
  const ranked: RankedPath[] = [];
  for (const path of paths) {
    const score = wanted === '' ? 0.5 : match(wanted, path);
    if (score > 0) {
      ranked.push({ path, score: Math.min(1, score + (recency.get(path) ?? 0)) });
    }
  }
  return ranked.sort(compare).slice(0, limit);
}

/**
 * Returns the one path that a mention names: the path itself, or the end of exactly one path.
 * Undefined when none or several fit.
 */
export function resolvePath(mention: string, paths: readonly string[]): string | undefined {
  const wanted = mention
    .trim()
    .replaceAll('\\', '/')
    .replace(/^\.?\//, '');
  if (wanted === '') {
    return undefined;
  }
  if (paths.includes(wanted)) {
    return wanted;
  }
  const lower = wanted.toLowerCase();
  const ends = paths.filter((path) => `/${path.toLowerCase()}`.endsWith(`/${lower}`));
  return ends.length === 1 ? ends[0] : undefined;
}

function compare(a: RankedPath, b: RankedPath): number {
  return (
    b.score - a.score ||
    a.path.length - b.path.length ||
    (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)
  );
}

function match(query: string, path: string): number {
  const lower = path.toLowerCase();
  const wanted = query.toLowerCase();
  const name = lower.slice(lower.lastIndexOf('/') + 1);
  if (lower === wanted) {
    return 1;
  }
  if (name === wanted || `/${lower}`.endsWith(`/${wanted}`)) {
    return 0.95;
  }
  if (name.startsWith(wanted)) {
    return 0.8 + (0.1 * wanted.length) / name.length;
  }
  const inName = wanted.includes('/') ? 0 : spread(wanted, name, path.slice(-name.length));
  if (inName > 0) {
    return 0.4 + 0.4 * inName;
  }
  return 0.4 * spread(wanted, lower, path);
}

/**
 * How well a query's characters stand in a text in order, from 0, not at all, to 1. Beginnings of
 * words and neighbours count most.
 *
 * @param original the text before it was made lower case, for the humps in its words.
 */
function spread(query: string, text: string, original: string): number {
  const cased = original.length === text.length ? original : text;
  const at = text.indexOf(query);
  if (at >= 0) {
    return isWordStart(cased, at) ? 1 : 0.8;
  }
  return walk(query, text, cased, nextPlace) || walk(query, text, cased, firstPlace);
}

/** Where to look for the next character of a query; -1 when it is nowhere. */
type Step = (
  character: string,
  text: string,
  original: string,
  from: number,
  previous: number,
) => number;

function walk(query: string, text: string, original: string, step: Step): number {
  let score = 0;
  let from = 0;
  let previous = -2;
  for (const character of query) {
    const at = step(character, text, original, from, previous);
    if (at < 0) {
      return 0;
    }
    score += at === previous + 1 ? 1 : isWordStart(original, at) ? 0.9 : 0.3;
    previous = at;
    from = at + 1;
  }
  return score / query.length;
}

const firstPlace: Step = (character, text, _original, from) => text.indexOf(character, from);

/** Prefers the neighbour, then the next beginning of a word, then any place. */
const nextPlace: Step = (character, text, original, from, previous) => {
  const first = text.indexOf(character, from);
  if (first < 0 || first === previous + 1) {
    return first;
  }
  for (let at = first; at >= 0; at = text.indexOf(character, at + 1)) {
    if (isWordStart(original, at)) {
      return at;
    }
  }
  return first;
};

function isWordStart(text: string, at: number): boolean {
  if (at === 0) {
    return true;
  }
  const before = text.charAt(at - 1);
  const here = text.charAt(at);
  return /[/_.\-\s]/.test(before) || (/[a-z0-9]/.test(before) && /[A-Z]/.test(here));
}
