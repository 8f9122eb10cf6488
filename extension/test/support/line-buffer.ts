import type { DocumentChange, Region } from '../../src/core/edit/region.js';
import type { Lines } from '../../src/core/edit/document-edits.js';

/** A document that takes changes as an editor does. */
export class LineBuffer implements Lines {
  readonly eol: '\n' | '\r\n';
  text: string;

  constructor(text: string, eol: '\n' | '\r\n' = '\n') {
    this.text = text;
    this.eol = eol;
  }

  get lines(): string[] {
    return this.text.split(this.eol);
  }

  get lineCount(): number {
    return this.lines.length;
  }

  textOf(line: number): string {
    return this.lines[line]!;
  }

  offset(line: number, character: number): number {
    const before = this.lines.slice(0, line);
    return before.reduce((sum, text) => sum + text.length + this.eol.length, 0) + character;
  }

  apply(changes: readonly DocumentChange[]): void {
    const spans = changes.map(({ range: { start, end }, text }) => ({
      from: this.offset(start.line, start.character),
      to: this.offset(end.line, end.character),
      text,
    }));
    spans.sort((a, b) => b.from - a.from);
    for (const { from, to, text } of spans) {
      this.text = this.text.slice(0, from) + text + this.text.slice(to);
    }
  }

  slice(region: Region): string[] {
    return this.lines.slice(region.start, region.start + region.count);
  }
}

/** A change from one place to another. */
export function change(
  line: number,
  character: number,
  endLine: number,
  endCharacter: number,
  text: string,
): DocumentChange {
  return {
    range: { start: { line, character }, end: { line: endLine, character: endCharacter } },
    text,
  };
}

/** Returns the place of an offset, however large, in a buffer. */
export function place(buffer: LineBuffer, at: number): { line: number; character: number } {
  let rest = at % (buffer.text.length + 1);
  for (const [line, text] of buffer.lines.entries()) {
    if (rest <= text.length) {
      return { line, character: rest };
    }
    rest -= text.length + 1;
  }
  throw new Error('The place is outside of the text.');
}
