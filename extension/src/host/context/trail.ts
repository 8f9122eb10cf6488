import * as vscode from 'vscode';
import type { Clock } from '../../core/clock.js';
import { lineChangeOf, type LineChange } from '../../core/context/lines.js';
import { RecentEdits, type Author } from '../../core/context/recent-edits.js';
import { RecentViews } from '../../core/context/recent-views.js';
import { Rest } from '../../core/context/rest.js';

/** How long lines must stand still in an editor to have been looked at, in milliseconds. */
const LOOK = 1_500;
/** Edits up to this long before a checkout is noticed came with it. */
const CHECKOUT = 3_000;

/** How a document changed, in whole lines. */
export interface LineChanges {
  readonly uri: string;
  readonly changes: readonly LineChange[];
  readonly author: Author;
}

/** Follows where the user edits and looks. All that happens at a keystroke is arithmetic. */
export class Trail {
  readonly edits = new RecentEdits();
  readonly views = new RecentViews();
  readonly #clock: Clock;
  readonly #changed = new vscode.EventEmitter<LineChanges>();
  readonly #subscriptions: vscode.Disposable;
  readonly #look: Rest;
  #checkout = Number.NEGATIVE_INFINITY;
  /** Fires for every change of a document's text, after `edits` and `views` know of it. */
  readonly onDidChange = this.#changed.event;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#look = new Rest(clock, LOOK, () => this.#looked());
    this.#subscriptions = vscode.Disposable.from(
      this.#changed,
      vscode.workspace.onDidChangeTextDocument((event) => this.#follow(event)),
      vscode.window.onDidChangeTextEditorVisibleRanges(() => this.#look.disturb()),
      vscode.window.onDidChangeActiveTextEditor(() => this.#look.disturb()),
      vscode.workspace.onDidDeleteFiles(({ files }) => files.forEach((uri) => this.#forget(uri))),
    );
    this.#look.disturb();
  }

  /** Forgets what was just edited: a checkout did it. Also what it is going to change. */
  checkedOut(): void {
    this.#checkout = this.#clock.now();
    this.edits.forgetSince(this.#checkout - CHECKOUT);
  }

  dispose(): void {
    this.#look.dispose();
    this.#subscriptions.dispose();
  }

  #follow({ document, contentChanges, reason }: vscode.TextDocumentChangeEvent): void {
    if (contentChanges.length === 0 || document.uri.scheme === 'output') {
      return;
    }
    const uri = document.uri.toString();
    const changes = contentChanges.map(({ range, text }) => lineChangeOf(range, text));
    const author = this.#authorOf(document, reason);
    const at = this.#clock.now();
    this.edits.record({ uri, changes, author, at, lineCount: document.lineCount });
    this.views.changed(uri, changes);
    this.#changed.fire({ uri, changes, author });
  }

  /** Only what is typed into the editor in front is the user's: the rest was done for them. */
  #authorOf(
    document: vscode.TextDocument,
    reason: vscode.TextDocumentChangeReason | undefined,
  ): Author {
    if (reason !== undefined) {
      return 'undo';
    }
    const isInFront = vscode.window.activeTextEditor?.document === document;
    // A document that was read anew from disk is not dirty.
    const isTyped = isInFront && document.isDirty;
    return isTyped && this.#clock.now() - this.#checkout > CHECKOUT ? 'user' : 'elsewhere';
  }

  #looked(): void {
    const editor = vscode.window.activeTextEditor;
    const uri = editor?.document.uri.toString();
    for (const { start, end } of editor?.visibleRanges ?? []) {
      this.views.record({
        uri: uri ?? '',
        lines: { start: start.line, end: end.line + 1 },
        at: this.#clock.now(),
      });
    }
  }

  #forget(uri: vscode.Uri): void {
    this.edits.forget(uri.toString());
    this.views.forget(uri.toString());
  }
}
