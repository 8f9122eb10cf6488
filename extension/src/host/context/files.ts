import * as vscode from 'vscode';
import { fileWords, type FileWords } from '../../core/context/similarity.js';
import type { FileLines } from '../../core/context/snippets.js';
import { splitLines, type TextSnapshot } from '../../core/text.js';
import type { Documents } from '../documents.js';
import type { Exclusion } from './exclusion.js';

/** Larger files are data or generated; reading them would cost more than it brings. */
const LARGEST_FILE = 400_000;
/** Files with longer lines are minified. */
const LONGEST_LINE = 2_000;
const CAPACITY = 60;
/** Schemes of documents that are files, or will be. */
const SCHEMES = new Set([
  'file',
  'untitled',
  'vscode-remote',
  'vscode-vfs',
  'vscode-notebook-cell',
]);

/** The text of a file with what was found out about it. */
export interface ReadFile extends FileLines {
  /** Its words, for comparing; computed at the first call. */
  words(): FileWords;
}

interface CachedFile {
  /** Changes with the content: the snapshot, or time and size on disk. */
  readonly stamp: TextSnapshot | string;
  readonly file: ReadFile;
}

/** Reads files for context: open documents as they are now, others from disk, never excluded ones. */
export class ContextFiles {
  readonly #documents: Documents;
  readonly #exclusion: Exclusion;
  /** By URI, the one used last at the end. */
  readonly #cache = new Map<string, CachedFile>();

  constructor(documents: Documents, exclusion: Exclusion) {
    this.#documents = documents;
    this.#exclusion = exclusion;
  }

  /** The path under which a file is shown and sent. */
  path(uri: vscode.Uri): string {
    return this.#documents.path(uri);
  }

  /**
   * Whether a file may be read for context: it lies in the workspace or the user has it open, and
   * is not excluded.
   */
  async mayRead(uri: vscode.Uri): Promise<boolean> {
    const inside = vscode.workspace.getWorkspaceFolder(uri) !== undefined;
    if (!inside && !(SCHEMES.has(uri.scheme) && isOpen(uri))) {
      return false;
    }
    await this.#exclusion.known(uri);
    return !this.#exclusion.isExcluded(uri);
  }

  /** Returns a file's text, or undefined when it may not or cannot be read, or is no source text. */
  async read(uri: vscode.Uri): Promise<ReadFile | undefined> {
    if (!(await this.mayRead(uri))) {
      return undefined;
    }
    const key = uri.toString();
    const document = vscode.workspace.textDocuments.find(
      (candidate) => !candidate.isClosed && candidate.uri.toString() === key,
    );
    const file = document ? this.ofDocument(document) : await this.#fromDisk(uri, key);
    return file && isSourceText(file.lines) ? file : undefined;
  }

  /** Returns the text of an open document. Whether it may be read is the caller's question. */
  ofDocument(document: vscode.TextDocument): ReadFile {
    const snapshot = this.#documents.snapshot(document);
    return this.#cached(snapshot.uri, snapshot, () => snapshot.text, snapshot.path);
  }

  async #fromDisk(uri: vscode.Uri, key: string): Promise<ReadFile | undefined> {
    try {
      const { mtime, size, type } = await vscode.workspace.fs.stat(uri);
      if (size > LARGEST_FILE || (type & vscode.FileType.File) === 0) {
        return undefined;
      }
      const stamp = `${mtime} ${size}`;
      const known = this.#cache.get(key);
      if (known?.stamp === stamp) {
        return this.#cached(key, stamp, () => '', known.file.path);
      }
      const bytes = await vscode.workspace.fs.readFile(uri);
      const text = new TextDecoder().decode(bytes);
      return text.includes('\0') ? undefined : this.#cached(key, stamp, () => text, this.path(uri));
    } catch {
      return undefined; // Gone, or not readable: as if it were not there.
    }
  }

  #cached(uri: string, stamp: CachedFile['stamp'], text: () => string, path: string): ReadFile {
    const known = this.#cache.get(uri);
    this.#cache.delete(uri);
    const current = known?.stamp === stamp ? known : { stamp, file: newFile(uri, path, text()) };
    this.#cache.set(uri, current);
    for (const oldest of [...this.#cache.keys()].slice(0, -CAPACITY)) {
      this.#cache.delete(oldest);
    }
    return current.file;
  }
}

/** Whether the user has a file open in a tab or a notebook. */
function isOpen(uri: vscode.Uri): boolean {
  const key = uri.toString();
  const isNotebook = vscode.workspace.notebookDocuments.some((notebook) =>
    notebook.getCells().some((cell) => cell.document.uri.toString() === key),
  );
  return isNotebook || openFiles().some((open) => open.toString() === key);
}

/** The files that have a tab, in the order of the tabs. */
export function openFiles(): vscode.Uri[] {
  return vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .map(({ input }) => (input instanceof vscode.TabInputText ? input.uri : undefined))
    .filter((uri) => uri !== undefined);
}

function newFile(uri: string, path: string, text: string): ReadFile {
  const lines = splitLines(text);
  let words: FileWords | undefined;
  return { uri, path, lines, words: () => (words ??= fileWords(lines)) };
}

function isSourceText(lines: readonly string[]): boolean {
  return lines.every((line) => line.length <= LONGEST_LINE);
}
