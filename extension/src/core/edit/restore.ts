/** How a document gets back to what it was before an edit. Pure decisions. */

/** What happened to a document since an edit began. */
export interface EditTraces {
  /** Whether the edit has changed the document at all. */
  readonly rendered: boolean;
  /** Whether somebody else changed it too, or it was saved: the edit is then not one undo step. */
  readonly disturbed: boolean;
  /** Whether a part of the edit was accepted. */
  readonly accepted: boolean;
  /** Whether the editor's own commands would act on this document now. */
  readonly focused: boolean;
}

/**
 * Returns how to give an edit up: by the editor's `undo`, which also makes an unsaved document
 * count as saved again if it was, or by deleting what was added.
 */
export function restoreBy(traces: EditTraces): 'nothing' | 'undo' | 'edits' {
  if (!traces.rendered) {
    return 'nothing';
  }
  return traces.disturbed || traces.accepted || !traces.focused ? 'edits' : 'undo';
}

/** Shorter delays of automatic saving cannot be outrun by edits that do nothing. */
const SHORTEST_DELAY_MS = 40;
/** How long before a save a document is touched; more often would keep the editor from resting. */
const AHEAD_MS = 150;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Returns after how many quiet milliseconds a document must be touched so that an automatic save
 * does not come; undefined where none comes, or it cannot be kept from coming.
 *
 * @param mode the setting `files.autoSave`. @param delay `files.autoSaveDelay` in milliseconds.
 */
export function touchAfter(
  mode: string | undefined,
  delay: number | undefined,
): number | undefined {
  if (mode !== 'afterDelay' || delay === undefined || delay < SHORTEST_DELAY_MS) {
    return undefined;
  }
  return Math.min(delay - Math.min(delay / 2, AHEAD_MS), LONGEST_PAUSE_MS);
}
