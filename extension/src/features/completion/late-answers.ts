import * as vscode from 'vscode';
import { isAt, isCursorAt, type Asked } from './asked.js';

/**
 * Editors since 1.105 stop waiting for ghost text 750 ms after a key and look for suggestions
 * instead. Part of that has gone by when they ask, and part goes by until they have the answer; on
 * a busy machine, more than half. An answer that took longer than this many milliseconds may
 * therefore come to nobody, and the editor does not tell.
 */
export const EDITOR_PATIENCE = 300;

/** Has the editor ask again for answers that it may not have waited for; they are at hand then. */
export class LateAnswers {
  #asked: Asked | undefined;

  /** Whether a question at this place is one that was brought about here. */
  isAgain(document: vscode.TextDocument, position: vscode.Position): boolean {
    return isAt(this.#asked, document, position);
  }

  /** Makes the editor ask, when its cursor still stands where it asked before. */
  async askAgain(asked: Asked, document: vscode.TextDocument): Promise<void> {
    if (!isCursorAt(asked, document)) {
      return;
    }
    this.#asked = asked;
    try {
      // The editor drops what it already shows only for something else, so nothing flickers.
      await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
    } finally {
      this.#asked = undefined;
    }
  }
}
