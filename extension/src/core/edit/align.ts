/** The smallest set of changed lines between two texts, found fast enough for every keystroke. */

import { diffArrays } from 'diff';

import type { Row, Splice } from './rows.js';

/** Most changed lines for which the very smallest diff is looked for; the cost grows with its square. */
const EXACT_CHANGES = 600;

/** A run of lines of both sides that are the same. */
interface Match {
  readonly a: number;
  readonly b: number;
  readonly length: number;
}

/**
 * Returns rows that turn `original` into `result` with the fewest changes; in every hunk the
 * removed rows come first. Texts with more than 600 changes among lines that both have get a
 * correct diff that may not be the smallest.
 */
export function alignLines(original: readonly string[], result: readonly string[]): Row[] {
  const rows: Row[] = [];
  let a = 0;
  let b = 0;
  const changed = (toA: number, toB: number): void => {
    for (; a < toA; a++) {
      rows.push({ kind: 'removed', text: original[a] ?? '' });
    }
    for (; b < toB; b++) {
      rows.push({ kind: 'added', text: result[b] ?? '' });
    }
  };
  for (const match of settleEdges(original, result, matchLines(original, result))) {
    changed(match.a, match.b);
    for (const end = match.a + match.length; a < end; a++, b++) {
      rows.push({ kind: 'kept', text: original[a] ?? '' });
    }
  }
  changed(original.length, result.length);
  return rows;
}

/** Returns the splices that turn `before` into `after`, the last line first. */
export function spliceLines(before: readonly string[], after: readonly string[]): Splice[] {
  const splices: Splice[] = [];
  let a = 0;
  let b = 0;
  const end: Match = { a: before.length, b: after.length, length: 0 };
  for (const match of [...matchLines(before, after), end]) {
    if (match.a > a || match.b > b) {
      splices.push({ start: a, remove: match.a - a, insert: after.slice(b, match.b) });
    }
    a = match.a + match.length;
    b = match.b + match.length;
  }
  return splices.reverse();
}

/** Returns the runs of equal lines, in order, none touching another on both sides. */
function matchLines(a: readonly string[], b: readonly string[]): Match[] {
  let head = 0;
  const shorter = Math.min(a.length, b.length);
  while (head < shorter && a[head] === b[head]) {
    head++;
  }
  let tail = 0;
  while (tail < shorter - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) {
    tail++;
  }
  const matches: Match[] = [{ a: 0, b: 0, length: head }];
  const insideA = commonLines(a, b, head, tail);
  const insideB = commonLines(b, a, head, tail);
  if (insideA.length > 0 && insideB.length > 0) {
    for (const [i, j] of pairLines(
      insideA.map((line) => a[line] ?? ''),
      insideB.map((line) => b[line] ?? ''),
    )) {
      matches.push({ a: insideA[i] ?? 0, b: insideB[j] ?? 0, length: 1 });
    }
  }
  matches.push({ a: a.length - tail, b: b.length - tail, length: tail });
  return joinRuns(matches);
}

/**
 * Returns the lines of `lines` between head and tail that `others` has there too. Only those can be
 * part of a match; leaving the rest out is what keeps a diff of two unlike texts fast.
 */
function commonLines(
  lines: readonly string[],
  others: readonly string[],
  head: number,
  tail: number,
): number[] {
  const there = new Set(others.slice(head, others.length - tail));
  const found: number[] = [];
  for (let line = head; line < lines.length - tail; line++) {
    if (there.has(lines[line] ?? '')) {
      found.push(line);
    }
  }
  return found;
}

function* pairLines(a: string[], b: string[]): Generator<readonly [number, number]> {
  const changes = diffArrays(a, b, { maxEditLength: EXACT_CHANGES });
  if (changes === undefined) {
    yield* pairUniqueLines(a, b);
    return;
  }
  let i = 0;
  let j = 0;
  for (const change of changes) {
    if (change.removed) {
      i += change.count;
    } else if (change.added) {
      j += change.count;
    } else {
      for (let n = 0; n < change.count; n++) {
        yield [i++, j++];
      }
    }
  }
}

