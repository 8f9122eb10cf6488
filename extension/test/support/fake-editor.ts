import type { Lines } from '../../src/core/edit/document-edits.js';
import type { Author, DocumentSurface } from '../../src/core/edit/document-surface.js';
import type { Page, PageChange } from '../../src/core/edit/page.js';
import type { DocumentChange } from '../../src/core/edit/region.js';
import { changedLines } from '../../src/core/edit/reported-changes.js';
import type { Row } from '../../src/core/edit/rows.js';

/** How editors tell changes: the user's typing, a formatter's work, an undo. */
export const TYPED: Author = { undone: false, remote: false };
export const REMOTE: Author = { undone: false, remote: true };
export const UNDONE: Author = { undone: true, remote: false };

/**
 * A document in an editor: takes a change only if nobody else was faster, reports every change,
 * and has an undo that knows steps.
 */
export class FakeEditor implements Page {
  lines_: readonly string[];
  visible = true;
  surface: DocumentSurface | undefined;
  painted: { start: number; rows: readonly Row[] } = { start: 0, rows: [] };
  /** Changes that somebody makes just before ours arrives. */
  readonly faster: (readonly [DocumentChange[], Author])[] = [];
  readonly writes: PageChange[] = [];
  touches = 0;
  readonly #steps: (readonly string[])[] = [];
  #begins = true;
  #disturbed = false;
  #accepted = false;
  readonly #before: readonly string[];

  constructor(lines: readonly string[]) {
    this.lines_ = lines;
    this.#before = lines;
  }

  get text(): string {
    return this.lines_.join('\n');
  }

  get lines(): Lines {
    const lines = this.lines_;
    return { lineCount: lines.length, eol: '\n', textOf: (line) => lines[line]! };
  }

  /** Somebody changes the document. */
  change(changes: DocumentChange[], author: Author = TYPED): void {
    this.#steps.push(this.lines_);
    this.#apply(changes, author);
  }

  /** The user's undo. */
  undo(): void {
    const lines = this.#steps.pop();
    if (lines) {
      const end = { line: this.lines_.length - 1, character: this.lines_.at(-1)!.length };
      const range = { start: { line: 0, character: 0 }, end };
      this.#apply([{ range, text: lines.join('\n') }], UNDONE);
    }
  }

  async write(change: PageChange): Promise<boolean> {
    const lines = this.lines_;
    await Promise.resolve();
    const others = this.faster.shift();
    if (others) {
      this.change(...others);
    }
    if (this.lines_ !== lines) {
      return false;
    }
    this.writes.push(change);
    if (this.#begins) {
      this.#steps.push(lines);
      this.#begins = false;
    }
    this.#apply(change.edits, TYPED);
    this.paint(change.start, change.rows);
    await Promise.resolve();
    return true;
  }

  paint(start: number, rows: readonly Row[]): void {
    this.painted = { start, rows };
  }

  touch(edit: DocumentChange): Promise<void> {
    this.touches++;
    this.#apply([edit], TYPED);
    return Promise.resolve();
  }

  takeBack(): Promise<boolean> {
    const can = !this.#disturbed && !this.#accepted && this.#steps.length > 0;
    if (can) {
      this.undo();
    }
    return Promise.resolve(can && this.text === this.#before.join('\n'));
  }

  forgetRedo(): Promise<void> {
    return Promise.resolve();
  }

  restoreSelection(): void {
    // There is none.
  }

  noteArrived(): void {
    // Steps tell enough.
  }

  noteDisturbed(): void {
    this.#disturbed = true;
    this.#begins = true;
  }

  noteAccepted(): void {
    this.#accepted = true;
  }

  #apply(changes: readonly DocumentChange[], author: Author): void {
    this.lines_ = changedLines(this.lines_, changes);
    this.surface?.changed(changes, author);
  }
}
