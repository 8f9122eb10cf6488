import { indentationOf } from '../text.js';
import type { LineStage } from './line-stage.js';
import type { IndentationStyle } from './request.js';
import { similarity } from './similarity.js';

/** How like the region's first line the answer's first must be to stand for it. */
const SAME_LINE = 0.7;
/** Widths of a level that people use. */
const LEVELS: readonly number[] = [2, 3, 4, 8];

export interface IndentationOptions {
  /** The lines that the answer replaces; for new lines one that has their indentation, if known. */
  readonly region: readonly string[];
  /** More lines of the file, to see how it indents when the region does not tell. */
  readonly around: readonly string[];
  readonly style: IndentationStyle;
  /** The answer is new text, so that its first line belongs where the region's first is. */
  readonly fresh?: boolean;
  /** What the answer calls the region's first line, where it quotes it: tells the shift at once. */
  readonly quoted?: string;
}

/**
 * Puts an answer back to where the region stands: models begin at the first column, forget the
 * first line's indentation alone, or write spaces where the file has tabs. A line that already fits
 * is passed on as it is. What the first two lines say holds for all.
 */
export class Reindent implements LineStage {
  readonly #region: readonly string[];
  readonly #level: number;
  readonly #tabs: boolean | undefined;
  readonly #fresh: boolean;
  /** Columns to add to a line's own; unknown before the first line. */
  #shift: number | undefined;
  /** Columns of the answer's first line as it came. */
  #firstColumn = 0;
  #settled = false;
  /** Columns of a level in an answer that writes spaces where the file has tabs. */
  #answerLevel: number | undefined;

  constructor(options: IndentationOptions) {
    this.#fresh = options.fresh ?? false;
    this.#region = options.region.filter((line) => this.#fresh || line.trim() !== '');
    this.#level = options.style.size;
    this.#tabs = tabsIn(options.region) ?? tabsIn(options.around) ?? !options.style.insertSpaces;
    if (mixes(options.region)) {
      this.#tabs = undefined;
    }
    const first = this.#region[0];
    if (options.quoted !== undefined && first !== undefined) {
      this.#shift = this.#columns(first) - this.#columnOf(options.quoted);
      this.#settled = true;
    }
  }

  push(line: string): string[] {
    if (line.trim() === '') {
      return [line];
    }
    const column = this.#columnOf(line);
    if (this.#shift === undefined) {
      this.#shift = this.#firstShift(line.trim(), column);
      this.#firstColumn = column;
    } else if (!this.#settled) {
      this.#settled = true;
      this.#shift = this.#secondShift(line.trim(), column, this.#shift);
    }
    return [this.#place(line, column + this.#shift)];
  }

  finish(): string[] {
    return [];
  }

  partial(text: string): string | undefined {
    if (text.trim() === '') {
      return undefined;
    }
    const column = this.#columnOf(text);
    if (this.#shift === undefined) {
      const first = this.#region[0];
      const fits = first === undefined || column === this.#columns(first);
      return fits && this.#fitsStyle(text) ? text : undefined;
    }
    const known = this.#shift === 0 || this.#settled;
    return known ? this.#place(text, column + this.#shift) : undefined;
  }

  /** Where the answer's first line belongs, less where it stands. */
  #firstShift(text: string, column: number): number {
    const first = this.#region[0];
    if (first === undefined) {
      return 0;
    }
    const target = this.#columns(first);
    const stands = this.#fresh || similarity(text, first) >= SAME_LINE;
    if (column === target || (this.#fresh && column > target)) {
      return 0;
    }
    if (stands) {
      return target - column;
    }
    const least = Math.min(...this.#region.map((line) => this.#columns(line)));
    return column < least ? least - column : 0;
  }

  /** The second line shows whether the whole answer is shifted or its first line alone. */
  #secondShift(text: string, column: number, shift: number): number {
    if (shift === 0) {
      return 0;
    }
    const places = this.#region
      .filter((line) => line.trim() === text)
      .map((line) => this.#columns(line));
    if (places.includes(column + shift)) {
      return shift;
    }
    if (places.includes(column)) {
      return 0;
    }
    // Nothing goes in by more than a level, unless the line above was meant to be further in.
    const jump = column - this.#firstColumn;
    return shift > 0 && jump > this.#level && jump > shift ? 0 : shift;
  }

  #place(line: string, column: number): string {
    if ((this.#shift ?? 0) === 0 && this.#fitsStyle(line)) {
      return line;
    }
    const columns = Math.max(column, 0);
    const own = line.trimStart();
    if (this.#tabs !== true) {
      return ' '.repeat(columns) + own;
    }
    return '\t'.repeat(Math.floor(columns / this.#level)) + ' '.repeat(columns % this.#level) + own;
  }

  #fitsStyle(line: string): boolean {
    const indentation = indentationOf(line);
    return this.#tabs === undefined || !(this.#tabs ? /^ {2}/ : /\t/).test(indentation);
  }

  /** Columns of a line of the answer, in the file's levels. */
  #columnOf(line: string): number {
    const indentation = indentationOf(line);
    if (this.#tabs !== true || indentation.includes('\t')) {
      return this.#columns(line);
    }
    const width = indentation.length;
    if (this.#answerLevel === undefined && width > 0) {
      this.#answerLevel = LEVELS.find((level) => level === width) ?? this.#level;
    }
    return Math.round((width * this.#level) / (this.#answerLevel ?? this.#level));
  }

  #columns(line: string): number {
    let columns = 0;
    for (const character of indentationOf(line)) {
      columns += character === '\t' ? this.#level - (columns % this.#level) : 1;
    }
    return columns;
  }
}

/** Returns whether lines indent with tabs; `undefined` when they do not indent. */
function tabsIn(lines: readonly string[]): boolean | undefined {
  const tabs = lines.filter((line) => line.startsWith('\t')).length;
  const spaces = lines.filter((line) => /^ {2}/.test(line) && !/^ +\*/.test(line)).length;
  return tabs + spaces === 0 ? undefined : tabs > spaces;
}

function mixes(lines: readonly string[]): boolean {
  return (
    lines.some((line) => line.startsWith('\t')) &&
    lines.some((line) => /^ {2}/.test(line) && !/^ +\*/.test(line))
  );
}
