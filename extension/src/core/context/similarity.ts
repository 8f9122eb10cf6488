import { wordsOf } from './identifiers.js';
import type { LineRange } from './types.js';

/**
 * Which lines of a file speak about the same things as the code at the cursor: the weighted
 * Jaccard index of the words in a window of lines and those around the cursor.
 */

/** The words of a file, line by line. Making it is the costly part: keep it per version. */
export interface FileWords {
  readonly lines: readonly (readonly string[])[];
  readonly all: ReadonlySet<string>;
}

/** What a word is worth: rare words tell more. */
export type WordWeight = (word: string) => number;

export interface SimilarWindow {
  readonly lines: LineRange;
  /** From 0, nothing in common, to 1, the same words. */
  readonly score: number;
}

export interface WindowOptions {
  /** Lines in a window. */
  readonly size: number;
  /** Windows begin at multiples of this, so that small changes above do not move them. */
  readonly step: number;
  /** How many windows at most; they do not overlap. */
  readonly count: number;
}

export function fileWords(lines: readonly string[]): FileWords {
  const words = lines.map(wordsOf);
  return { lines: words, all: new Set(words.flat()) };
}

/** Returns the words of some lines, as the reference that windows are compared with. */
export function wordsAround(lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.flatMap(wordsOf));
}

/** Returns weights by how few of the files have a word. */
export function rarity(files: readonly FileWords[]): WordWeight {
  const counts = new Map<string, number>();
  for (const file of files) {
    for (const word of file.all) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  const weigh = (count: number): number => Math.log(1 + (files.length + 1) / (1 + count));
  const weights = new Map([...counts].map(([word, count]) => [word, weigh(count)]));
  const unheard = weigh(0);
  return (word) => weights.get(word) ?? unheard;
}

/** Returns the weighted Jaccard index of two sets of words. */
export function similarity(
  a: ReadonlySet<string>,
  b: ReadonlySet<string>,
  weight: WordWeight = () => 1,
): number {
  let shared = 0;
  let all = 0;
  for (const word of a) {
    const worth = weight(word);
    all += worth;
    shared += b.has(word) ? worth : 0;
  }
  for (const word of b) {
    all += a.has(word) ? 0 : weight(word);
  }
  return all === 0 ? 0 : shared / all;
}

/** Returns the windows of a file that are most like the reference, best first. */
export function similarWindows(
  reference: ReadonlySet<string>,
  file: FileWords,
  options: WindowOptions,
  weight: WordWeight = () => 1,
): SimilarWindow[] {
  const scored = slide(reference, file, options, weight)
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.lines.start - b.lines.start);
  const chosen: SimilarWindow[] = [];
  for (const window of scored) {
    if (chosen.length === options.count) {
      break;
    }
    const apart = chosen.every(
      ({ lines }) => lines.end <= window.lines.start || window.lines.end <= lines.start,
    );
    if (apart) {
      chosen.push(window);
    }
  }
  return chosen;
}

/** Scores every window in one pass: only words that enter or leave are looked at. */
function slide(
  reference: ReadonlySet<string>,
  file: FileWords,
  { size, step }: WindowOptions,
  weight: WordWeight,
): SimilarWindow[] {
  let referenceWorth = 0;
  for (const word of reference) {
    referenceWorth += weight(word);
  }
  const counts = new Map<string, number>();
  let worth = 0;
  let shared = 0;
  const add = (word: string, by: 1 | -1): void => {
    const count = counts.get(word) ?? 0;
    counts.set(word, count + by);
    if (count === 0 || count + by === 0) {
      const change = by * weight(word);
      worth += change;
      shared += reference.has(word) ? change : 0;
    }
  };
  const windows: SimilarWindow[] = [];
  const count = file.lines.length;
  let filled = 0;
  for (let start = 0; start < count; start += step) {
    const end = Math.min(count, start + size);
    for (; filled < end; filled++) {
      file.lines[filled]?.forEach((word) => add(word, 1));
    }
    const all = referenceWorth + worth - shared;
    windows.push({ lines: { start, end }, score: all > 1e-9 ? Math.max(0, shared / all) : 0 });
    if (end === count) {
      break;
    }
    for (let line = start; line < start + step; line++) {
      file.lines[line]?.forEach((word) => add(word, -1));
    }
  }
  return windows;
}
