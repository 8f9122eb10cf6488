import type * as api from 'vscode';
import * as vscode from './vscode.js';

/**
 * An editor without a window: documents, tabs, files, settings and events, all in memory, behind
 * the stand-in for the editor's module. It has what adapters read, and does what they cannot tell
 * from the real thing; what is shown is tested in a real workbench.
 */

const ROOT = '/project';

interface TestLine {
  readonly text: string;
  readonly range: vscode.Range;
  readonly firstNonWhitespaceCharacterIndex: number;
}

/** A document that tests type into. */
export class TestDocument {
  readonly uri: vscode.Uri;
  languageId: string;
  version = 1;
  isDirty = false;
  isClosed = false;
  isUntitled = false;
  eol = vscode.EndOfLine.LF;
  #text: string;
  #starts: readonly number[] | undefined;

  constructor(uri: vscode.Uri, text: string) {
    this.uri = uri;
    this.#text = text;
    this.languageId = languageOf(uri.path);
  }

  get lineCount(): number {
    return this.#lineStarts().length;
  }

  getText(range?: vscode.Range): string {
    return range
      ? this.#text.slice(this.offsetAt(range.start), this.offsetAt(range.end))
      : this.#text;
  }

  offsetAt({ line, character }: vscode.Position): number {
    const start = this.#lineStarts()[line] ?? this.#text.length;
    return Math.min(start + character, this.#endOf(line));
  }

  positionAt(offset: number): vscode.Position {
    const starts = this.#lineStarts();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return new vscode.Position(low, offset - (starts[low] ?? 0));
  }

  lineAt(line: number): TestLine {
    const start = this.#lineStarts()[line];
    if (start === undefined) {
      throw new Error('Illegal value for `line`');
    }
    const text = this.#text.slice(start, this.#endOf(line));
    const firstNonWhitespaceCharacterIndex = text.length - text.trimStart().length;
    const range = new vscode.Range(line, 0, line, text.length);
    return { text, range, firstNonWhitespaceCharacterIndex };
  }

  /** Replaces a range; the workbench tells who wants to know. */
  replace(range: vscode.Range, text: string): void {
    const [start, end] = [this.offsetAt(range.start), this.offsetAt(range.end)];
    this.#text = this.#text.slice(0, start) + text + this.#text.slice(end);
    this.#starts = undefined;
    this.version++;
  }

  #endOf(line: number): number {
    const next = this.#lineStarts()[line + 1];
    return next === undefined ? this.#text.length : next - 1;
  }

  #lineStarts(): readonly number[] {
    if (!this.#starts) {
      const starts = [0];
      for (let at = this.#text.indexOf('\n'); at >= 0; at = this.#text.indexOf('\n', at + 1)) {
        starts.push(at + 1);
      }
      this.#starts = starts;
    }
    return this.#starts;
  }
}

export interface TestTextEditor {
  readonly document: TestDocument;
  selection: vscode.Selection;
  visibleRanges: vscode.Range[];
}

/** What is told before a save or a rename; the editor waits for what listeners give it. */
interface Waiting {
  waitUntil(work: Promise<unknown>): void;
}

type Answer = (...args: never[]) => unknown;

/** One window with one workspace folder, `/project`. */
export class Workbench {
  readonly folder = { uri: vscode.Uri.file(ROOT), name: 'project', index: 0 };
  /** What is on disk, by path relative to the folder. */
  readonly files = new Map<string, string>();
  /** Values by full name, such as `files.exclude`. */
  readonly settings = new Map<string, unknown>();
  readonly documents: TestDocument[] = [];
  readonly editors: TestTextEditor[] = [];
  readonly notebooks: { uri: vscode.Uri; getCells: () => readonly unknown[] }[] = [];
  readonly diagnostics = new Map<string, readonly unknown[]>();
  /** What commands answer, by name. */
  readonly answers = new Map<string, Answer>();
  readonly extensions = new Map<string, unknown>();
  tabs: vscode.Uri[] = [];
  isTrusted = true;
  /** Whether paths that differ in case alone are one, as on Windows. */
  ignoresCase = false;
  /** Files read from disk so far. */
  reads: string[] = [];

  readonly changed = new vscode.EventEmitter<unknown>();
  readonly opened = new vscode.EventEmitter<unknown>();
  readonly closed = new vscode.EventEmitter<unknown>();
  readonly configured = new vscode.EventEmitter<{ affectsConfiguration(name: string): boolean }>();
  readonly activated = new vscode.EventEmitter<unknown>();
  readonly selected = new vscode.EventEmitter<unknown>();
  readonly scrolled = new vscode.EventEmitter<unknown>();
  readonly tabsChanged = new vscode.EventEmitter<{ closed: readonly object[] }>();
  readonly willSave = new vscode.EventEmitter<Waiting & { document: TestDocument }>();
  readonly saved = new vscode.EventEmitter<unknown>();
  readonly willRename = new vscode.EventEmitter<
    Waiting & { files: readonly { oldUri: vscode.Uri; newUri: vscode.Uri }[] }
  >();
  readonly deleted = new vscode.EventEmitter<{ files: readonly vscode.Uri[] }>();
  readonly watched = {
    created: new vscode.EventEmitter<vscode.Uri>(),
    changed: new vscode.EventEmitter<vscode.Uri>(),
    deleted: new vscode.EventEmitter<vscode.Uri>(),
  };

