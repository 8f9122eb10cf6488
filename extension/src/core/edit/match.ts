/** Finds the lines that a model quotes, although models quote carelessly. */

import { profileOf, profileSimilarity, weightOf, type LineProfile } from './similarity.js';

/** How two runs of lines were found to be the same, strictest first. */
export type MatchKind = 'exact' | 'whitespace' | 'anchors' | 'fuzzy';

export type MatchResult =
  | {
      readonly kind: 'found';
      /** Lines of the text; `end` is exclusive. */
      readonly start: number;
      readonly end: number;
      readonly how: MatchKind;
    }
  /** Several places fit alike; `places` are their first lines. */
  | { readonly kind: 'ambiguous'; readonly how: MatchKind; readonly places: readonly number[] }
  | { readonly kind: 'missing' };

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Least likeness of a fuzzy match, and how much better than any other it must be. */
const FUZZY = 0.9;
const FUZZY_LEAD = 0.03;
/** Lines that a quotation between two anchors may have more or less than the text, and likeness. */
const ANCHOR_SLACK = 2;
const ANCHOR_LIKENESS = 0.5;
/** Fewest lines for anchors to say anything: first, last and something between. */
const ANCHORED = 3;

/**
 * Looks for quoted lines in a text: equal lines first, then equal but for white space and empty
 * lines, then between the same first and last line, then 90 % alike. The first of these that fits
 * anywhere decides. `taken` are parts of the text that cannot be meant any more.
 *
 * A quotation of nothing but empty lines is missing, unless the text is empty too.
 */
export function findLines(
  quoted: readonly string[],
  text: readonly string[],
  taken: readonly Span[] = [],
): MatchResult {
  const wanted = trimBlank(quoted);
  if (wanted.length === 0) {
    const empty = text.every((line) => line.trim() === '') && taken.length === 0;
    return empty
      ? { kind: 'found', start: 0, end: text.length, how: 'exact' }
      : { kind: 'missing' };
  }
  const ladder: readonly (readonly [MatchKind, () => Span[]])[] = [
    ['exact', () => sameLines(wanted, text)],
    ['whitespace', () => sameWords(wanted, text)],
    ['anchors', () => sameEnds(wanted, text)],
    ['fuzzy', () => alikeLines(wanted, text)],
  ];
  for (const [how, find] of ladder) {
    const spans = find().filter((span) => !taken.some((other) => overlaps(span, other)));
    const [only] = spans;
    if (only && spans.length === 1) {
      return { kind: 'found', ...only, how };
    }
    if (spans.length > 1) {
      return { kind: 'ambiguous', how, places: spans.map((span) => span.start) };
    }
  }
  return { kind: 'missing' };
}

function overlaps(a: Span, b: Span): boolean {
  return a.start < b.end && b.start < a.end;
}

function trimBlank(lines: readonly string[]): readonly string[] {
  const start = lines.findIndex((line) => line.trim() !== '');
  const end = lines.findLastIndex((line) => line.trim() !== '') + 1;
  return start < 0 ? [] : lines.slice(start, end);
}

function sameLines(wanted: readonly string[], text: readonly string[]): Span[] {
  const spans: Span[] = [];
  for (let start = 0; start + wanted.length <= text.length; start++) {
    if (wanted.every((line, index) => line === text[start + index])) {
      spans.push({ start, end: start + wanted.length });
    }
  }
  return spans;
}

/** Compares lines by their words, white space within and around them and empty lines aside. */
function sameWords(wanted: readonly string[], text: readonly string[]): Span[] {
  const words = wanted.map(wordsOf).filter(Boolean);
  const lines = text
    .map((line, at) => ({ words: wordsOf(line), at }))
    .filter((line) => line.words !== '');
  const spans: Span[] = [];
  for (let start = 0; start + words.length <= lines.length; start++) {
    if (words.every((each, index) => each === lines[start + index]?.words)) {
      spans.push({
        start: lines[start]?.at ?? 0,
        end: (lines[start + words.length - 1]?.at ?? 0) + 1,
      });
    }
  }
  return spans;
}

