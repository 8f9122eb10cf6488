/**
 * Positions and ranges in text, as editors count them: lines and UTF-16 code units from zero.
 * Core has its own, because it knows no editor.
 */

export interface Position {
  readonly line: number;
  readonly character: number;
}

/** A stretch of text; `end` is exclusive and never before `start`. */
export interface Range {
  readonly start: Position;
  readonly end: Position;
}

/** A document as it was at one moment. */
export interface TextSnapshot {
  /** The URI as a string; identifies the document. */
  readonly uri: string;
  /** Path to show and to send: relative to the workspace folder, with forward slashes. */
  readonly path: string;
  /** The editor's language identifier, such as `python`. */
  readonly language: string;
  /** Grows with every change of the document. */
  readonly version: number;
  /** The whole text; lines end as in `eol`. */
  readonly text: string;
  readonly eol: '\n' | '\r\n';
}

/** Returns which of two positions comes first, as `Array.sort` wants it. */
export function comparePositions(a: Position, b: Position): number {
  return a.line - b.line || a.character - b.character;
}

/** Returns whether a position lies in a range, both ends included. */
export function contains(range: Range, position: Position): boolean {
  return comparePositions(range.start, position) <= 0 && comparePositions(position, range.end) <= 0;
}

/** Splits text at `\n`, `\r\n` and `\r`; text that ends with a line end gives a last empty line. */
export function splitLines(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}

/** Returns the white space that a line begins with. */
export function indentationOf(line: string): string {
  return /^[ \t]*/.exec(line)?.[0] ?? '';
}
