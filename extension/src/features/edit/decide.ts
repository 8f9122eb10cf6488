import * as vscode from 'vscode';
import { meantHunk, nextHunk, previousHunk } from '../../core/edit/lenses.js';
import type { Hunk } from '../../core/edit/rows.js';
import type { LiveEdit } from './live-edit.js';

/**
 * Takes or gives up one hunk of an edit, and goes to the next.
 *
 * @param line a line of the hunk; the cursor's when absent.
 */
export async function decideHunk(
  edit: LiveEdit | undefined,
  choice: 'accept' | 'reject',
  line?: number,
): Promise<void> {
  const hunk = edit && meantHunk(edit.session.hunks, rowOf(edit, line));
  if (!edit || !hunk) {
    return;
  }
  const at = edit.surface.region.start + hunk.start;
  await (choice === 'accept' ? edit.acceptHunk(at) : edit.rejectHunk(at));
  const next = meantHunk(edit.session.hunks, hunk.start);
  if (next && !edit.isOver) {
    goTo(edit, next);
  }
}

/** Puts the cursor on another hunk of an edit, round and round. */
export function goToHunk(edit: LiveEdit | undefined, direction: 'next' | 'previous'): void {
  const find = direction === 'next' ? nextHunk : previousHunk;
  const hunk = edit && find(edit.session.hunks, rowOf(edit));
  if (edit && hunk) {
    goTo(edit, hunk);
  }
}

/** The row of a line of the document, or of the cursor. */
function rowOf(edit: LiveEdit, line?: number): number {
  const at = line ?? vscode.window.activeTextEditor?.selection.active.line ?? 0;
  return at - edit.surface.region.start;
}

function goTo(edit: LiveEdit, hunk: Hunk): void {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document === edit.document) {
    const line = edit.surface.region.start + hunk.start;
    const { firstNonWhitespaceCharacterIndex } = edit.document.lineAt(line);
    const place = new vscode.Position(line, firstNonWhitespaceCharacterIndex);
    editor.selection = new vscode.Selection(place, place);
    editor.revealRange(
      new vscode.Range(place, place.with(edit.surface.region.start + hunk.end)),
      vscode.TextEditorRevealType.InCenterIfOutsideViewport,
    );
  }
}
