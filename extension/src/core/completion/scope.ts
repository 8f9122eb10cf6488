import { strayClosers } from './brackets.js';
import { multilineSpans } from './scanner.js';
import { statementHead, type Surroundings } from './surroundings.js';
import { cursorLine, indentWidth, isBlank, type TextLine, textLines } from './lines.js';
import { continuesStatement, opensBlock, startsDefinition } from './openers.js';

/** Where to end a text, in characters of it, and why. */
export interface Cut {
  readonly cut: number;
  readonly reason: string;
}

/**
 * Returns where a completion leaves the block that it began in, by indentation and brackets.
 * A completion of a statement ends with that statement; one that began on an empty line goes on
 * until its lines are less indented, or something new with a name of its own begins.
 *
 * @param final whether `text` is all there is; otherwise its last line is judged only once it
 *   has a whole word, so that more text never changes the answer.
 */
export function scopeCut(text: string, around: Surroundings, final: boolean): Cut | undefined {
  const lines = textLines(text);
  const quoted = quotedLines(text, lines, around);
  const walk = new Walk(around);
  for (const [index, line] of lines.entries()) {
    if (quoted.has(index)) {
      continue;
    }
    const whole = final || line.complete;
    if (!whole && !/^\s*(?:\w+\W|[^\w\s]+[\w\s])/.test(line.text)) {
      return undefined;
    }
    const verdict = walk.step(index, { ...line, complete: whole }, text);
    if (verdict) {
      return verdict;
    }
  }
  return undefined;
}

/** Lines that begin inside a string or comment, whose indentation therefore means nothing. */
function quotedLines(
  text: string,
  lines: readonly TextLine[],
  { prefix, language }: Surroundings,
): ReadonlySet<number> {
  const head = statementHead(prefix);
  const spans = multilineSpans(head + text, language);
  const quoted = new Set<number>();
  for (const [index, line] of lines.entries()) {
    const at = head.length + line.start;
    if (index > 0 && spans.some(({ start, end }) => start < at && at < end)) {
      quoted.add(index);
    }
  }
  return quoted;
}

/** Goes down the lines of a completion and remembers what their indentation has shown. */
class Walk {
  readonly #around: Surroundings;
  readonly #before: string;
  /** The completion is the rest of a statement, not a list of statements. */
  #statement = false;
  #base: number | undefined;
  /** The last line that has something on it ends here. */
  #end = 0;
  #nested = false;
  #blank = false;
  #cases = false;

  constructor(around: Surroundings) {
    this.#around = around;
    this.#before = cursorLine(around.prefix, '').before;
  }

  step(index: number, line: TextLine, text: string): Cut | undefined {
    const whole = index === 0 ? this.#before + line.text : line.text;
    if (isBlank(whole) || (index === 0 && isBlank(line.text))) {
      this.#blank ||= this.#base !== undefined;
      return undefined;
    }
    let cut: Cut | undefined;
    if (this.#base === undefined) {
      this.#begin(index, whole);
    } else {
      cut = this.#judge(whole, line, text);
    }
    this.#end = line.end;
    this.#blank = false;
    return cut;
  }

  #begin(index: number, line: string): void {
    const { tabSize, language } = this.#around;
    const own = indentWidth(line, tabSize);
    if (isBlank(this.#before)) {
      this.#base = own;
    } else {
      const above = indentWidth(this.#before, tabSize);
      const opens = opensBlock(this.#before, language);
      this.#statement = index === 0 || opens || own > above;
      this.#base = opens && own > above ? above : Math.min(own, above);
      this.#nested = own > this.#base;
    }
    this.#cases = /\b(?:switch|select)\b/.test(isBlank(this.#before) ? line : this.#before);
  }

  #judge(line: string, { start, complete }: TextLine, text: string): Cut | undefined {
    const indent = indentWidth(line, this.#around.tabSize);
    const base = this.#base ?? 0;
    if (indent > base) {
      this.#nested = true;
      return undefined;
    }
    if (this.#means(line, /^\s*#/, 'c', 'cpp', 'csharp', 'objective-c')) {
      return undefined;
    }
    const closers = /^\s*[)\]}]+[;,]?/.exec(line)?.[0];
    if (closers !== undefined && this.#surplus(text, start, closers.length)) {
      return { cut: this.#end, reason: 'the block is closed below' };
    }
    if (indent < base) {
      return closers === undefined
        ? { cut: this.#end, reason: 'leaves its block' }
        : { cut: start + closers.length, reason: 'closes its block' };
    }
    return this.#beside(line, base, complete);
  }

  /** Judges a line that is as far indented as the one that the completion began on. */
  #beside(line: string, base: number, complete: boolean): Cut | undefined {
    if (continuesStatement(line) || (this.#cases && /^\s*(?:case|default)\b/.test(line))) {
      return undefined;
    }
    if (this.#statement) {
      return { cut: this.#end, reason: 'end of the statement' };
    }
    if (startsDefinition(line, complete) && (this.#blank || this.#nested)) {
      return { cut: this.#end, reason: 'another definition begins' };
    }
    return this.#blank && base === 0
      ? { cut: this.#end, reason: 'end of the paragraph' }
      : undefined;
  }

  #means(line: string, pattern: RegExp, ...languages: string[]): boolean {
    return languages.includes(this.#around.language) && pattern.test(line);
  }

  /** Whether closers at `start` leave one too many in the document. */
  #surplus(text: string, start: number, length: number): boolean {
    return (
      strayClosers(text.slice(0, start + length), this.#around) >
      strayClosers(text.slice(0, this.#end), this.#around)
    );
  }
}
