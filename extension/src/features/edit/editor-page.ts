import * as vscode from 'vscode';
import type { Lines } from '../../core/edit/document-edits.js';
import type { Page, PageChange } from '../../core/edit/page.js';
import type { DocumentChange } from '../../core/edit/region.js';
import { restoreBy } from '../../core/edit/restore.js';
import type { Row } from '../../core/edit/rows.js';
import type { RowColours } from './decorations.js';
import { fromRange, linesIn, toRange } from './text.js';

/** Lines below the screen from which on a line being written is not followed. */
const SCROLLED_AWAY = 12;

/** A document in the editors that show it, for one edit. */
export class EditorPage implements Page {
  readonly #document: vscode.TextDocument;
  readonly #colours: RowColours;
  readonly #textBefore: string;
  readonly #selectionBefore: vscode.Selection | undefined;
  #beginsStep = true;
  #rendered = false;
  #disturbed = false;
  #accepted = false;

  constructor(document: vscode.TextDocument, colours: RowColours) {
    this.#document = document;
    this.#colours = colours;
    this.#textBefore = document.getText();
    this.#selectionBefore = this.#editors()[0]?.selection;
  }

  get visible(): boolean {
    return this.#editors().length > 0;
  }

  get lines(): Lines {
    return linesIn(this.#document);
  }

  noteArrived(): void {
    this.#rendered = true;
  }

  noteDisturbed(): void {
    this.#disturbed = true;
    this.#beginsStep = true;
  }

  noteAccepted(): void {
    this.#accepted = true;
  }

  async write({ edits, rows, start, streaming, final }: PageChange): Promise<boolean> {
    const written = this.#send(edits, {
      undoStopBefore: this.#beginsStep,
      undoStopAfter: final,
    });
    // In the same turn, so that both reach the screen in one picture.
    this.paint(start, rows);
    if (streaming) {
      this.#follow(edits);
    }
    const taken = await written;
    this.#beginsStep &&= !taken;
    return taken;
  }

  paint(start: number, rows: readonly Row[]): void {
    for (const editor of this.#editors()) {
      this.#colours.paint(editor, start, rows);
    }
  }

  async touch(edit: DocumentChange): Promise<void> {
    if (this.visible) {
      await this.#send([edit], { undoStopBefore: false, undoStopAfter: false });
    }
  }

  async takeBack(): Promise<boolean> {
    const way = restoreBy({
      rendered: this.#rendered,
      disturbed: this.#disturbed,
      accepted: this.#accepted,
      focused: this.#focused !== undefined,
    });
    if (way !== 'undo') {
      return false;
    }
    if (this.#document.getText() === this.#textBefore) {
      // What changes nothing on the whole the editor undoes without noticing that it is clean.
      const { end } = this.#document.lineAt(0).range;
      const edit = { range: fromRange(new vscode.Range(end, end)), text: ' ' };
      await this.#send([edit], { undoStopBefore: false, undoStopAfter: false });
    }
    await vscode.commands.executeCommand('undo');
    if (this.#document.getText() !== this.#textBefore) {
      await vscode.commands.executeCommand('redo');
      return false;
    }
    await this.forgetRedo();
    return true;
  }

  async forgetRedo(): Promise<void> {
    const editor = this.#focused;
    const text = this.#document.getText();
    const idle = this.#characterSomewhere();
    if (!editor || !idle) {
      return;
    }
    // A step that does nothing takes the place of the edit; undoing it leaves the document clean.
    const taken = await editor.edit((builder) => {
      builder.replace(idle, this.#document.getText(idle));
    });
    if (taken && this.#focused === editor) {
      await vscode.commands.executeCommand('undo');
      if (this.#document.getText() !== text) {
        await vscode.commands.executeCommand('redo');
      }
    }
  }

  restoreSelection(): void {
    const editor = this.#focused;
    if (editor && this.#selectionBefore && this.#document.getText() === this.#textBefore) {
      editor.selection = this.#selectionBefore;
      editor.revealRange(this.#selectionBefore);
    }
  }

  /** Keeps the line being written in view, unless the user has scrolled away from it. */
  #follow(edits: readonly DocumentChange[]): void {
    const editor = this.#focused;
    const seen = editor?.visibleRanges.at(-1)?.end.line;
    const last = edits.at(-1);
    if (!editor || seen === undefined || !last) {
      return;
    }
    const written = last.range.start.line + last.text.split('\n').length;
    if (written >= seen && written < seen + SCROLLED_AWAY) {
      editor.revealRange(new vscode.Range(written, 0, written + 1, 0));
    }
  }

  /** The editor that the editor's own commands would act on, if it shows the document. */
  get #focused(): vscode.TextEditor | undefined {
    const editor = vscode.window.activeTextEditor;
    return editor?.document === this.#document ? editor : undefined;
  }

  /** The editors in which the document can be seen, the active one first. */
  #editors(): vscode.TextEditor[] {
    const active = vscode.window.activeTextEditor;
    return vscode.window.visibleTextEditors
      .filter((editor) => editor.document === this.#document)
      .sort((a, b) => Number(b === active) - Number(a === active));
  }

  #characterSomewhere(): vscode.Range | undefined {
    for (let line = 0; line < this.#document.lineCount; line++) {
      const range = new vscode.Range(line, 0, line, 1);
      if (/^[^\ud800-\udfff]$/.test(this.#document.getText(range))) {
        return range;
      }
    }
    return undefined;
  }

  async #send(edits: readonly DocumentChange[], stops: UndoStops): Promise<boolean> {
    const [editor] = this.#editors();
    try {
      if (editor) {
        return await editor.edit((builder) => {
          for (const { range, text } of edits) {
            builder.replace(toRange(range), text);
          }
        }, stops);
      }
      const everywhere = new vscode.WorkspaceEdit();
      everywhere.set(
        this.#document.uri,
        edits.map(({ range, text }) => new vscode.TextEdit(toRange(range), text)),
      );
      return await vscode.workspace.applyEdit(everywhere);
    } catch {
      // The editor was closed in between; another may show the document by now.
      return false;
    }
  }
}

interface UndoStops {
  readonly undoStopBefore: boolean;
  readonly undoStopAfter: boolean;
}
