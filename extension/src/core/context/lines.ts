import type { Range } from '../text.js';
import type { LineRange } from './types.js';

/**
 * Ranges of whole lines, and how they move when the text around them changes.
 */

/** A change of a document in whole lines: those it touched, and how many stand there now. */
export interface LineChange {
  /** The first line that it touched. */
  readonly start: number;
  /** How many lines it touched; at least one. */
  readonly before: number;
  /** How many lines they became; at least one. */
  readonly after: number;
}

/** Returns what replacing a range by a text does to the lines of a document. */
export function lineChangeOf(range: Range, text: string): LineChange {
  const lineEnds = text.match(/\r\n|\r|\n/g)?.length ?? 0;
  return {
    start: range.start.line,
    before: range.end.line - range.start.line + 1,
    after: lineEnds + 1,
  };
}

/**
 * Returns where lines are after a change, and whether it touched them. Lines that it touched grow
 * so that they hold all of what it wrote.
 */
export function afterChange(
  lines: LineRange,
  change: LineChange,
): { readonly lines: LineRange; readonly touched: boolean } {
  const grown = change.after - change.before;
  const changeEnd = change.start + change.before;
  if (changeEnd <= lines.start) {
    return { lines: { start: lines.start + grown, end: lines.end + grown }, touched: false };
  }
  if (change.start >= lines.end) {
    return { lines, touched: false };
  }
  return {
    lines: {
      start: Math.min(lines.start, change.start),
      end: Math.max(lines.end, changeEnd) + grown,
    },
    touched: true,
  };
}

/** Orders the changes of one event so that none moves the lines of those that follow. */
export function bottomUp(changes: readonly LineChange[]): LineChange[] {
  return [...changes].sort((a, b) => b.start - a.start);
}

/** Returns how many lines two ranges share. */
export function overlap(a: LineRange, b: LineRange): number {
  return Math.max(0, Math.min(a.end, b.end) - Math.max(a.start, b.start));
}

/** Returns what is left of a range without the others, in order. */
export function without(lines: LineRange, others: readonly LineRange[]): LineRange[] {
  let rest: LineRange[] = lines.end > lines.start ? [lines] : [];
  for (const other of others) {
    rest = rest.flatMap((piece) =>
      overlap(piece, other) === 0
        ? [piece]
        : [
            { start: piece.start, end: other.start },
            { start: other.end, end: piece.end },
          ].filter(({ start, end }) => end > start),
    );
  }
  return rest;
}

/** Joins ranges that lie at most `gap` lines apart; returns them from top to bottom. */
export function joined(ranges: readonly LineRange[], gap = 0): LineRange[] {
  const result: LineRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last && range.start - last.end <= gap) {
      result[result.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
    } else {
      result.push(range);
    }
  }
  return result;
}

/** Returns a range with `margin` lines more on both sides, inside a document of `count` lines. */
export function widened(lines: LineRange, margin: number, count: number): LineRange {
  return {
    start: Math.max(0, Math.min(lines.start - margin, count)),
    end: Math.max(0, Math.min(lines.end + margin, count)),
  };
}
