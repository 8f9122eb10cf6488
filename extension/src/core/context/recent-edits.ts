import { afterChange, bottomUp, joined, overlap, type LineChange } from './lines.js';
import type { LineRange } from './types.js';

/**
 * Where the user worked lately: the ranges of lines edited last, in all documents. Edits near each
 * other are one range, and ranges move with the text around them.
 */

/** Lines that were edited. */
export interface RecentEdit {
  readonly uri: string;
  readonly lines: LineRange;
  /** When they were edited last, on the clock of the caller. */
  readonly at: number;
}

/**
 * Who changed a document. Only `user` makes a recent edit; `undo` takes back what was, and
 * `elsewhere` is a checkout, a formatter or another tool.
 */
export type Author = 'user' | 'undo' | 'elsewhere';

/** What happened to a document. */
export interface DocumentChange {
  readonly uri: string;
  /** In lines of the document as it was before the event. */
  readonly changes: readonly LineChange[];
  readonly author: Author;
  readonly at: number;
  /** Lines that the document has now. */
  readonly lineCount: number;
}

const CAPACITY = 24;
/** Edits at most this many lines apart are one. */
const NEAR = 4;
/** No edit covers more than this: what a long paste holds was not written here. */
const LONGEST = 60;
/** A change of so many lines that is also most of the document comes from a tool. */
const WHOLESALE = 50;

export class RecentEdits {
  #edits: readonly RecentEdit[] = [];

  /** Notes a change of a document, whoever made it. */
  record(change: DocumentChange): void {
    const changes = bottomUp(change.changes);
    if (changes.length === 0) {
      return;
    }
    if (isWholesale(changes, change.lineCount)) {
      this.forget(change.uri);
      return;
    }
    const moved = this.#edits.map((edit) =>
      edit.uri === change.uri ? follow(edit, changes) : edit,
    );
    // Taken anew: two that reach into the same change overlap after it.
    this.#edits = [];
    moved
      .filter((edit) => edit.lines.end > edit.lines.start)
      .reverse()
      .forEach((edit) => this.#add(edit));
    if (change.author === 'user') {
      written(changes).forEach((lines) => this.#add({ uri: change.uri, lines, at: change.at }));
    }
  }

  /** Forgets the edits of a document. */
  forget(uri: string): void {
    this.#edits = this.#edits.filter((edit) => edit.uri !== uri);
  }

  /** Forgets every edit since a moment: they came with a checkout, not from the user. */
  forgetSince(at: number): void {
    this.#edits = this.#edits.filter((edit) => edit.at < at);
  }

  /** The edits, the latest first. */
  entries(): readonly RecentEdit[] {
    return this.#edits;
  }

  #add(edit: RecentEdit): void {
    const wide = { start: edit.lines.start - NEAR, end: edit.lines.end + NEAR };
    const near = this.#edits.filter(
      (other) => other.uri === edit.uri && overlap(wide, other.lines) > 0,
    );
    const [lines = edit.lines] = joined([edit.lines, ...near.map((other) => other.lines)], NEAR);
    const rest = this.#edits.filter((other) => !near.includes(other));
    this.#edits = [{ ...edit, lines: shortened(lines, edit.lines) }, ...rest].slice(0, CAPACITY);
  }
}

function follow(edit: RecentEdit, changes: readonly LineChange[]): RecentEdit {
  return changes.reduce((moved, change) => {
    const { lines } = afterChange(moved.lines, change);
    return { ...moved, lines };
  }, edit);
}

/** The lines that one event wrote, in the document as it is after it. */
function written(changes: readonly LineChange[]): LineRange[] {
  let grown = 0;
  const ranges: LineRange[] = [];
  for (const change of [...changes].reverse()) {
    const start = change.start + grown;
    ranges.push({ start, end: start + change.after });
    grown += change.after - change.before;
  }
  return joined(ranges, NEAR);
}

/** Keeps the newest part of a range that has grown too long. */
function shortened(lines: LineRange, newest: LineRange): LineRange {
  if (lines.end - lines.start <= LONGEST) {
    return lines;
  }
  const start = Math.max(lines.start, Math.min(newest.start, lines.end - LONGEST));
  return { start, end: Math.min(lines.end, start + LONGEST) };
}

function isWholesale(changes: readonly LineChange[], lineCount: number): boolean {
  const lines = changes.reduce((sum, change) => sum + Math.max(change.before, change.after), 0);
  return lines >= WHOLESALE && lines > 0.6 * lineCount;
}
