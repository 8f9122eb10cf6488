/**
 * An edit under review, as the document shows it: the lines it had and the lines it would get, one
 * after the other. Lines are only ever added while an edit streams, so giving it up is deleting the
 * added ones, and taking it is deleting the removed ones. Everything here is a pure function.
 */

import { spliceLines } from './align.js';

/** What happens to a line: it stays, it goes when the edit is accepted, or it is new. */
export type RowKind = 'kept' | 'removed' | 'added';

export interface Row {
  readonly kind: RowKind;
  /** The line without its line end. */
  readonly text: string;
}

/** A maximal run of rows that are not kept, by row index; `end` is exclusive. */
export interface Hunk {
  readonly start: number;
  readonly end: number;
}

/** Replaces `remove` lines at `start` with `insert`; counted in lines from the region's first. */
export interface Splice {
  readonly start: number;
  readonly remove: number;
  readonly insert: readonly string[];
}

/** Returns rows that change nothing. */
export function keptRows(lines: readonly string[]): Row[] {
  return lines.map((text) => ({ kind: 'kept', text }));
}

/** Returns the lines as they were before the edit. */
export function originalOf(rows: readonly Row[]): string[] {
  return rows.filter((row) => row.kind !== 'added').map((row) => row.text);
}

/** Returns the lines as they are once everything is accepted. */
export function resultOf(rows: readonly Row[]): string[] {
  return rows.filter((row) => row.kind !== 'removed').map((row) => row.text);
}

/** Returns the changes in order; none touches another. */
export function hunksOf(rows: readonly Row[]): Hunk[] {
  const hunks: Hunk[] = [];
  let start: number | undefined;
  rows.forEach((row, index) => {
    if (row.kind !== 'kept') {
      start ??= index;
    } else if (start !== undefined) {
      hunks.push({ start, end: index });
      start = undefined;
    }
  });
  if (start !== undefined) {
    hunks.push({ start, end: rows.length });
  }
  return hunks;
}

/** Returns the hunk that a row is part of. */
export function hunkAt(rows: readonly Row[], row: number): Hunk | undefined {
  return hunksOf(rows).find((hunk) => hunk.start <= row && row < hunk.end);
}

/** Returns the rows with one hunk taken: what it removes is gone, what it adds is kept. */
export function acceptHunk(rows: readonly Row[], hunk: Hunk): Row[] {
  return settle(rows, hunk, 'removed');
}

/** Returns the rows with one hunk given up: they read as before it. */
export function rejectHunk(rows: readonly Row[], hunk: Hunk): Row[] {
  return settle(rows, hunk, 'added');
}

/** Returns the rows with every hunk taken. */
export function acceptAll(rows: readonly Row[]): Row[] {
  return settle(rows, { start: 0, end: rows.length }, 'removed');
}

/** Returns the rows with every hunk given up. */
export function rejectAll(rows: readonly Row[]): Row[] {
  return settle(rows, { start: 0, end: rows.length }, 'added');
}

function settle(rows: readonly Row[], { start, end }: Hunk, gone: RowKind): Row[] {
  return [
    ...rows.slice(0, start),
    ...keptRows(
      rows
        .slice(start, end)
        .filter((row) => row.kind !== gone)
        .map((row) => row.text),
    ),
    ...rows.slice(end),
  ];
}

/**
 * Returns the rows after the user changed lines of the region.
 *
 * A change within one line leaves the row what it was: an added line stays an added one. Anything
 * else makes the new lines the user's own: they are kept whatever becomes of the edit.
 */
export function applyUserChange(rows: readonly Row[], change: Splice): Row[] {
  const only = rows[change.start];
  const text = change.insert[0];
  const replacement: Row[] =
    change.remove === 1 && change.insert.length === 1 && only && text !== undefined
      ? [{ kind: only.kind, text }]
      : keptRows(change.insert);
  return [
    ...rows.slice(0, change.start),
    ...replacement,
    ...rows.slice(change.start + change.remove),
  ];
}

/**
 * Returns the splices that turn the lines of `before` into those of `after`: the fewest lines that
 * can be, the last ones first, so that they can be applied in order.
 */
export function splicesBetween(before: readonly Row[], after: readonly Row[]): Splice[] {
  return spliceLines(
    before.map((row) => row.text),
    after.map((row) => row.text),
  );
}
