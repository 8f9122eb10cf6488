/**
 * The small stand-in for the editor's module in unit tests: values and events, nothing that
 * touches an editor. Whatever needs more is tested in a real workbench.
 */

export class Position {
  constructor(
    readonly line: number,
    readonly character: number,
  ) {}

  compareTo(other: Position): number {
    return Math.sign(this.line - other.line || this.character - other.character);
  }

  isBefore(other: Position): boolean {
    return this.compareTo(other) < 0;
  }

  isBeforeOrEqual(other: Position): boolean {
    return this.compareTo(other) <= 0;
  }

  isAfter(other: Position): boolean {
    return this.compareTo(other) > 0;
  }

  isAfterOrEqual(other: Position): boolean {
    return this.compareTo(other) >= 0;
  }

  isEqual(other: Position): boolean {
    return this.compareTo(other) === 0;
  }

  translate(lineDelta = 0, characterDelta = 0): Position {
    return new Position(this.line + lineDelta, this.character + characterDelta);
  }

  with(line = this.line, character = this.character): Position {
    return new Position(line, character);
  }
}

export class Range {
  readonly start: Position;
  readonly end: Position;

  constructor(start: Position, end: Position);
  constructor(startLine: number, startCharacter: number, endLine: number, endCharacter: number);
  constructor(a: Position | number, b: Position | number, c?: number, d?: number) {
    const first = typeof a === 'number' ? new Position(a, b as number) : a;
    const last = typeof a === 'number' ? new Position(c ?? 0, d ?? 0) : (b as Position);
    [this.start, this.end] = first.isAfter(last) ? [last, first] : [first, last];
  }

  get isEmpty(): boolean {
    return this.start.isEqual(this.end);
  }

  get isSingleLine(): boolean {
    return this.start.line === this.end.line;
  }

  contains(other: Position | Range): boolean {
    return other instanceof Range
      ? this.contains(other.start) && this.contains(other.end)
      : this.start.isBeforeOrEqual(other) && other.isBeforeOrEqual(this.end);
  }

  isEqual(other: Range): boolean {
    return this.start.isEqual(other.start) && this.end.isEqual(other.end);
  }

  intersection(other: Range): Range | undefined {
    const start = this.start.isAfter(other.start) ? this.start : other.start;
    const end = this.end.isBefore(other.end) ? this.end : other.end;
    return start.isAfter(end) ? undefined : new Range(start, end);
  }

  union(other: Range): Range {
    const start = this.start.isBefore(other.start) ? this.start : other.start;
    const end = this.end.isAfter(other.end) ? this.end : other.end;
    return new Range(start, end);
  }

  with(start = this.start, end = this.end): Range {
    return new Range(start, end);
  }
}

export class Selection extends Range {
  constructor(
    readonly anchor: Position,
    readonly active: Position,
  ) {
    super(anchor, active);
  }

  get isReversed(): boolean {
    return this.active.isBefore(this.anchor);
  }
}

interface UriParts {
  readonly scheme: string;
  readonly authority?: string;
  readonly path?: string;
  readonly query?: string;
  readonly fragment?: string;
}

export class Uri {
  private constructor(
    readonly scheme: string,
    readonly authority: string,
    readonly path: string,
    readonly query: string,
    readonly fragment: string,
  ) {}

  static from(parts: UriParts): Uri {
    const { scheme, authority = '', path = '', query = '', fragment = '' } = parts;
    return new Uri(scheme, authority, path, query, fragment);
  }

  static file(path: string): Uri {
    const slashed = path.replaceAll('\\', '/');
    return Uri.from({ scheme: 'file', path: slashed.startsWith('/') ? slashed : `/${slashed}` });
  }

