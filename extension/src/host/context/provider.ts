import type * as vscode from 'vscode';
import type {
  ContextPurpose,
  ContextSource,
  LineRange,
  Snippet,
} from '../../core/context/types.js';

/** What context is gathered for. */
export interface ContextQuestion {
  readonly document: vscode.TextDocument;
  readonly position: vscode.Position;
  readonly purpose: ContextPurpose;
  /** The lines of the document. */
  readonly lines: readonly string[];
  /** Those that the prompt shows anyway. */
  readonly shown: LineRange;
  /** What an edit is about; a completion has none. */
  readonly selection?: vscode.Range;
  /** The words around the cursor or the selection, for comparing files with them. */
  readonly words: ReadonlySet<string>;
  /** The files that an instruction names, as it wrote them. */
  readonly mentions: readonly string[];
}

/** One source of context. Reads caches and open documents; what is slow it does in pieces. */
export interface ContextProvider {
  readonly source: ContextSource;
  /**
   * Returns what the source offers, in any order. May be late; the signal aborts when nobody wants
   * it any more. What it rejects with is logged, and the others go on without it.
   */
  gather(question: ContextQuestion, signal: AbortSignal): Promise<readonly Snippet[]>;
  /**
   * Whether it would find something that it did not know when it was asked last; looked at with
   * every keystroke, so it takes microseconds.
   */
  hasNews?(document: vscode.TextDocument, position: vscode.Position): boolean;
}
