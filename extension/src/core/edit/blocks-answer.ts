import { alignLines } from './align.js';
import type { AnswerReport, AnswerView } from './answer-view.js';
import { BlockParser, type BlockEvent } from './blocks.js';
import { isRefusal } from './chatter.js';
import { Reindent } from './indentation.js';
import { findLines } from './match.js';
import type { IndentationStyle } from './request.js';
import { hunksOf, keptRows, originalOf, resultOf, type Row } from './rows.js';
import { StreamingDiff } from './streaming-diff.js';

/** A block that has found its place in the text. */
interface Placed {
  readonly start: number;
  readonly end: number;
  readonly diff: StreamingDiff;
  readonly indentation: Reindent;
  /** Empty lines that the block quotes before and after what was found; they are not replaced. */
  leading: number;
  readonly trailing: number;
}

/** Longest answer in words that is looked at for a refusal. */
const WORDS = 2_000;

/** An answer of search and replace blocks. Each is applied where its first half is found. */
export class BlocksAnswer implements AnswerView {
  /** More blocks may always come. */
  readonly over = false;
  readonly #parser = new BlockParser();
  readonly #shown: readonly Row[];
  /** What the blocks speak about: the region with the changes under review. */
  readonly #text: readonly string[];
  readonly #style: IndentationStyle;
  readonly #placed: Placed[] = [];
  #current: Placed | undefined;
  /** Empty replacing lines that may be the block's last ones. */
  #blank: string[] = [];
  #blocks = 0;
  #missed = 0;
  #ambiguous = 0;
  #said = '';
  #finished: readonly Row[] | undefined;

  constructor(shown: readonly Row[], style: IndentationStyle) {
    this.#shown = shown;
    this.#text = resultOf(shown);
    this.#style = style;
  }

  get rows(): readonly Row[] {
    if (this.#finished) {
      return this.#finished;
    }
    const rows = this.#compose();
    // Changes under review already: what shows is the whole difference to the original.
    return hunksOf(this.#shown).length === 0
      ? rows
      : alignLines(originalOf(this.#shown), resultOf(rows));
  }

  push(chunk: string): void {
    if (this.#said.length < WORDS) {
      this.#said += chunk;
    }
    this.#parser.push(chunk).forEach((event) => this.#take(event));
    const partial = this.#parser.partial;
    if (partial !== undefined && this.#current && this.#blank.length === 0) {
      const shown = this.#current.indentation.partial(partial);
      if (shown !== undefined) {
        this.#current.diff.partial(shown);
      }
    }
  }

  finish(end: 'complete' | 'cut'): AnswerReport {
    this.#parser.finish(end).forEach((event) => this.#take(event));
    this.#finished = alignLines(originalOf(this.#shown), resultOf(this.#compose()));
    if (this.#blocks === 0) {
      const words = this.#said.trim();
      if (words === '' || isRefusal(words)) {
        return words === '' ? { kind: 'empty' } : { kind: 'refusal', text: words };
      }
    }
    return this.#blocks > 0 && this.#missed + this.#ambiguous === 0
      ? { kind: 'code', prose: '' }
      : {
          kind: 'missed',
          blocks: this.#blocks,
          missed: this.#missed,
          ambiguous: this.#ambiguous,
        };
  }

  edit(): boolean {
    return false;
  }

  #take(event: BlockEvent): void {
    switch (event.kind) {
      case 'search':
        this.#blocks++;
        this.#blank = [];
        this.#current = this.#place(event.lines);
        return;
      case 'line':
        this.#takeLine(event.text);
        return;
      case 'end':
        this.#end(event.cut);
        return;
    }
  }

  #takeLine(text: string): void {
    const current = this.#current;
    if (!current) {
      return;
    }
    if (text.trim() === '') {
      if (current.leading > 0) {
        current.leading--;
      } else {
        this.#blank.push(text);
      }
      return;
    }
    current.leading = 0;
    for (const line of [...this.#blank, text]) {
      current.indentation.push(line).forEach((each) => current.diff.push(each));
    }
    this.#blank = [];
  }

  #end(cut: boolean): void {
    const current = this.#current;
    if (!current) {
      return;
    }
    const own = this.#blank.slice(0, Math.max(this.#blank.length - current.trailing, 0));
    own.forEach((line) => current.diff.push(line));
    current.diff.finish(cut ? 'cut' : 'complete');
    this.#blank = [];
    this.#current = undefined;
  }

  #place(quoted: readonly string[]): Placed | undefined {
    const found = findLines(quoted, this.#text, this.#placed);
    if (found.kind !== 'found') {
      this.#missed += found.kind === 'missing' ? 1 : 0;
      this.#ambiguous += found.kind === 'ambiguous' ? 1 : 0;
      return undefined;
    }
    const lines = this.#text.slice(found.start, found.end);
    const isText = (line: string): boolean => line.trim() !== '';
    const first = quoted.find(isText);
    const placed: Placed = {
      start: found.start,
      end: found.end,
      diff: new StreamingDiff(lines),
      indentation: new Reindent({
        region: lines,
        around: this.#text,
        style: this.#style,
        ...(first === undefined ? {} : { quoted: first }),
      }),
      leading: Math.max(quoted.findIndex(isText), 0),
      trailing: quoted.length - 1 - quoted.findLastIndex(isText),
    };
    this.#placed.push(placed);
    this.#placed.sort((a, b) => a.start - b.start);
    return placed;
  }

  #compose(): Row[] {
    const rows: Row[] = [];
    let at = 0;
    for (const { start, end, diff } of this.#placed) {
      rows.push(...keptRows(this.#text.slice(at, start)), ...diff.rows);
      at = end;
    }
    return [...rows, ...keptRows(this.#text.slice(at))];
  }
}
