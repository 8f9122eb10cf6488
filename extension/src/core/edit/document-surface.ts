import type { Clock } from '../clock.js';
import { spliceLines } from './align.js';
import { editsFor } from './document-edits.js';
import type { Page } from './page.js';
import { spliceInRows, type DocumentChange, type Region } from './region.js';
import { keptRows, originalOf, rejectAll, splicesBetween, type Row, type Splice } from './rows.js';
import type { RenderPhase, Surface } from './session.js';
import { ShownRegion, type Seen } from './shown-region.js';

/** How long a change is tried again while the user's own keystrokes get in first. */
const PATIENCE_MS = 3000;
const RETRY_MS = 8;
/** How long changes that may be a formatter's are held back: a save that follows undoes them. */
const HOLD_MS = 1500;

/** What a surface tells of what others do to its document. */
export interface SurfaceEvents {
  /**
   * Somebody changed lines of the region; the splices refer to the rows shown before, the last
   * first. Returns the rows that are to be shown now.
   */
  onForeign(splices: readonly Splice[], shown: readonly Row[]): readonly Row[];
  /** An undo or redo went through the region. */
  onUndo(): void;
}

export interface SurfaceParts {
  readonly page: Page;
  /** All lines of the document. */
  readonly lines: readonly string[];
  readonly region: Region;
  readonly clock: Clock;
  readonly events: SurfaceEvents;
}

/** Who changed a document. */
export interface Author {
  /** An undo or redo did it. */
  readonly undone: boolean;
  /** It came from elsewhere than the user's cursors: a formatter, a rename, another tool. */
  readonly remote: boolean;
}

/** Changes that are held back, and the document before them. */
interface Held {
  readonly lines: readonly string[];
  readonly region: Region;
  readonly seen: Seen[];
  readonly end: AbortController;
}

/**
 * Shows the rows of an edit in the lines of a document, and takes them out while it is saved. Where
 * the document cannot be seen, what is to be shown waits until it can.
 *
 * Editors format a document before they tell that it will be saved. A formatter that meets half an
 * edit makes a mess of the lines around it as well, so what may be one's work is held back for a
 * moment: if a save follows, the document is saved as it was before.
 */
export class DocumentSurface implements Surface {
  readonly #parts: SurfaceParts;
  readonly #shown: ShownRegion;
  #target: readonly Row[];
  /** The region before the edit; unknown once others have changed it. */
  #base: readonly string[] | undefined;
  #phase: RenderPhase = 'streaming';
  #guard: 'none' | 'wanted' | 'shown' = 'none';
  #closed = false;
  #held: Held | undefined;
  #running: Promise<void> | undefined;
  #finish: () => void = () => undefined;

  /** Resolves when the last picture of the edit shows. */
  readonly finished = new Promise<void>((resolve) => {
    this.#finish = resolve;
  });

  constructor(parts: SurfaceParts) {
    this.#parts = parts;
    this.#shown = new ShownRegion(parts.lines, parts.region);
    this.#target = this.#shown.rows;
    this.#base = this.#target.map((row) => row.text);
  }

  get region(): Region {
    return this.#shown.region;
  }

  /** All lines of the document. */
  get lines(): readonly string[] {
    return this.#shown.lines;
  }

  /** The rows that the region reads as now. */
  get rows(): readonly Row[] {
    return this.#shown.rows;
  }

