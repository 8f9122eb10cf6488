import type { Lines } from './document-edits.js';
import type { DocumentChange } from './region.js';
import type { Row } from './rows.js';

/** What is sent to a document at once. */
export interface PageChange {
  /** Ranges refer to the document as it is; none overlaps another. */
  readonly edits: readonly DocumentChange[];
  /** The rows that the region then shows, from line `start` on. */
  readonly rows: readonly Row[];
  readonly start: number;
  /** More is coming: whoever watches wants to see where it is written. */
  readonly streaming: boolean;
  /** The last change of an edit: what the user does next is an undo step of its own. */
  readonly final: boolean;
}

/** A document as an editor shows it and lets it be changed, for one edit. */
export interface Page {
  /** Whether anybody can see it. */
  readonly visible: boolean;
  readonly lines: Lines;
  /**
   * Changes and colours the document in one picture, all changes of the edit as one undo step.
   * Resolves with whether the editor took the change: it does not when the text is another by now.
   */
  write(change: PageChange): Promise<boolean>;
  /** Colours what is shown. */
  paint(start: number, rows: readonly Row[]): void;
  /** Changes a character into itself, which restarts the editor's timer for automatic saves. */
  touch(edit: DocumentChange): Promise<void>;
  /**
   * Takes the whole edit back by the editor's own undo, if that gives the document as it was.
   * Resolves with whether it did.
   */
  takeBack(): Promise<boolean>;
  /** Makes a redo do nothing, after an undo that took out the edit. */
  forgetRedo(): Promise<void>;
  /** Selects what was selected before the edit, if the text is as it was. */
  restoreSelection(): void;
  /** Takes note that the first change of ours has arrived. */
  noteArrived(): void;
  /** Takes note that somebody else changed or saved the document. */
  noteDisturbed(): void;
  /** Takes note that a part of the edit is there to stay. */
  noteAccepted(): void;
}
