import { withoutCarriageReturns, type CursorView } from './cursor.js';
import { typedSince, type Spot } from './spot.js';
import type { TextChange } from './types.js';

/** Where an answer leads to: what has to be typed from a spot to be in agreement with it. */
export interface Heading {
  /** Where the cursor was when it was asked for. */
  readonly from: Spot;
  /** What has to be typed from there before the answer fits; empty but for prefetches. */
  readonly lead: string;
  /** The cursor's offset in the document's own text; undefined when edits cannot be followed. */
  readonly offset: number | undefined;
}

/** An answer as far as it has come; `open` while more may come. */
export interface Coming {
  readonly text: string;
  readonly open: boolean;
}

/** How far the user may type ahead of what has come. */
const TYPED_AHEAD = 24;
/** A bracket or quote that the editor has closed by itself. */
const PAIR = /^(?:\(\)|\[\]|\{\}|""|''|``)$/;

/** Tells whether the user goes where an answer leads. */
export class Course {
  readonly #heading: Heading;
  readonly #coming: () => readonly Coming[];
  /** What was typed since, as the document's edits tell, and where the cursor is by them. */
  #typed = '';
  #offset: number | undefined;

  constructor(heading: Heading, coming: () => readonly Coming[]) {
    this.#heading = heading;
    this.#coming = coming;
    this.#offset = heading.offset;
  }

  /** Whether the answer can be used where the cursor is now. */
  fits(view: CursorView): boolean {
    const since = typedSince(this.#heading.from, view);
    return (
      since !== undefined &&
      since.typed.length >= this.#heading.lead.length &&
      this.#agrees(since.typed)
    );
  }

  /** Whether it can be used here or, if the user goes on like this, later. */
  helps(view: CursorView): boolean {
    const since = typedSince(this.#heading.from, view);
    return since !== undefined && this.#agrees(since.typed);
  }

  /**
   * Follows an edit of the document and returns whether the answer may still be used after it;
   * undefined when only the next question can tell.
   */
  follow(changes: readonly TextChange[]): boolean | undefined {
    const [change, ...others] = changes;
    if (!change || others.length > 0 || this.#offset === undefined) {
      return undefined;
    }
    const deletedBack = change.inserted === '' && change.offset + change.removed === this.#offset;
    if (change.removed > 0 || change.offset !== this.#offset) {
      this.#offset = undefined;
      return deletedBack ? false : undefined;
    }
    const whole = withoutCarriageReturns(change.inserted);
    const readings = PAIR.test(whole) ? [whole, whole.slice(0, 1)] : [whole];
    const inserted = readings.find((text) => this.#agrees(this.#typed + text));
    if (inserted === undefined) {
      this.#offset = undefined;
      // The editor may have indented the new line in its own way.
      return whole.includes('\n') ? undefined : false;
    }
    this.#typed += inserted;
    this.#offset += inserted === whole ? change.inserted.length : inserted.length;
    return true;
  }

  /** Whether what was typed is the beginning of what comes, or what has come its beginning. */
  #agrees(typed: string): boolean {
    return this.#coming().some(({ text, open }) => {
      const whole = this.#heading.lead + text;
      const ahead = typed.length - whole.length;
      return whole.startsWith(typed) || (open && ahead <= TYPED_AHEAD && typed.startsWith(whole));
    });
  }
}