/** Pairs lines that occur once on each side: the longest chain that keeps both orders. */
function pairUniqueLines(
  a: readonly string[],
  b: readonly string[],
): (readonly [number, number])[] {
  const inB = uniqueLines(b);
  const pairs = [...uniqueLines(a)]
    .flatMap(([text, i]) => {
      const j = inB.get(text);
      return j === undefined ? [] : [[i, j] as const];
    })
    .sort((one, other) => one[0] - other[0]);
  return longestChain(pairs);
}

function uniqueLines(lines: readonly string[]): Map<string, number> {
  const seen = new Map<string, number>();
  const repeated = new Set<string>();
  lines.forEach((text, index) => {
    if (seen.has(text)) {
      repeated.add(text);
    }
    seen.set(text, index);
  });
  for (const text of repeated) {
    seen.delete(text);
  }
  return seen;
}

/** Longest subsequence with a growing second figure, by patience sorting. */
function longestChain(
  pairs: readonly (readonly [number, number])[],
): (readonly [number, number])[] {
  const ends: number[] = [];
  const previous: number[] = [];
  pairs.forEach(([, j], index) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[ends[middle] ?? 0]?.[1] ?? 0) < j) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    previous[index] = low > 0 ? (ends[low - 1] ?? -1) : -1;
    ends[low] = index;
  });
  const chain: (readonly [number, number])[] = [];
  for (let at = ends.at(-1) ?? -1; at >= 0; at = previous[at] ?? -1) {
    const pair = pairs[at];
    if (pair) {
      chain.push(pair);
    }
  }
  return chain.reverse();
}

function joinRuns(matches: readonly Match[]): Match[] {
  const runs: Match[] = [];
  for (const match of matches) {
    const last = runs.at(-1);
    if (match.length === 0) {
      continue;
    }
    if (last && last.a + last.length === match.a && last.b + last.length === match.b) {
      runs[runs.length - 1] = { ...last, length: last.length + match.length };
    } else {
      runs.push(match);
    }
  }
  return runs;
}

/**
 * Moves pure insertions and deletions between two runs to where a reader expects them. A block
 * inserted between equal lines can often be cut in several places, all of the same size; the best
 * begins after an empty line or where the indentation is least.
 */
function settleEdges(
  original: readonly string[],
  result: readonly string[],
  runs: readonly Match[],
): Match[] {
  const settled: Match[] = [...runs];
  for (let index = 0; index + 1 < settled.length; index++) {
    const above = settled[index];
    const below = settled[index + 1];
    if (!above || !below) {
      break;
    }
    const inserts = above.a + above.length === below.a;
    const deletes = above.b + above.length === below.b;
    if (!inserts && !deletes) {
      continue;
    }
    const text = inserts ? result : original;
    const start = inserts ? above.b + above.length : above.a + above.length;
    const end = inserts ? below.b : below.a;
    const move = bestMove(text, start, end, above.length - 1, below.length - 1);
    settled[index] = { ...above, length: above.length + move };
    settled[index + 1] = {
      a: below.a + move,
      b: below.b + move,
      length: below.length - move,
    };
  }
  return settled;
}

/** How far to move the changed lines `start`–`end` of `text`, up (negative) or down, within limits. */
function bestMove(
  text: readonly string[],
  start: number,
  end: number,
  up: number,
  down: number,
): number {
  let best = 0;
  let bestCost = edgeCost(text, start, end);
  const consider = (move: number): void => {
    const cost = edgeCost(text, start + move, end + move);
    if (cost < bestCost) {
      best = move;
      bestCost = cost;
    }
  };
  for (let move = 1; move <= down && text[start + move - 1] === text[end + move - 1]; move++) {
    consider(move);
  }
  for (let move = 1; move <= up && text[start - move] === text[end - move]; move++) {
    consider(-move);
  }
  return best;
}

/** How odd a hunk looks: one that begins deep, or right below a line that it continues, costs more. */
function edgeCost(text: readonly string[], start: number, end: number): number {
  const first = text[start] ?? '';
  const last = text[end - 1] ?? '';
  const indentation = first.trim() === '' ? 200 : first.length - first.trimStart().length;
  const above = text[start - 1] ?? '';
  const below = text[end] ?? '';
  return (
    indentation * 4 +
    (/^\s*[)\]}]/.test(first) ? 100 : 0) +
    (above.trim() === '' ? 0 : 2) +
    (last.trim() === '' || below.trim() === '' ? 0 : 1)
  );
}
