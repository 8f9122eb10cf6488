import * as vscode from 'vscode';
import { spliceLines } from '../../core/edit/align.js';
import { editsFor } from '../../core/edit/document-edits.js';
import { splitLines } from '../../core/text.js';
import type { Host } from '../../host/host.js';
import type { Edits, LostEdit } from './edits.js';
import type { LiveEdit, Picture } from './live-edit.js';
import { applyTakeOut, tellTakenOut } from './recovery.js';
import { linesIn, toRange } from './text.js';

/** How long after the end of a document its text may come up in another one. */
const KEEP_MS = 10_000;

/** A document that has become the copy of one with an edit, and when it was that. */
interface Copy {
  readonly edit: LiveEdit;
  readonly picture: Picture;
  readonly version: number;
}

/**
 * Documents that read exactly as another one with an edit in it. The editor makes such copies: into
 * the target of a save under another name, before that is saved, and into the new document of a file
 * that was renamed. The edit is unknown there and would stay as text, so it is taken out: before
 * a save, or when the document with the edit goes.
 */
export class Copies implements vscode.Disposable {
  readonly #host: Pick<Host, 'clock' | 'documents' | 'log'>;
  readonly #edits: Edits;
  /** By what is noted at once: an edit that streams has gone on by the time of the save. */
  readonly #copies = new Map<vscode.TextDocument, Copy>();
  /** Of edits whose documents went a moment ago, and how to forget them. */
  readonly #lost = new Map<Picture, AbortController>();
  readonly #listening: vscode.Disposable;

  constructor(host: Pick<Host, 'clock' | 'documents' | 'log'>, edits: Edits) {
    this.#host = host;
    this.#edits = edits;
    const { workspace } = vscode;
    this.#listening = vscode.Disposable.from(
      workspace.onDidOpenTextDocument((document) => this.#look(document)),
      workspace.onDidChangeTextDocument(({ document, reason }) => {
        // What the user's own undo brings back is no copy.
        if (reason === undefined) {
          this.#look(document);
        }
      }),
      workspace.onDidCloseTextDocument((document) => this.#copies.delete(document)),
      workspace.onWillSaveTextDocument((event) => this.#onWillSave(event)),
      edits.onWillLose((lost) => this.#onWillLose(lost)),
      edits.onDidChange((edit) => this.#onChange(edit)),
    );
  }

  dispose(): void {
    this.#listening.dispose();
    this.#copies.clear();
    [...this.#lost.keys()].forEach((picture) => this.#forget(picture));
  }

  /** Takes note of a document that reads as one with an edit; of an edit that is gone, frees it. */
  #look(document: vscode.TextDocument): void {
    if (this.#edits.in(document)) {
      return;
    }
    const lost = [...this.#lost.keys()].find((picture) => readsAs(document, picture));
    if (lost) {
      void this.#takeOut(document, lost, lost);
      return;
    }
    for (const edit of this.#edits.all) {
      const { picture } = edit;
      if (picture && readsAs(document, picture)) {
        this.#copies.set(document, { edit, picture, version: document.version });
      }
    }
  }

  #onWillSave(event: vscode.TextDocumentWillSaveEvent): void {
    const { document } = event;
    const copy = this.#copies.get(document);
    if (copy?.version === document.version && !this.#edits.in(document)) {
      event.waitUntil(Promise.resolve(takingOut(document, copy.picture)));
      this.#host.log.info('an unfinished edit is taken out of a copy');
      tellTakenOut(this.#host, document);
    }
  }

  #onWillLose({ edit, picture }: LostEdit): void {
    const forget = new AbortController();
    this.#lost.set(picture, forget);
    this.#host.clock.sleep(KEEP_MS, forget.signal).then(
      () => this.#forget(picture),
      () => undefined,
    );
    for (const [document, copy] of this.#copies) {
      if (copy.edit === edit && copy.version === document.version) {
        void this.#takeOut(document, copy.picture, picture);
      }
    }
  }

  #onChange(edit: LiveEdit): void {
    if (edit.isOver) {
      for (const [document, copy] of this.#copies) {
        if (copy.edit === edit) {
          this.#copies.delete(document);
        }
      }
    }
  }

  /** @param lost what need not be looked for any more once it is done. */
  async #takeOut(document: vscode.TextDocument, picture: Picture, lost: Picture): Promise<void> {
    if (await applyTakeOut(this.#host, document, takingOut(document, picture))) {
      this.#forget(lost);
    }
  }

  #forget(picture: Picture): void {
    this.#lost.get(picture)?.abort();
    this.#lost.delete(picture);
  }
}

function readsAs(document: vscode.TextDocument, { lines }: Picture): boolean {
  // Every change of every document asks this; hardly one has as many lines.
  if (document.lineCount !== lines.length) {
    return false;
  }
  const texts = splitLines(document.getText());
  return lines.every((line, index) => line === texts[index]);
}

function takingOut(document: vscode.TextDocument, { lines, original }: Picture): vscode.TextEdit[] {
  const whole = { start: 0, count: lines.length };
  return editsFor(spliceLines(lines, original), whole, linesIn(document)).map(
    ({ range, text }) => new vscode.TextEdit(toRange(range), text),
  );
}
