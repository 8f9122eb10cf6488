/** Which lines of a document an edit is about. */

import { indentationOf, type Range } from '../text.js';

/** Whole lines; `end` is exclusive. */
export interface LineSpan {
  readonly start: number;
  readonly end: number;
}

/** A document by its lines. */
export interface DocumentLines {
  readonly lineCount: number;
  textOf(line: number): string;
}

/** Returns the lines that a selection is in; one that ends before a line's first character leaves that line out. */
export function selectedLines(selection: Range): LineSpan {
  const { start, end } = selection;
  const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
  return { start: start.line, end: last + 1 };
}

/**
 * Returns the lines of the block that a line belongs to, by indentation: the line that opens it,
 * what is indented below, and the line that closes it. Where there is none, or it has more than
 * `most` lines, the paragraph around the line, cut to `most` lines.
 */
export function blockAround(lines: DocumentLines, line: number, most: number): LineSpan {
  const opener = openerOf(lines, line);
  if (opener !== undefined) {
    const block = { start: opener, end: endOfBlock(lines, opener) };
    if (block.end - block.start <= most && line < block.end) {
      return block;
    }
  }
  return paragraphAround(lines, line, most);
}

function isBlank(lines: DocumentLines, line: number): boolean {
  return lines.textOf(line).trim() === '';
}

function depthOf(lines: DocumentLines, line: number): number {
  return indentationOf(lines.textOf(line)).length;
}

/** The line itself when it opens a block, else the nearest one above that is indented less. */
function openerOf(lines: DocumentLines, line: number): number | undefined {
  let at = line;
  while (at > 0 && isBlank(lines, at)) {
    at--;
  }
  if (isBlank(lines, at)) {
    return undefined;
  }
  if (endOfBlock(lines, at) > at + 1 && at === line) {
    return at;
  }
  for (let above = at - 1; above >= 0; above--) {
    if (!isBlank(lines, above) && depthOf(lines, above) < depthOf(lines, at)) {
      return above;
    }
  }
  return undefined;
}

/** Past the last line that is indented more than the opening one, and the bracket that closes it. */
function endOfBlock(lines: DocumentLines, opener: number): number {
  const depth = depthOf(lines, opener);
  let end = opener + 1;
  for (let line = opener + 1; line < lines.lineCount; line++) {
    if (isBlank(lines, line)) {
      continue;
    }
    if (depthOf(lines, line) <= depth) {
      const closes = end > opener + 1 && /^\s*(?:[)\]}]|end\b)/.test(lines.textOf(line));
      return closes ? line + 1 : end;
    }
    end = line + 1;
  }
  return end;
}

function paragraphAround(lines: DocumentLines, line: number, most: number): LineSpan {
  let start = line;
  let end = line + 1;
  const grows = (): boolean => end - start < most;
  while (grows() && start > 0 && !isBlank(lines, start - 1)) {
    start--;
    if (grows() && end < lines.lineCount && !isBlank(lines, end)) {
      end++;
    }
  }
  while (grows() && end < lines.lineCount && !isBlank(lines, end)) {
    end++;
  }
  return { start, end };
}
