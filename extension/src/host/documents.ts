import * as vscode from 'vscode';
import type { TextSnapshot } from '../core/text.js';

/** What core and the server get to know of documents. */
export interface Documents {
  /** The document as it is now; the same object until it changes. */
  snapshot(document: vscode.TextDocument): TextSnapshot;
  /**
   * The path to show and to send: relative to its workspace folder, with forward slashes; of a
   * file outside, its name only.
   */
  path(uri: vscode.Uri): string;
  /** The name of the workspace folder that holds the file. */
  repo(uri: vscode.Uri): string | undefined;
  /** Whether the file's text must not leave the editor, by `.aicockpitignore` or `files.exclude`. */
  isExcluded(uri: vscode.Uri): boolean;
  /** Fires when what is excluded may be another. */
  readonly onDidChangeExclusion: vscode.Event<void>;
}

/** Who decides what is nobody's business. */
export interface ExclusionSource {
  isExcluded(uri: vscode.Uri): boolean;
  readonly onDidChange: vscode.Event<void>;
}

interface Cached {
  readonly version: number;
  readonly snapshot: TextSnapshot;
}

/** The editor's documents; `exclusion` decides which ones are nobody's business. */
export function createDocuments(exclusion: ExclusionSource): Documents {
  return new EditorDocuments(exclusion);
}

class EditorDocuments implements Documents {
  readonly onDidChangeExclusion: vscode.Event<void>;
  readonly #exclusion: ExclusionSource;
  readonly #cache = new WeakMap<vscode.TextDocument, Cached>();

  constructor(exclusion: ExclusionSource) {
    this.#exclusion = exclusion;
    this.onDidChangeExclusion = exclusion.onDidChange;
  }

  isExcluded(uri: vscode.Uri): boolean {
    return this.#exclusion.isExcluded(uri);
  }

  snapshot(document: vscode.TextDocument): TextSnapshot {
    const cached = this.#cache.get(document);
    // A change of language or name keeps the version.
    if (
      cached?.version === document.version &&
      cached.snapshot.language === document.languageId &&
      cached.snapshot.uri === document.uri.toString()
    ) {
      return cached.snapshot;
    }
    const snapshot: TextSnapshot = {
      uri: document.uri.toString(),
      path: this.path(document.uri),
      language: document.languageId,
      version: document.version,
      text: document.getText(),
      eol: document.eol === vscode.EndOfLine.CRLF ? '\r\n' : '\n',
    };
    this.#cache.set(document, { version: document.version, snapshot });
    return snapshot;
  }

  path(uri: vscode.Uri): string {
    if (!vscode.workspace.getWorkspaceFolder(uri)) {
      return uri.path.split('/').at(-1) ?? '';
    }
    return vscode.workspace.asRelativePath(uri, false).replaceAll('\\', '/');
  }

  repo(uri: vscode.Uri): string | undefined {
    return vscode.workspace.getWorkspaceFolder(uri)?.name;
  }
}
