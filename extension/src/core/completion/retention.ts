import type { Clock } from '../clock.js';
import { withoutCarriageReturns } from './cursor.js';
import type { DocumentEdit } from './types.js';

/** Reads a stretch of a document as it is now; undefined when the document is closed. */
export type ReadText = (uri: string, start: number, end: number) => string | undefined;

/** An accepted text that is being watched. */
interface Watched {
  readonly uri: string;
  readonly text: string;
  /** Where it is now, with all that was typed into it; offsets in the document's own text. */
  start: number;
  end: number;
}

/** How long an accepted text is watched, in milliseconds. */
export const RETENTION_TIME = 30_000;
/** Longest stretch that is compared character by character. */
const LONGEST_COMPARED = 4_000;

/** Tells how much of an accepted text is still there after some time. */
export class Retention {
  readonly #clock: Clock;
  readonly #read: ReadText;
  readonly #report: (accepted: number, retained: number) => void;
  readonly #watched = new Set<Watched>();
  readonly #stop = new AbortController();

  constructor(
    clock: Clock,
    read: ReadText,
    report: (acceptedCharacters: number, retainedCharacters: number) => void,
  ) {
    this.#clock = clock;
    this.#read = read;
    this.#report = report;
  }

  /** Watches a text that was put at an offset just now, line ends as the document has them. */
  watch(uri: string, offset: number, text: string): void {
    const watched = { uri, text, start: offset, end: offset + text.length };
    this.#watched.add(watched);
    this.#clock.sleep(RETENTION_TIME, this.#stop.signal).then(
      () => this.#settle(watched),
      () => undefined,
    );
  }

  /** Follows an edit of a document. */
  edited(edit: DocumentEdit): void {
    // Offsets are those before the edit: from the last to the first, none moves the next.
    const changes = [...edit.changes].sort((a, b) => b.offset - a.offset);
    for (const watched of this.#watched) {
      if (watched.uri !== edit.uri) {
        continue;
      }
      for (const { offset, removed, inserted } of changes) {
        const change = inserted.length - removed;
        if (
          watched.start === watched.end &&
          offset === watched.start &&
          inserted === watched.text
        ) {
          // Undone before, and now done again.
          watched.end += change;
        } else if (offset + removed <= watched.start) {
          watched.start += change;
          watched.end += change;
        } else if (offset < watched.end) {
          watched.start = Math.min(watched.start, offset);
          watched.end = Math.max(watched.end, offset + removed) + change;
        }
      }
    }
  }

  dispose(): void {
    this.#stop.abort(new Error('the extension stops'));
    this.#watched.clear();
  }

  #settle(watched: Watched): void {
    this.#watched.delete(watched);
    const now = this.#read(watched.uri, watched.start, watched.end);
    if (now !== undefined) {
      const text = withoutCarriageReturns(watched.text);
      this.#report(text.length, retainedCharacters(text, withoutCarriageReturns(now)));
    }
  }
}

/** Returns how many characters of a text are still there, in their order, in what became of it. */
export function retainedCharacters(text: string, now: string): number {
  if (now.includes(text)) {
    return text.length;
  }
  if (text.length > LONGEST_COMPARED || now.length > LONGEST_COMPARED) {
    const lines = new Set(now.split('\n').map((line) => line.trim()));
    const kept = text.split('\n').filter((line) => lines.has(line.trim()));
    return Math.min(text.length, kept.join('\n').length);
  }
  return longestCommonSubsequence(text, now);
}

function longestCommonSubsequence(a: string, b: string): number {
  let above = new Uint16Array(b.length + 1);
  for (const character of a.split('')) {
    const row = new Uint16Array(b.length + 1);
    for (let column = 1; column <= b.length; column++) {
      row[column] =
        character === b[column - 1]
          ? (above[column - 1] ?? 0) + 1
          : Math.max(above[column] ?? 0, row[column - 1] ?? 0);
    }
    above = row;
  }
  return above[b.length] ?? 0;
}
