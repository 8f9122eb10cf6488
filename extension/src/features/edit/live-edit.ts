import * as vscode from 'vscode';
import { DocumentSurface } from '../../core/edit/document-surface.js';
import { EditSession, type EditRequest, type EditState } from '../../core/edit/session.js';
import type { Region } from '../../core/edit/region.js';
import { originalOf, type Row } from '../../core/edit/rows.js';
import { recordOf, type RecoveryRecord } from '../../core/edit/recovery.js';
import { touchAfter } from '../../core/edit/restore.js';
import { passOn } from '../../core/edit/shown-region.js';
import { splitLines } from '../../core/text.js';
import type { Host } from '../../host/host.js';
import type { RowColours } from './decorations.js';
import { EditorPage } from './editor-page.js';
import { changesOf } from './text.js';

/** A save must not wait longer for us; the editor gives up at 1.5 s. */
const GUARD_MS = 1200;
/** A save that was begun is over, or has failed, after this long. */
const SAVE_MS = 5000;

export interface LiveEditParts {
  readonly host: Pick<Host, 'client' | 'clock' | 'log'>;
  readonly document: vscode.TextDocument;
  readonly region: Region;
  readonly request: EditRequest;
  readonly colours: RowColours;
}

/** What a document reads as while an edit shows in it, and what without it; by lines. */
export interface Picture {
  readonly lines: readonly string[];
  readonly original: readonly string[];
}

/** The rows of an edit, and the document around them, at one moment. */
interface Seen {
  readonly lines: readonly string[];
  readonly region: Region;
  readonly rows: readonly Row[];
}

/** One edit in one document, from the question to the decision. */
export class LiveEdit implements vscode.Disposable {
  readonly document: vscode.TextDocument;
  readonly session: EditSession;
  readonly surface: DocumentSurface;
  readonly #parts: LiveEditParts;
  readonly #changed = new vscode.EventEmitter<void>();
  #isOver = false;
  #seen: Seen | undefined;
  #touching = new AbortController();
  #saving = new AbortController();

  /** Fires after every change, the last time when the edit is over and shows as it will stay. */
  readonly onDidChange = this.#changed.event;

  constructor(parts: LiveEditParts) {
    this.#parts = parts;
    this.document = parts.document;
    const { client, clock, log } = parts.host;
    this.surface = new DocumentSurface({
      page: new EditorPage(parts.document, parts.colours),
      lines: splitLines(parts.document.getText()),
      region: parts.region,
      clock,
      events: {
        onForeign: (splices, shown) => passOn(this.session, splices, shown),
        onUndo: () => {
          void this.close();
        },
      },
    });
    this.session = new EditSession({ client, clock, log, surface: this.surface }, parts.request);
    this.session.onDidChange(() => this.#onChange());
  }

  /** Whether it is decided, and nothing of it is left to show. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get isStreaming(): boolean {
    const { kind } = this.session.state;
    return kind === 'asking' || kind === 'streaming';
  }

  /** What is needed to give the document back if the editor ends now. */
  get recovery(): RecoveryRecord {
    const { region, lines, rows } = this.surface;
    return recordOf(this.document.uri.toString(), lines, region, originalOf(rows));
  }

  /** What others may have copied of the document; none when the edit is decided or not shown. */
  get picture(): Picture | undefined {
    this.#look();
    if (!this.#seen || isFinal(this.session.state)) {
      return undefined;
    }
    const { lines, region, rows } = this.#seen;
    const [above, below] = [lines.slice(0, region.start), lines.slice(region.start + region.count)];
    return rows.some(({ kind }) => kind === 'added')
      ? { lines, original: [...above, ...originalOf(rows), ...below] }
      : undefined;
  }

  async acceptAll(): Promise<void> {
    this.surface.settle();
    if (this.isStreaming) {
      await this.session.stop();
    }
    await this.session.acceptAll();
  }

  async rejectAll(): Promise<void> {
    this.surface.settle();
    await (this.isStreaming ? this.session.cancel() : this.session.rejectAll());
  }

  /** @param line a line of the document in the hunk. */
  async acceptHunk(line: number): Promise<void> {
    this.surface.settle();
    await this.session.acceptHunk(line - this.surface.region.start);
  }

  /** @param line a line of the document in the hunk. */
  async rejectHunk(line: number): Promise<void> {
    this.surface.settle();
    await this.session.rejectHunk(line - this.surface.region.start);
  }

  async refine(instruction: string): Promise<void> {
    this.surface.settle();
    await this.session.refine(instruction);
  }

  documentChanged(event: vscode.TextDocumentChangeEvent): void {
    if (event.contentChanges.length > 0) {
      const undone = event.reason !== undefined;
      this.surface.changed(changesOf(event), { undone, remote: isRemote(event) });
      this.#keepAutoSaveAway();
    }
    this.#look();
  }

  /** Takes the edit out of the document for a save; resolves in time whatever happens. */
  async guard(): Promise<void> {
    const { clock } = this.#parts.host;
    const saving = new AbortController();
    this.#saving.abort();
    this.#saving = saving;
    clock.sleep(SAVE_MS, saving.signal).then(
      () => this.surface.release(),
      () => undefined,
    );
    await Promise.race([this.surface.guard(), clock.sleep(GUARD_MS, saving.signal)]).catch(
      () => undefined,
    );
  }

  /** Shows the edit again after the save. */
  async saved(): Promise<void> {
    this.#saving.abort();
    await this.surface.release();
  }

  /** Gives the edit up after it was undone, or because nobody will see the document any more. */
  async close(): Promise<void> {
    this.session.abandon();
    if (!this.document.isClosed) {
      await this.surface.restore();
    }
    this.#end();
  }

  dispose(): void {
    this.#isOver = true;
    this.#touching.abort();
    this.#saving.abort();
    this.surface.dispose();
    this.#changed.dispose();
  }

  /**
   * Takes note of how the document reads, unless it has just become what is on disk: where the editor
   * reverts it, for a rename or after it was copied to another file, what was there before counts.
   */
  #look(): void {
    const { lines, region, rows } = this.surface;
    if (this.document.isDirty || lines === this.#seen?.lines) {
      this.#seen = { lines, region, rows };
    }
  }

  #onChange(): void {
    this.#changed.fire();
    const { state } = this.session;
    if (state.kind === 'failed' && state.problem.kind === 'surface') {
      this.#end();
    } else if (isFinal(state)) {
      void this.surface.finished.then(() => this.#end());
    }
  }

  #end(): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#changed.fire();
    }
  }

  /** Touches the document once it has been quiet for so long that it would be saved soon. */
  #keepAutoSaveAway(): void {
    this.#touching.abort();
    this.#touching = new AbortController();
    const files = vscode.workspace.getConfiguration('files', this.document);
    const pause = touchAfter(files.get('autoSave'), files.get('autoSaveDelay'));
    if (pause === undefined || this.isOver) {
      return;
    }
    this.#parts.host.clock.sleep(pause, this.#touching.signal).then(
      () => this.surface.touch(),
      () => undefined,
    );
  }
}

function isFinal({ kind }: EditState): boolean {
  return kind === 'done' || kind === 'cancelled' || kind === 'failed';
}

/** Whether the change came from elsewhere than the cursors: a formatter, a rename, another tool. */
function isRemote(event: vscode.TextDocumentChangeEvent): boolean {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document !== event.document) {
    return true;
  }
  return !event.contentChanges.every(({ range }) =>
    editor.selections.some(
      (selection) =>
        range.end.line >= selection.start.line && range.start.line <= selection.end.line,
    ),
  );
}