  static parse(text: string): Uri {
    const match = /^([^:/?#]+):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text);
    const [, scheme = 'file', authority = '', path = '', query = '', fragment = ''] = match ?? [];
    return new Uri(
      scheme,
      decodeURIComponent(authority),
      decodeURIComponent(path),
      decodeURIComponent(query),
      decodeURIComponent(fragment),
    );
  }

  static joinPath(base: Uri, ...segments: string[]): Uri {
    const parts: string[] = [];
    for (const part of [base.path, ...segments].join('/').split('/')) {
      if (part === '..') {
        parts.pop();
      } else if (part !== '' && part !== '.') {
        parts.push(part);
      }
    }
    return base.with({ path: `/${parts.join('/')}` });
  }

  get fsPath(): string {
    return this.path;
  }

  with(change: Partial<UriParts>): Uri {
    const { scheme, authority, path, query, fragment } = this;
    return Uri.from({ scheme, authority, path, query, fragment, ...change });
  }

  toString(): string {
    const encoded = (text: string): string => encodeURI(text).replace(/[?#]/g, encodeURIComponent);
    const authority = this.authority || this.scheme === 'file' ? `//${this.authority}` : '';
    const query = this.query ? `?${encodeURIComponent(this.query)}` : '';
    const fragment = this.fragment ? `#${encodeURIComponent(this.fragment)}` : '';
    return `${this.scheme}:${authority}${encoded(this.path)}${query}${fragment}`;
  }
}

export class Disposable {
  readonly #dispose: () => unknown;

  constructor(dispose: () => unknown) {
    this.#dispose = dispose;
  }

  static from(...parts: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      parts.forEach((part) => part.dispose());
    });
  }

  dispose(): unknown {
    return this.#dispose();
  }
}

export class EventEmitter<T> {
  readonly #listeners = new Set<(value: T) => unknown>();

  readonly event = (listener: (value: T) => unknown, thisArg?: unknown): Disposable => {
    const bound = thisArg === undefined ? listener : listener.bind(thisArg);
    this.#listeners.add(bound);
    return new Disposable(() => this.#listeners.delete(bound));
  };

  fire(value: T): void {
    for (const listener of [...this.#listeners]) {
      listener(value);
    }
  }

  dispose(): void {
    this.#listeners.clear();
  }
}

export class CancellationTokenSource {
  readonly #cancelled = new EventEmitter<void>();
  #isCancelled = false;
  readonly token = ((source: CancellationTokenSource) => ({
    get isCancellationRequested(): boolean {
      return source.#isCancelled;
    },
    onCancellationRequested: this.#cancelled.event,
  }))(this);

  cancel(): void {
    if (!this.#isCancelled) {
      this.#isCancelled = true;
      this.#cancelled.fire();
    }
  }

  dispose(): void {
    this.#cancelled.dispose();
  }
}

export class MarkdownString {
  isTrusted = false;
  supportThemeIcons = false;

  constructor(public value = '') {}

  appendMarkdown(text: string): this {
    this.value += text;
    return this;
  }
}

export class ThemeColor {
  constructor(readonly id: string) {}
}

export class ThemeIcon {
  constructor(readonly id: string) {}
}

export class InlineCompletionItem {
  constructor(
    public insertText: string,
    public range?: Range,
    public command?: unknown,
  ) {}
}

export class TabInputText {
  constructor(readonly uri: Uri) {}
}

export class TabInputTextDiff {
  constructor(
    readonly original: Uri,
    readonly modified: Uri,
  ) {}
}

export class TextEdit {
  constructor(
    readonly range: Range,
    readonly newText: string,
  ) {}
}

export class WorkspaceEdit {
  readonly #edits = new Map<string, readonly TextEdit[]>();

  set(uri: Uri, edits: readonly TextEdit[]): void {
    this.#edits.set(uri.toString(), edits);
  }

  get(uri: Uri): readonly TextEdit[] {
    return this.#edits.get(uri.toString()) ?? [];
  }
}

export enum FileType {
  Unknown = 0,
  File = 1,
  Directory = 2,
  SymbolicLink = 64,
}

export enum NotebookCellKind {
  Markup = 1,
  Code = 2,
}

export enum TextDocumentChangeReason {
  Undo = 1,
  Redo = 2,
}

export enum EndOfLine {
  LF = 1,
  CRLF = 2,
}

export enum LogLevel {
  Off = 0,
  Trace = 1,
  Debug = 2,
  Info = 3,
  Warning = 4,
  Error = 5,
}

export enum OverviewRulerLane {
  Left = 1,
  Center = 2,
  Right = 4,
  Full = 7,
}

export enum DecorationRangeBehavior {
  OpenOpen = 0,
  ClosedClosed = 1,
  OpenClosed = 2,
  ClosedOpen = 3,
}

export enum ColorThemeKind {
  Light = 1,
  Dark = 2,
  HighContrast = 3,
  HighContrastLight = 4,
}

export enum ConfigurationTarget {
  Global = 1,
  Workspace = 2,
  WorkspaceFolder = 3,
}

export enum DiagnosticSeverity {
  Error = 0,
  Warning = 1,
  Information = 2,
  Hint = 3,
}

export enum SymbolKind {
  Class = 4,
  Method = 5,
  Constructor = 8,
  Enum = 9,
  Interface = 10,
  Function = 11,
  Struct = 22,
}

export enum TextEditorRevealType {
  Default = 0,
  InCenter = 1,
  InCenterIfOutsideViewport = 2,
  AtTop = 3,
}

export enum InlineCompletionTriggerKind {
  Invoke = 0,
  Automatic = 1,
}

export enum QuickPickItemKind {
  Separator = -1,
  Default = 0,
}

export enum StatusBarAlignment {
  Left = 1,
  Right = 2,
}

/** Without a translation the English text stands. */
export const l10n = {
  t: (text: string, ...args: (string | number | boolean)[]): string =>
    text.replace(/\{(\d+)\}/g, (hole, index: string) => String(args[Number(index)] ?? hole)),
};

/** Empty here; `workbench.ts` puts an editor with documents in their place for a test. */
export const workspace = {};
export const window = {};
export const languages = {};
export const commands = {};
export const extensions = {};
