import { lineAfter, spliceAfter } from './document-edits.js';
import { trackedSplices, trackRegion, type DocumentChange, type Region } from './region.js';
import { besidesOurs, changedLines, narrowedChanges } from './reported-changes.js';
import { applyUserChange, keptRows, splicesBetween, type Row, type Splice } from './rows.js';

/** What a change of a document was to the region. */
export interface Seen {
  /**
   *  - `nothing`: no text is another than before.
   *  - `ours`: what was sent has arrived.
   *  - `outside`: somebody else changed the document, but not the region.
   *  - `inside`: somebody else changed lines of the region.
   */
  readonly kind: 'nothing' | 'ours' | 'outside' | 'inside';
  /** What somebody else did to the lines of the region, the last first. */
  readonly splices: readonly Splice[];
  /** The rows that the splices refer to. */
  readonly before: readonly Row[];
}

/** What is on its way to the document. */
interface Sent {
  readonly edits: readonly DocumentChange[];
  readonly rows: readonly Row[];
  readonly start: number;
}

/** The rows of an edit as a document shows them: what they are, and where, whoever changes it. */
export class ShownRegion {
  #lines: readonly string[];
  #rows: readonly Row[];
  #start: number;
  #sent: Sent | undefined;
  #ignoring = false;

  /** @param lines all lines of the document, as it is before the edit. */
  constructor(lines: readonly string[], { start, count }: Region) {
    this.#lines = lines;
    this.#start = start;
    this.#rows = keptRows(lines.slice(start, start + count));
  }

  /** All lines of the document. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  get rows(): readonly Row[] {
    return this.#rows;
  }

  get region(): Region {
    return { start: this.#start, count: this.#rows.length };
  }

  /** Takes note of what is sent to the document, and what the region reads as when it arrives. */
  expect(edits: readonly DocumentChange[], rows: readonly Row[], start = this.#start): void {
    this.#sent = { edits, rows, start };
  }

  /** What was sent will not arrive any more. */
  expectNothing(): void {
    this.#sent = undefined;
  }

  /** Whether changes are seen as nothing: the document will be what it was, or `adopt` follows. */
  ignore(ignoring: boolean): void {
    this.#ignoring = ignoring;
  }

  /** The document reads as the rows say already. */
  adopt(rows: readonly Row[]): void {
    this.#rows = rows;
  }

  /**
   * Takes note of a change of the document. All ranges refer to the document before it.
   *
   * @param undone whether an undo or redo did it.
   */
  see(changes: readonly DocumentChange[], undone: boolean): Seen {
    const lines = this.#lines;
    this.#lines = changedLines(lines, changes);
    const sent = this.#sent;
    const besides = sent && besidesOurs(sent.edits, changes);
    if (sent && besides) {
      this.#sent = undefined;
      return this.#seeOurs(sent, besides, lines);
    }
    const narrow = this.#ignoring ? [] : changes.flatMap((one) => narrowedChanges(one, lines));
    return narrow.length === 0
      ? { kind: 'nothing', splices: [], before: this.#rows }
      : this.#seeForeign(narrow, lines, undone);
  }

  #seeOurs(sent: Sent, besides: readonly DocumentChange[], lines: readonly string[]): Seen {
    const old = this.#rows;
    const tracked = trackRegion(this.region, lines, besides);
    this.#start = sent.start + tracked.region.start - this.#start;
    const moves = splicesBetween(old, sent.rows);
    const splices = tracked.lines.flatMap(({ row, changed }): Splice[] => {
      const at = changed && row !== undefined ? lineAfter(moves, row) : undefined;
      const text = at === undefined ? undefined : this.#lines[this.#start + at];
      return at === undefined || text === undefined
        ? []
        : [{ start: at, remove: 1, insert: [text] }];
    });
    this.#rows = splices.reduce(applyUserChange, sent.rows);
    return { kind: 'ours', splices, before: sent.rows };
  }

  #seeForeign(changes: readonly DocumentChange[], lines: readonly string[], undone: boolean): Seen {
    const before = this.#rows;
    const tracked = trackRegion(this.region, lines, changes, { edgesInside: undone });
    const { start, count } = tracked.region;
    this.#start = start;
    if (!tracked.touched) {
      return { kind: 'outside', splices: [], before };
    }
    const after = this.#lines.slice(start, start + count);
    const texts = before.map((row) => row.text);
    const splices = trackedSplices(tracked, texts, after);
    this.#rows = splices.reduce(applyUserChange, before);
    return { kind: 'inside', splices, before };
  }
}

/** The rows of an edit by whoever decides about them; may be a picture ahead of those shown. */
export interface RowOwner {
  readonly rows: readonly Row[];
  /** Takes a change of the user's, in terms of `rows`. */
  userChanged(change: Splice): void;
}

/**
 * Tells the owner of rows what somebody did to the rows that were shown, and returns its rows.
 *
 * @param splices the last first.
 */
export function passOn(
  owner: RowOwner,
  splices: readonly Splice[],
  shown: readonly Row[],
): readonly Row[] {
  let before = shown;
  for (const splice of splices) {
    const ahead = splicesBetween(before, owner.rows);
    owner.userChanged(spliceAfter(ahead, splice));
    before = applyUserChange(before, splice);
  }
  return owner.rows;
}
