import * as vscode from 'vscode';
import type { EditRequest } from '../../core/edit/session.js';
import type { Region } from '../../core/edit/region.js';
import { setContextKey } from '../../host/context-keys.js';
import type { Host } from '../../host/host.js';
import { RowColours } from './decorations.js';
import { LiveEdit, type Picture } from './live-edit.js';

/** An edit that ends because its document goes, and what another document may have of it. */
export interface LostEdit {
  readonly edit: LiveEdit;
  readonly picture: Picture;
}

/** The edits that are not decided, at most one per document, and what the editor tells them. */
export class Edits implements vscode.Disposable {
  readonly #host: Host;
  readonly #edits = new Map<vscode.TextDocument, LiveEdit>();
  readonly #colours = new RowColours(() => this.#repaint());
  readonly #changed = new vscode.EventEmitter<LiveEdit>();
  readonly #lost = new vscode.EventEmitter<LostEdit>();
  readonly #listening: vscode.Disposable;

  /** Fires after every change of any edit, the one that ended it included. */
  readonly onDidChange = this.#changed.event;

  /** Fires when an edit is about to end because its document was closed while it showed. */
  readonly onWillLose = this.#lost.event;

  constructor(host: Host) {
    this.#host = host;
    this.#listening = this.#listen();
  }

  get all(): readonly LiveEdit[] {
    return [...this.#edits.values()];
  }

  /** The edit in a document. */
  in(document: vscode.TextDocument): LiveEdit | undefined {
    return this.#edits.get(document);
  }

  /** The edit in the active editor. */
  get active(): LiveEdit | undefined {
    const document = vscode.window.activeTextEditor?.document;
    return document && this.#edits.get(document);
  }

  /** Begins an edit; there must be none in the document. It asks nobody before it is started. */
  begin(document: vscode.TextDocument, region: Region, request: EditRequest): LiveEdit {
    const edit = new LiveEdit({
      host: this.#host,
      document,
      region,
      request,
      colours: this.#colours,
    });
    this.#edits.set(document, edit);
    edit.onDidChange(() => this.#onChange(edit));
    this.#updateKey();
    return edit;
  }

  dispose(): void {
    this.#listening.dispose();
    for (const edit of this.#edits.values()) {
      edit.session.abandon();
      edit.dispose();
    }
    this.#edits.clear();
    this.#colours.dispose();
    this.#changed.dispose();
    this.#lost.dispose();
  }

  #onChange(edit: LiveEdit): void {
    if (edit.isOver && this.#edits.get(edit.document) === edit) {
      this.#edits.delete(edit.document);
      edit.dispose();
      this.#updateKey();
    }
    this.#changed.fire(edit);
  }

  #listen(): vscode.Disposable {
    const { window, workspace } = vscode;
    return vscode.Disposable.from(
      workspace.onDidChangeTextDocument((event) =>
        this.#edits.get(event.document)?.documentChanged(event),
      ),
      workspace.onWillSaveTextDocument((event) => {
        const edit = this.#edits.get(event.document);
        if (edit) {
          event.waitUntil(edit.guard());
        }
      }),
      workspace.onDidSaveTextDocument((document) => {
        void this.#edits.get(document)?.saved();
      }),
      workspace.onDidCloseTextDocument((document) => {
        // A change of language closes and opens a document as well.
        if (document.isClosed) {
          this.#leave(this.#edits.get(document));
        }
      }),
      workspace.onWillRenameFiles((event) => this.#onWillRename(event)),
      window.tabGroups.onDidChangeTabs(({ closed }) => this.#onTabsClosed(closed)),
      window.onDidChangeVisibleTextEditors(() => this.#repaint()),
      window.onDidChangeActiveTextEditor(() => this.#updateKey()),
    );
  }

  #onTabsClosed(closed: readonly vscode.Tab[]): void {
    if (closed.length === 0) {
      return;
    }
    const open = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs.flatMap(urisOf));
    for (const uri of closed.flatMap(urisOf)) {
      const edit = this.all.find(({ document }) => document.uri.toString() === uri);
      if (!open.includes(uri)) {
        this.#leave(edit);
      }
    }
  }

  /**
   * The editor takes the text along to the new name, and ends the edit with the old one. Where the
   * rename does not come about, the edit shows again after a while.
   */
  #onWillRename(event: vscode.FileWillRenameEvent): void {
    const moved = this.all.filter(({ document }) =>
      event.files.some(({ oldUri }) => isWithin(document.uri, oldUri)),
    );
    if (moved.length > 0) {
      event.waitUntil(Promise.all(moved.map((edit) => edit.guard())));
    }
  }

  #leave(edit: LiveEdit | undefined): void {
    const picture = edit?.picture;
    if (edit && picture) {
      this.#lost.fire({ edit, picture });
    }
    void edit?.close();
  }

  #repaint(): void {
    for (const edit of this.#edits.values()) {
      edit.surface.paint();
      void edit.surface.sync().catch(() => undefined);
    }
  }

  #updateKey(): void {
    void setContextKey('aicockpit.edit.active', this.active !== undefined);
  }
}

/** Whether a file is another, or lies in it. */
function isWithin(file: vscode.Uri, folder: vscode.Uri): boolean {
  const [inner, outer] = [file.toString(), folder.toString()];
  return inner === outer || inner.startsWith(`${outer}/`);
}

function urisOf({ input }: vscode.Tab): string[] {
  if (input instanceof vscode.TabInputText) {
    return [input.uri.toString()];
  }
  return input instanceof vscode.TabInputTextDiff ? [input.modified.toString()] : [];
}
