/** Turns changes of a region's lines into edits of a document, byte-exact at its last line too. */

import { comparePositions, type Range } from '../text.js';
import type { DocumentChange, Region } from './region.js';
import type { Splice } from './rows.js';

/** What must be known of a document to edit its lines. */
export interface Lines {
  readonly lineCount: number;
  readonly eol: '\n' | '\r\n';
  /** The text of a line without its line end. */
  textOf(line: number): string;
}

/**
 * Returns edits that apply splices to a region; their ranges all refer to the document as it is,
 * none overlaps another, and they are in the order from the top to the bottom.
 *
 * @param splices as `splicesBetween` gives them, in any order.
 */
export function editsFor(
  splices: readonly Splice[],
  region: Region,
  lines: Lines,
): DocumentChange[] {
  const edits: DocumentChange[] = [];
  for (const splice of joined(splices)) {
    const edit = editFor(splice, region.start, lines);
    const before = edits.at(-1);
    if (edit && before && comparePositions(before.range.end, edit.range.start) === 0) {
      // Which of two edits at one place comes first is the editor's choice; one edit leaves none.
      edits[edits.length - 1] = {
        range: { start: before.range.start, end: edit.range.end },
        text: before.text + edit.text,
      };
    } else if (edit) {
      edits.push(edit);
    }
  }
  return edits;
}

/** Splices that touch would give edits that overlap at the end of a document without a line end. */
function joined(splices: readonly Splice[]): Splice[] {
  const runs: Splice[] = [];
  for (const splice of [...splices].sort((a, b) => a.start - b.start)) {
    const before = runs.at(-1);
    if (before && before.start + before.remove === splice.start) {
      runs[runs.length - 1] = {
        start: before.start,
        remove: before.remove + splice.remove,
        insert: [...before.insert, ...splice.insert],
      };
    } else {
      runs.push(splice);
    }
  }
  return runs;
}

function editFor(splice: Splice, top: number, lines: Lines): DocumentChange | undefined {
  if (splice.remove === 0 && splice.insert.length === 0) {
    return undefined;
  }
  const first = top + splice.start;
  const after = first + splice.remove;
  const only = splice.insert[0];
  if (splice.remove === 1 && splice.insert.length === 1 && only !== undefined) {
    return withinLine(first, lines.textOf(first), only);
  }
  if (after < lines.lineCount) {
    return {
      range: span(first, 0, after, 0),
      text: splice.insert.map((line) => line + lines.eol).join(''),
    };
  }
  const last = lines.lineCount - 1;
  const end = lines.textOf(last).length;
  if (first === 0) {
    return { range: span(0, 0, last, end), text: splice.insert.join(lines.eol) };
  }
  return {
    range: span(first - 1, lines.textOf(first - 1).length, last, end),
    text: splice.insert.map((line) => lines.eol + line).join(''),
  };
}

/** A line that grows while it is written must not be replaced: that would flicker. */
function withinLine(line: number, before: string, after: string): DocumentChange | undefined {
  if (before === after) {
    return undefined;
  }
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) {
    head++;
  }
  if (isHighSurrogate(before, head - 1)) {
    head--;
  }
  return { range: span(line, head, line, before.length), text: after.slice(head) };
}

function isHighSurrogate(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0xd800 && code <= 0xdbff;
}

function span(line: number, character: number, endLine: number, endCharacter: number): Range {
  return { start: { line, character }, end: { line: endLine, character: endCharacter } };
}

/**
 * Returns where a line that splices leave alone is afterwards; undefined when one replaces it.
 *
 * @param splices as `splicesBetween` gives them.
 */
export function lineAfter(splices: readonly Splice[], line: number): number | undefined {
  let moved = line;
  for (const { start, remove, insert } of splices) {
    if (line >= start + remove) {
      moved += insert.length - remove;
    } else if (line >= start) {
      return undefined;
    }
  }
  return moved;
}

/**
 * Returns a change of lines in the terms of what splices made of them meanwhile. Where they replaced
 * a line of it, the change takes the whole replacement.
 *
 * @param splices as `splicesBetween` gives them.
 */
export function spliceAfter(splices: readonly Splice[], change: Splice): Splice {
  const start = placeAfter(splices, change.start, 'first');
  const end = change.remove > 0 ? placeAfter(splices, change.start + change.remove, 'last') : start;
  return { start, remove: end - start, insert: change.insert };
}

/** Where the place before a line is afterwards: the first of a run of lines, or past its last. */
function placeAfter(splices: readonly Splice[], place: number, side: 'first' | 'last'): number {
  let moved = place;
  for (const { start, remove, insert } of splices) {
    const end = start + remove;
    const isBefore = end < place || (end === place && (remove > 0 || side === 'first'));
    if (isBefore) {
      moved += insert.length - remove;
    } else if (start < place && end > place) {
      moved += side === 'first' ? start - place : end - place + insert.length - remove;
    }
  }
  return moved;
}
