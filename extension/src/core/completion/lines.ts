import { indentationOf } from '../text.js';

/** The line that a completion continues. */
export interface CursorLine {
  /** What stands on it before the cursor, and after. */
  readonly before: string;
  readonly after: string;
}

/** Returns the line of the cursor between two texts whose lines end with `\n`. */
export function cursorLine(prefix: string, suffix: string): CursorLine {
  const end = suffix.indexOf('\n');
  return {
    before: prefix.slice(prefix.lastIndexOf('\n') + 1),
    after: end < 0 ? suffix : suffix.slice(0, end),
  };
}

/** Returns how many columns the white space at a line's start takes. */
export function indentWidth(line: string, tabSize = 4): number {
  let width = 0;
  for (const character of indentationOf(line)) {
    width += character === '\t' ? tabSize - (width % tabSize) : 1;
  }
  return width;
}

export function isBlank(text: string): boolean {
  return text.trim() === '';
}

/** Whether a line has nothing but closing brackets and what may follow them, such as `});`. */
export function closesOnly(line: string): boolean {
  return /^\s*[)\]}>]+[;,]?\s*$/.test(line);
}

/** Returns the last line above the cursor's that has something on it; undefined when none has. */
export function lineAbove(prefix: string): string | undefined {
  const lines = prefix.slice(-NEAR).split('\n').slice(0, -1);
  return lines.findLast((line) => !isBlank(line));
}

/** Returns the first line below the cursor's that has something on it; undefined when none has. */
export function lineBelow(suffix: string): string | undefined {
  const lines = suffix.slice(0, NEAR).split('\n').slice(1);
  return lines.find((line) => !isBlank(line));
}

/** How many characters to look at for the nearest line; more are only blank lines. */
const NEAR = 4000;

/** A line of a completion, with where it starts in the completion's text. */
export interface TextLine {
  readonly text: string;
  readonly start: number;
  /** The exclusive end, without the line end. */
  readonly end: number;
  /** Whether a line end follows, so that no more can come on this line. */
  readonly complete: boolean;
}

/** Splits a completion into its lines, the first being the rest of the cursor's line. */
export function textLines(text: string): TextLine[] {
  const lines: TextLine[] = [];
  for (let start = 0; ;) {
    const end = text.indexOf('\n', start);
    if (end < 0) {
      lines.push({ text: text.slice(start), start, end: text.length, complete: false });
      return lines;
    }
    lines.push({ text: text.slice(start, end), start, end, complete: true });
    start = end + 1;
  }
}