  /** Puts this workbench in the place of the editor. */
  install(): this {
    for (const [target, members] of [
      [vscode.workspace, this.#workspace()],
      [vscode.window, this.#window()],
      [vscode.languages, this.#languages()],
      [vscode.commands, this.#commands()],
      [vscode.extensions, { getExtension: (id: string) => this.extensions.get(id) }],
    ] as const) {
      const descriptors = Object.getOwnPropertyDescriptors(members);
      Object.values(descriptors).forEach((descriptor) => (descriptor.configurable = true));
      Object.defineProperties(target, descriptors);
    }
    return this;
  }

  uri(path: string): vscode.Uri {
    return vscode.Uri.joinPath(this.folder.uri, path);
  }

  /** Opens a file in the editor in front. */
  open(path: string, text = this.files.get(path) ?? ''): TestDocument {
    const document = new TestDocument(this.uri(path), text);
    this.documents.push(document);
    this.tabs.push(document.uri);
    this.opened.fire(document);
    this.show(document);
    return document;
  }

  /** Brings a document to the front, all of it visible. */
  show(document: TestDocument): TestTextEditor {
    const start = new vscode.Position(0, 0);
    const visibleRanges = [new vscode.Range(0, 0, document.lineCount - 1, 0)];
    const editor = {
      document,
      selection: new vscode.Selection(start, start),
      get selections(): vscode.Selection[] {
        return [this.selection];
      },
      visibleRanges,
      edit: (build: (builder: object) => void) => {
        const edits: vscode.TextEdit[] = [];
        const replace = (range: vscode.Range, text: string): void => {
          edits.push(new vscode.TextEdit(range, text));
        };
        build({ replace });
        return promised(() => this.apply(document, edits));
      },
      setDecorations: () => undefined,
      revealRange: () => undefined,
    };
    this.editors.splice(0, this.editors.length, editor);
    this.activated.fire(editor);
    return editor;
  }

  /** Types at a position, or replaces a range; the document is dirty then. */
  type(
    document: TestDocument,
    at: vscode.Position | vscode.Range,
    text: string,
    reason?: vscode.TextDocumentChangeReason,
  ): void {
    const range = at instanceof vscode.Range ? at : new vscode.Range(at, at);
    const rangeLength = document.getText(range).length;
    const rangeOffset = document.offsetAt(range.start);
    document.replace(range, text);
    document.isDirty = true;
    const contentChanges = [{ range, rangeOffset, rangeLength, text }];
    this.changed.fire({ document, contentChanges, reason });
  }

  /** Closes a document: its tab, its editor, and then itself. */
  close(document: TestDocument): void {
    const gone = document.uri.toString();
    this.tabs = this.tabs.filter((uri) => uri.toString() !== gone);
    const others = this.editors.filter((editor) => editor.document !== document);
    this.editors.splice(0, this.editors.length, ...others);
    this.documents.splice(this.documents.indexOf(document), 1);
    document.isClosed = true;
    this.tabsChanged.fire({ closed: [{ input: new vscode.TabInputText(document.uri) }] });
    this.closed.fire(document);
  }

  /** Does edits at once, as a program does; none overlaps another. */
  apply(document: TestDocument, edits: readonly vscode.TextEdit[]): boolean {
    if (document.isClosed) {
      return false;
    }
    const contentChanges = [...edits]
      .sort((a, b) => b.range.start.compareTo(a.range.start))
      .map(({ range, newText: text }) => ({
        range,
        rangeOffset: document.offsetAt(range.start),
        rangeLength: document.getText(range).length,
        text,
      }));
    contentChanges.forEach(({ range, text }) => document.replace(range, text));
    document.isDirty = true;
    this.changed.fire({ document, contentChanges });
    return true;
  }

  /** Saves a document with what listeners want to be changed before. */
  async save(document: TestDocument): Promise<void> {
    const wanted = await this.#ask((waitUntil) => this.willSave.fire({ document, waitUntil }));
    this.apply(
      document,
      wanted.flatMap((edits) => (edits ?? []) as vscode.TextEdit[]),
    );
    document.isDirty = false;
    this.files.set(this.#relative(document.uri), document.getText());
    this.saved.fire(document);
  }

  /** Announces that a file or a folder gets another name, and waits as the editor does. */
  async announceRename(oldPath: string, newPath: string): Promise<void> {
    const files = [{ oldUri: this.uri(oldPath), newUri: this.uri(newPath) }];
    await this.#ask((waitUntil) => this.willRename.fire({ files, waitUntil }));
  }

  async #ask(fire: (waitUntil: Waiting['waitUntil']) => void): Promise<unknown[]> {
    const work: Promise<unknown>[] = [];
    fire((one) => work.push(one));
    return Promise.all(work);
  }

  /** Changes a setting and tells about it. */
  configure(name: string, value: unknown): void {
    this.settings.set(name, value);
    this.configured.fire({ affectsConfiguration: (section) => name.startsWith(section) });
  }

  #cased(path: string): string {
    return this.ignoresCase ? path.toLowerCase() : path;
  }

  #workspace(): object {
    const isTrusted = (): boolean => this.isTrusted;
    return {
      workspaceFolders: [this.folder],
      get isTrusted(): boolean {
        return isTrusted();
      },
      textDocuments: this.documents,
      notebookDocuments: this.notebooks,
      fs: this.#fileSystem(),
      getWorkspaceFolder: (uri: vscode.Uri) =>
        this.#cased(uri.path).startsWith(`${ROOT}/`) && uri.scheme === 'file'
          ? this.folder
          : undefined,
      asRelativePath: (uri: vscode.Uri) => this.#relative(uri),
      getConfiguration: (section: string) => ({
        get: (key: string) => this.settings.get(`${section}.${key}`),
      }),
      createFileSystemWatcher: () => ({
        onDidCreate: this.watched.created.event,
        onDidChange: this.watched.changed.event,
        onDidDelete: this.watched.deleted.event,
        dispose: () => undefined,
      }),
      findFiles: () => Promise.resolve([...this.files.keys()].map((path) => this.uri(path))),
      applyEdit: (edit: vscode.WorkspaceEdit) =>
        promised(() => {
          const edited = this.documents.filter(({ uri }) => edit.get(uri).length > 0);
          return edited.length > 0 && edited.every((one) => this.apply(one, edit.get(one.uri)));
        }),
      onWillSaveTextDocument: this.willSave.event,
      onDidSaveTextDocument: this.saved.event,
      onWillRenameFiles: this.willRename.event,
      onDidChangeTextDocument: this.changed.event,
      onDidOpenTextDocument: this.opened.event,
      onDidCloseTextDocument: this.closed.event,
      onDidChangeConfiguration: this.configured.event,
      onDidChangeWorkspaceFolders: new vscode.EventEmitter().event,
      onDidCreateFiles: new vscode.EventEmitter().event,
      onDidDeleteFiles: this.deleted.event,
      onDidRenameFiles: new vscode.EventEmitter().event,
    };
  }

  #window(): object {
    const front = (): TestTextEditor | undefined => this.editors[0];
    const tabs = (): object[] => this.tabs.map((uri) => ({ input: new vscode.TabInputText(uri) }));
    return {
      get activeTextEditor(): TestTextEditor | undefined {
        return front();
      },
      visibleTextEditors: this.editors,
      tabGroups: {
        get all(): object[] {
          return [{ tabs: tabs() }];
        },
        onDidChangeTabs: this.tabsChanged.event,
      },
      activeColorTheme: { kind: vscode.ColorThemeKind.Dark },
      createTextEditorDecorationType: () => ({ dispose: () => undefined }),
      showInformationMessage: () => Promise.resolve(undefined),
      onDidChangeActiveColorTheme: new vscode.EventEmitter().event,
      onDidChangeVisibleTextEditors: new vscode.EventEmitter().event,
      onDidChangeActiveTextEditor: this.activated.event,
      onDidChangeTextEditorSelection: this.selected.event,
      onDidChangeTextEditorVisibleRanges: this.scrolled.event,
    };
  }

  #languages(): object {
    return { getDiagnostics: (uri: vscode.Uri) => this.diagnostics.get(uri.toString()) ?? [] };
  }

