/**
 * Where the rows of an edit are while other people's changes happen to the document.
 *
 * An editor says of a change which characters went and what came instead. From that follows where
 * the region is now and what became of each of its lines. Lines that are only partly inside are
 * taken into the region: text of the user's must never end up in a row that may be deleted.
 */

import { comparePositions, type Range } from '../text.js';
import { spliceLines } from './align.js';
import type { Row, Splice } from './rows.js';

/** Lines of a document; `count` may be 0, then it is the place before the line `start`. */
export interface Region {
  readonly start: number;
  readonly count: number;
}

/** A change as editors report it; ranges refer to the text before this very change. */
export interface DocumentChange {
  readonly range: Range;
  readonly text: string;
}

/** What became of the region's lines; each entry is one line of the region as it is now. */
export interface Tracked {
  readonly region: Region;
  readonly lines: readonly LineOrigin[];
  /** Whether any line of the region changed, came or went. */
  readonly touched: boolean;
}

/** The row a line was, and whether its text is another now; without a row it is new. */
export interface LineOrigin {
  readonly row?: number;
  readonly changed: boolean;
}

export interface TrackOptions {
  /** Lines that come right above or below the region belong to it: an undo may bring them back. */
  readonly edgesInside?: boolean;
}

/**
 * Follows a region through the changes of one event.
 *
 * @param lines the document's lines before the event; the ranges of all changes refer to them.
 */
export function trackRegion(
  region: Region,
  lines: readonly string[],
  changes: readonly DocumentChange[],
  { edgesInside = false }: TrackOptions = {},
): Tracked {
  let { start } = region;
  const slots: LineOrigin[] = Array.from({ length: region.count }, (_, row) => ({
    row,
    changed: false,
  }));
  let touched = false;
  const fromBottom = [...changes].sort((a, b) => comparePositions(b.range.start, a.range.start));
  for (const change of fromBottom) {
    const { first, removed, inserted, within } = lineChange(change, lines);
    const end = start + slots.length;
    const last = first + removed;
    const adds = removed === 0 && edgesInside;
    if (last <= start && !(adds && first === start)) {
      start += inserted - removed;
    } else if (first < end || (adds && first === end)) {
      const from = Math.max(first - start, 0);
      const gone = slots.slice(from, last - start);
      const row = within ? gone[0]?.row : undefined;
      const came = Array.from({ length: inserted }, () => ({ changed: true }));
      slots.splice(from, gone.length, ...(row === undefined ? came : [{ row, changed: true }]));
      touched = true;
      start = Math.min(start, first);
    }
  }
  return { region: { start, count: slots.length }, lines: slots, touched };
}

/** A change by whole lines: `removed` lines from `first` on are replaced by `inserted` ones. */
interface LineChange {
  readonly first: number;
  readonly removed: number;
  readonly inserted: number;
  /** It happens within one line. */
  readonly within: boolean;
}

/** Leaves out the lines in which a change begins and ends where those keep all of their text. */
function lineChange({ range, text }: DocumentChange, lines: readonly string[]): LineChange {
  const { start, end } = range;
  const lengthOf = (line: number): number => lines[line]?.length ?? 0;
  const parts = text.split(/\r\n|\r|\n/);
  const added = parts.length - 1;
  const removed = end.line - start.line;
  const head = parts[0] === '' && start.character === lengthOf(start.line);
  const keepsFirst = head && (added > 0 || end.character === lengthOf(end.line));
  const tail = parts.at(-1) === '' && end.character === 0;
  const keepsLast = tail && (added > 0 || start.character === 0);
  if (keepsFirst && keepsLast && removed > 0 && added > 0) {
    return { first: start.line + 1, removed: removed - 1, inserted: added - 1, within: false };
  }
  if (keepsFirst) {
    return { first: start.line + 1, removed, inserted: added, within: false };
  }
  if (keepsLast) {
    return { first: start.line, removed, inserted: added, within: false };
  }
  const within = removed === 0 && added === 0;
  return { first: start.line, removed: removed + 1, inserted: added + 1, within };
}

/**
 * Returns what changed in a region by lines, the last first: smallest splices from the lines it had
 * to those it has. A line that was changed within itself is one for one.
 *
 * @param before the region's lines before the changes that were tracked.
 * @param after the region's lines as they are now.
 */
export function trackedSplices(
  tracked: Tracked,
  before: readonly string[],
  after: readonly string[],
): Splice[] {
  const splices: Splice[] = [];
  let oldAt = 0;
  let newAt = 0;
  const takeRun = (oldEnd: number, newEnd: number): void => {
    const run = spliceLines(before.slice(oldAt, oldEnd), after.slice(newAt, newEnd));
    splices.push(...run.reverse().map((splice) => ({ ...splice, start: splice.start + oldAt })));
  };
  tracked.lines.forEach(({ row, changed }, index) => {
    if (row === undefined) {
      return;
    }
    takeRun(row, index);
    if (changed) {
      splices.push({ start: row, remove: 1, insert: [after[index] ?? ''] });
    }
    oldAt = row + 1;
    newAt = index + 1;
  });
  takeRun(before.length, after.length);
  return splices.reverse();
}

/**
 * Returns what a change of the region as it was without the edit means for the rows that show the
 * edit. What was added between lines that go, goes too.
 */
export function spliceInRows(rows: readonly Row[], splice: Splice): Splice {
  const places = rows.flatMap((row, index) => (row.kind === 'added' ? [] : [index]));
  const start = places[splice.start] ?? rows.length;
  const last = splice.remove === 0 ? undefined : places[splice.start + splice.remove - 1];
  return { start, remove: last === undefined ? 0 : last + 1 - start, insert: splice.insert };
}