function wordsOf(line: string): string {
  return line.trim().replace(/\s+/g, ' ');
}

/** Finds what begins and ends alike and is not too different between. */
function sameEnds(wanted: readonly string[], text: readonly string[]): Span[] {
  const first = wordsOf(wanted[0] ?? '');
  const last = wordsOf(wanted.at(-1) ?? '');
  if (wanted.length < ANCHORED || weightOf(first) !== 'strong' || weightOf(last) !== 'strong') {
    return [];
  }
  const words = text.map(wordsOf);
  const quoted = wanted.map(profileOf);
  const spans: Span[] = [];
  for (let start = words.indexOf(first); start >= 0; start = words.indexOf(first, start + 1)) {
    const ends = Array.from(
      { length: 2 * ANCHOR_SLACK + 1 },
      (_, index) => start + wanted.length - ANCHOR_SLACK + index,
    ).filter((end) => words[end - 1] === last && end - start >= ANCHORED);
    const best = ends
      .map((end) => ({
        span: { start, end },
        score: likeness(quoted, text.slice(start, end).map(profileOf)),
      }))
      .sort((a, b) => b.score - a.score)[0];
    if (best && best.score >= ANCHOR_LIKENESS) {
      spans.push(best.span);
    }
  }
  return spans;
}

/** Returns the best span that is alike enough, or all that come close to the best. */
function alikeLines(wanted: readonly string[], text: readonly string[]): Span[] {
  const quoted = wanted.map(profileOf);
  const lines = text.map(profileOf);
  const scored = [0, -1, 1]
    .flatMap((more) => spansOf(quoted, lines, wanted.length + more))
    .sort((a, b) => b.score - a.score);
  const best = scored[0];
  if (!best) {
    return [];
  }
  const rivals = scored.filter(
    ({ span, score }) => !overlaps(span, best.span) && best.score - score < FUZZY_LEAD,
  );
  return [best.span, ...rivals.map(({ span }) => span)].sort((a, b) => a.start - b.start);
}

interface Scored {
  readonly span: Span;
  readonly score: number;
}

function spansOf(
  wanted: readonly LineProfile[],
  text: readonly LineProfile[],
  size: number,
): Scored[] {
  const [first] = wanted;
  const scored: Scored[] = [];
  for (let start = 0; first && size > 0 && start + size <= text.length; start++) {
    const line = text[start];
    if (line && profileSimilarity(first, line) >= ANCHOR_LIKENESS) {
      const score = likeness(wanted, text.slice(start, start + size));
      if (score >= FUZZY) {
        scored.push({ span: { start, end: start + size }, score });
      }
    }
  }
  return scored;
}

/**
 * Returns how alike two runs of lines are, from 0 to 1; long lines count for more. When one run is
 * longer, the lines are compared in pairs from the top, from the bottom and half of each, so that
 * a line too many in the middle costs that line only.
 */
function likeness(one: readonly LineProfile[], other: readonly LineProfile[]): number {
  const shorter = Math.min(one.length, other.length);
  const extra = Math.abs(one.length - other.length);
  const splits = extra === 0 ? [shorter] : [shorter, Math.floor(shorter / 2), 0];
  const scores = splits.map((fromTop) => {
    let same = 0;
    let all = 0;
    for (let index = 0; index < shorter; index++) {
      const back = index < fromTop ? 0 : 1;
      const a = one[index + back * (one.length - shorter)];
      const b = other[index + back * (other.length - shorter)];
      if (a && b) {
        const size = Math.max(a.text.length, b.text.length);
        same += profileSimilarity(a, b) * size;
        all += size;
      }
    }
    return all === 0 ? 0 : (same / all) * (shorter / (shorter + extra));
  });
  return Math.max(...scores);
}
