import { afterChange, bottomUp, overlap, type LineChange } from './lines.js';
import type { LineRange } from './types.js';

/** Lines that the user looked at for a while. */
export interface RecentView {
  readonly uri: string;
  readonly lines: LineRange;
  /** When they were looked at last, on the clock of the caller. */
  readonly at: number;
}

const CAPACITY = 24;
/** Views that share this much of the shorter one are the same view. */
const SAME = 0.5;

/** What the user looked at lately, in all documents. The caller decides what counts as a look. */
export class RecentViews {
  #views: readonly RecentView[] = [];

  /** Notes that lines were looked at; replaces an earlier view of about the same lines. */
  record(view: RecentView): void {
    if (view.lines.end <= view.lines.start) {
      return;
    }
    const others = this.#views.filter((other) => !isSame(other, view));
    this.#views = [view, ...others].slice(0, CAPACITY);
  }

  /** Moves the views of a document with its text. */
  changed(uri: string, changes: readonly LineChange[]): void {
    const ordered = bottomUp(changes);
    this.#views = this.#views
      .map((view) =>
        view.uri === uri
          ? ordered.reduce(
              (moved, change) => ({ ...moved, lines: afterChange(moved.lines, change).lines }),
              view,
            )
          : view,
      )
      .filter(({ lines }) => lines.end > lines.start);
  }

  /** Forgets the views of a document. */
  forget(uri: string): void {
    this.#views = this.#views.filter((view) => view.uri !== uri);
  }

  /** The views, the latest first. */
  entries(): readonly RecentView[] {
    return this.#views;
  }
}

function isSame(a: RecentView, b: RecentView): boolean {
  const shorter = Math.min(a.lines.end - a.lines.start, b.lines.end - b.lines.start);
  return a.uri === b.uri && overlap(a.lines, b.lines) >= SAME * shorter;
}