  async render(rows: readonly Row[], phase: RenderPhase): Promise<void> {
    if (phase !== 'streaming' && !sameTexts(originalOf(rows), originalOf(this.#target))) {
      this.#parts.page.noteAccepted();
    }
    this.#target = rows;
    this.#phase = phase;
    try {
      await this.sync();
    } finally {
      if (phase === 'done') {
        this.#parts.page.restoreSelection();
        this.#finish();
      }
    }
  }

  /** Makes the document read as it should, if it can be seen; waits for what is under way. */
  async sync(): Promise<void> {
    await this.#alone(() => this.#catchUp());
  }

  /** Takes the edit out of the document until `release`, so that a save writes nothing of it. */
  async guard(): Promise<void> {
    const held = this.#held;
    this.#drop();
    this.#guard = 'wanted';
    this.#parts.page.noteDisturbed();
    if (held) {
      await this.#alone(() => this.#rewind(held));
    }
    await this.sync();
    if (this.#isGuardWanted()) {
      this.#guard = 'shown';
    }
  }

  /** Shows the edit again after a save, with what was done to the document for it. */
  async release(): Promise<void> {
    const guard = this.#guard;
    this.#guard = 'none';
    const target = this.#target;
    const original = keptRows(originalOf(target));
    const splices = guard === 'shown' ? splicesBetween(original, this.#shown.rows) : [];
    if (splices.length > 0) {
      this.#report(
        splices.map((splice) => spliceInRows(target, splice)),
        target,
      );
    }
    await this.sync();
  }

  /** Changes nothing, in a way that restarts the editor's timer for automatic saves. */
  async touch(): Promise<void> {
    const edit = idleChange(this.#shown.lines);
    const shows = this.#shown.rows.some((row) => row.kind === 'added');
    if (edit && shows && !this.#running) {
      await this.#alone(async () => {
        this.#shown.expect([edit], this.#shown.rows);
        await this.#parts.page.touch(edit);
        this.#shown.expectNothing();
      });
    }
  }

  /** Passes on what was held back. To be called before the user decides about the edit. */
  settle(): void {
    const held = this.#held;
    this.#drop();
    held?.seen.forEach(({ splices, before }) => this.#report(splices, before));
  }

  /** Gives the document back as it was, after an undo has taken out some of the edit. */
  async restore(): Promise<void> {
    this.#drop();
    this.#phase = 'done';
    this.#target = this.#base ? keptRows(this.#base) : rejectAll(this.#shown.rows);
    await this.sync();
    await this.#alone(() => this.#parts.page.forgetRedo());
  }

  /** Takes note of a change of the document, whoever made it. */
  changed(changes: readonly DocumentChange[], author: Author): void {
    const undone = author.undone;
    const { lines, region } = this.#shown;
    const seen = this.#shown.see(changes, undone);
    if (seen.kind === 'ours') {
      this.#parts.page.noteArrived();
    } else if (seen.kind !== 'nothing') {
      this.#parts.page.noteDisturbed();
    }
    if (this.#closed || seen.kind === 'nothing' || (seen.kind === 'ours' && !seen.splices.length)) {
      return;
    }
    if (undone && seen.kind === 'inside') {
      this.#parts.events.onUndo();
    } else if (this.#guard !== 'shown') {
      this.#takeIn(seen, author, { lines, region });
    }
  }

  /** Colours what is shown. */
  paint(): void {
    this.#parts.page.paint(this.region.start, this.rows);
  }

  /** Leaves the document as it is, without colours. */
  dispose(): void {
    this.#closed = true;
    this.#drop();
    this.#parts.page.paint(0, []);
  }

  #takeIn(seen: Seen, { remote }: Author, was: Pick<Held, 'lines' | 'region'>): void {
    if (!remote || seen.kind === 'ours') {
      this.settle();
      this.#report(seen.splices, seen.before);
    } else if (this.#held) {
      this.#held.seen.push(seen);
    } else if (seen.kind === 'inside') {
      this.#hold({ ...was, seen: [seen], end: new AbortController() });
    }
  }

  #hold(held: Held): void {
    this.#held = held;
    this.#parts.clock.sleep(HOLD_MS, held.end.signal).then(
      () => {
        this.settle();
        return this.sync();
      },
      () => undefined,
    );
  }

  #drop(): void {
    this.#held?.end.abort();
    this.#held = undefined;
  }

  #report(splices: readonly Splice[], before: readonly Row[]): void {
    if (splices.length > 0) {
      this.#base = undefined;
      this.#target = this.#parts.events.onForeign(splices, before);
    }
  }

  async #alone(work: () => Promise<void>): Promise<void> {
    while (this.#running) {
      await this.#running.catch(() => undefined);
    }
    this.#running = work().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  /** Makes the document what it was before the changes that were held back, without the edit. */
  async #rewind({ lines, region }: Held): Promise<void> {
    const rows = rejectAll(this.#target);
    const end = region.start + region.count;
    const wanted = [...lines.slice(0, region.start), ...textsOf(rows), ...lines.slice(end)];
    const now = this.#shown.lines;
    const whole = { start: 0, count: now.length };
    const edits = editsFor(spliceLines(now, wanted), whole, this.#parts.page.lines);
    if (edits.length > 0) {
      await this.#send(edits, rows, region.start);
    }
  }

  async #catchUp(): Promise<void> {
    const { clock, page } = this.#parts;
    const deadline = clock.now() + PATIENCE_MS;
    for (;;) {
      const guarded = this.#guard !== 'none';
      const rows = guarded ? rejectAll(this.#target) : this.#target;
      const final = this.#phase === 'done' && !guarded;
      if (this.#closed || (!final && !guarded && this.#mustWait())) {
        return;
      }
      const edits = editsFor(splicesBetween(this.rows, rows), this.region, page.lines);
      if ((final && (await this.#takenBack(rows))) || edits.length === 0) {
        this.#shown.adopt(rows);
        this.paint();
        return;
      }
      if (!(await this.#send(edits, rows, this.region.start, final))) {
        if (clock.now() > deadline) {
          throw new Error('The editor does not take changes of this document.');
        }
        await clock.sleep(RETRY_MS);
      }
    }
  }

  async #send(
    edits: readonly DocumentChange[],
    rows: readonly Row[],
    start: number,
    final = false,
  ): Promise<boolean> {
    this.#shown.expect(edits, rows, start);
    const streaming = this.#phase === 'streaming' && this.#guard === 'none';
    const taken = await this.#parts.page.write({ edits, rows, start, streaming, final });
    this.#shown.expectNothing();
    if (!taken) {
      this.paint();
    }
    return taken;
  }

  /** A save may have been given up meanwhile. */
  #isGuardWanted(): boolean {
    return this.#guard === 'wanted';
  }

  /** Whether nothing may be shown now: nobody would see it, or a save may be about to come. */
  #mustWait(): boolean {
    return this.#held !== undefined || !this.#parts.page.visible;
  }

  async #takenBack(rows: readonly Row[]): Promise<boolean> {
    if (!sameTexts(textsOf(rows), originalOf(this.rows))) {
      return false;
    }
    this.#shown.ignore(true);
    try {
      return await this.#parts.page.takeBack();
    } finally {
      this.#shown.ignore(false);
    }
  }
}

/** A change that leaves the text as it is; undefined in a document without any. */
function idleChange(lines: readonly string[]): DocumentChange | undefined {
  const line = lines.findIndex((text) => text !== '' && !/^[\ud800-\udfff]/.test(text));
  const text = lines[line]?.slice(0, 1);
  return text === undefined
    ? undefined
    : { range: { start: { line, character: 0 }, end: { line, character: 1 } }, text };
}

function textsOf(rows: readonly Row[]): string[] {
  return rows.map((row) => row.text);
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}