  #commands(): object {
    return {
      executeCommand: (name: string, ...args: never[]) =>
        promised(() => this.answers.get(name)?.(...args)),
    };
  }

  #fileSystem(): object {
    const content = (uri: vscode.Uri): string => {
      const text = this.files.get(this.#relative(uri));
      if (text === undefined) {
        throw new Error(`FileNotFound: ${uri.path}`);
      }
      return text;
    };
    return {
      stat: (uri: vscode.Uri) =>
        promised(() => {
          const size = content(uri).length;
          return { type: vscode.FileType.File, size, mtime: size, ctime: 0 };
        }),
      readFile: (uri: vscode.Uri) =>
        promised(() => {
          const text = content(uri);
          this.reads.push(this.#relative(uri));
          return new TextEncoder().encode(text);
        }),
    };
  }

  #relative(uri: vscode.Uri): string {
    return uri.path.startsWith(`${ROOT}/`) ? uri.path.slice(ROOT.length + 1) : uri.path;
  }
}

/** Passes a stand-in off as the editor's own. */
export function asReal(document: TestDocument): api.TextDocument;
export function asReal(position: vscode.Position): api.Position;
export function asReal(range: vscode.Range): api.Range;
export function asReal(uri: vscode.Uri): api.Uri;
export function asReal(value: unknown): unknown {
  return value;
}

/** Runs a function as the editor's interface does: what it throws is a rejection. */
function promised<T>(run: () => T): Promise<Awaited<T>> {
  return Promise.resolve().then(run) as Promise<Awaited<T>>;
}

function languageOf(path: string): string {
  const ending = /\.(\w+)$/.exec(path)?.[1] ?? '';
  return (
    { py: 'python', ts: 'typescript', js: 'javascript', md: 'markdown' }[ending] ?? 'plaintext'
  );
}
