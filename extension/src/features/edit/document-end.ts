import * as vscode from 'vscode';

const MOST_ATTEMPTS = 5;

/** Adds text to the end of a document while its user may type in it, cover its tab or move it. */
export class DocumentEnd {
  readonly #document: vscode.TextDocument;
  /** Text that the editor has not taken so far. */
  #waiting = '';
  #written = false;

  constructor(document: vscode.TextDocument) {
    this.#document = document;
  }

  /** Adds some text; what the editor does not take now comes with the next. */
  async append(text: string): Promise<void> {
    this.#waiting += text;
    const sent = this.#waiting;
    if (sent && (await this.#insert(sent))) {
      this.#waiting = this.#waiting.slice(sent.length);
      this.#written = true;
    }
  }

  /** Adds what is left. Whether all of the text is in the document now. */
  async finish(): Promise<boolean> {
    for (let attempt = 0; this.#waiting && attempt < MOST_ATTEMPTS; attempt++) {
      await this.append('');
    }
    return !this.#waiting;
  }

  async #insert(text: string): Promise<boolean> {
    if (this.#document.isClosed) {
      return false; // A change would open it again.
    }
    const { end } = this.#document.lineAt(this.#document.lineCount - 1).range;
    const editor = vscode.window.visibleTextEditors.find(
      (visible) => visible.document === this.#document,
    );
    try {
      if (editor) {
        return await editor.edit((builder) => builder.insert(end, text), {
          undoStopBefore: !this.#written,
          undoStopAfter: false,
        });
      }
      const edit = new vscode.WorkspaceEdit();
      edit.insert(this.#document.uri, end, text);
      return await vscode.workspace.applyEdit(edit);
    } catch {
      return false; // The editor was closed, or the document changed, in between.
    }
  }
}
