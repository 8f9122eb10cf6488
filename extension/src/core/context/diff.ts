import type { LineRange } from './types.js';

/**
 * Unified diffs, as git writes them: which lines of a file they touch, and a shorter one that fits.
 */

/** A stretch of changed lines with the lines around it. */
export interface DiffHunk {
  /** The lines of the new file that were added or changed; empty at the place of a deletion. */
  readonly changed: readonly LineRange[];
  /** As in the diff, beginning with ` `, `+` or `-`. */
  readonly lines: readonly string[];
  /** The first line that the hunk shows, in the old and the new file, from zero. */
  readonly oldStart: number;
  readonly newStart: number;
}

/** Lines that stay on both sides of a change. */
const AROUND = 1;

/** Reads the hunks of one file's diff. Text that is no diff, or a binary file's, has none. */
export function parseHunks(diff: string): DiffHunk[] {
  const hunks: DiffHunk[] = [];
  let header: { readonly oldStart: number; readonly newStart: number } | undefined;
  let lines: string[] = [];
  const finish = (): void => {
    if (header) {
      hunks.push({ ...header, lines, changed: changedLines(header.newStart, lines) });
    }
    lines = [];
  };
  for (const line of diff.split(/\r?\n/)) {
    const found = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (found) {
      finish();
      header = { oldStart: startOf(found[1], found[2]), newStart: startOf(found[3], found[4]) };
    } else if (line.startsWith('diff --git ')) {
      finish();
      header = undefined;
    } else if (header && /^[ +-]/.test(line)) {
      lines.push(line);
    }
  }
  finish();
  return hunks;
}

/**
 * Returns the hunks as a diff that has at most `budget` characters: whole hunks, with one line
 * around each change. Hunks that do not fit are left out, and an empty text means that none fits.
 */
export function trimmedDiff(hunks: readonly DiffHunk[], budget: number): string {
  let text = '';
  for (const hunk of hunks) {
    const rendered = narrowed(hunk);
    const longer = text === '' ? rendered : `${text}\n${rendered}`;
    if (longer.length <= budget) {
      text = longer;
    }
  }
  return text;
}

/** Git counts lines from one, but names the line before for a side without lines. */
function startOf(line = '1', count = '1'): number {
  return count === '0' ? Number(line) : Number(line) - 1;
}

function changedLines(start: number, lines: readonly string[]): LineRange[] {
  const ranges: LineRange[] = [];
  let row = start;
  for (const line of lines) {
    const last = ranges.at(-1);
    if (line.startsWith('+')) {
      if (last?.end === row) {
        ranges[ranges.length - 1] = { start: last.start, end: row + 1 };
      } else {
        ranges.push({ start: row, end: row + 1 });
      }
    } else if (line.startsWith('-') && last?.end !== row) {
      ranges.push({ start: row, end: row });
    }
    row += line.startsWith('-') ? 0 : 1;
  }
  return ranges;
}

/** Writes a hunk with fewer unchanged lines around it; its header tells the lines it shows. */
function narrowed(hunk: DiffHunk): string {
  const isChange = (line: string | undefined): boolean =>
    line !== undefined && !line.startsWith(' ');
  const first = hunk.lines.findIndex(isChange);
  const last = hunk.lines.findLastIndex(isChange);
  const from = Math.max(0, first - AROUND);
  const lines = hunk.lines.slice(from, last + 1 + AROUND);
  const removed = lines.filter((line) => line.startsWith('-')).length;
  const added = lines.filter((line) => line.startsWith('+')).length;
  const kept = lines.length - removed - added;
  const side = (start: number, count: number): string =>
    `${count === 0 ? start + from : start + from + 1},${count}`;
  return [
    `@@ -${side(hunk.oldStart, kept + removed)} +${side(hunk.newStart, kept + added)} @@`,
    ...lines,
  ].join('\n');
}
