import * as vscode from 'vscode';
import { IGNORE_FILE, IgnoreRules } from '../../core/context/ignore.js';
import type { Logger } from '../../core/log.js';

/** Which files must not be read for context and get no completions. */
export interface Exclusion {
  /**
   * Whether a file is excluded. As long as the ignore files above it have not been read it is;
   * `known` tells when they have.
   */
  isExcluded(uri: vscode.Uri): boolean;
  /** Resolves once the ignore files above a file have been read. Never rejects. */
  known(uri: vscode.Uri): Promise<void>;
  /** Fires when an ignore file or the setting has changed what is excluded. */
  readonly onDidChange: vscode.Event<void>;
  dispose(): void;
}

/** Follows the ignore files and the setting `files.exclude` of every workspace folder. */
export function createExclusion(log: Logger): Exclusion {
  return new WorkspaceExclusion(log);
}

interface FolderRules {
  readonly folder: vscode.WorkspaceFolder;
  readonly rules: IgnoreRules;
  /** Directories, relative to the folder, whose ignore file has been or is being read. */
  readonly reading: Map<string, Promise<void>>;
  readonly read: Set<string>;
}

class WorkspaceExclusion implements Exclusion {
  readonly #log: Logger;
  readonly #folders = new Map<string, FolderRules>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable;
  readonly onDidChange = this.#changed.event;

  constructor(log: Logger) {
    this.#log = log;
    const watcher = vscode.workspace.createFileSystemWatcher(`**/${IGNORE_FILE}`);
    const reread = (uri: vscode.Uri): void => void this.#reread(uri);
    this.#subscriptions = vscode.Disposable.from(
      this.#changed,
      watcher,
      watcher.onDidCreate(reread),
      watcher.onDidChange(reread),
      watcher.onDidDelete(reread),
      vscode.workspace.onDidOpenTextDocument((document) => void this.known(document.uri)),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.#startAgain()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('files.exclude')) {
          this.#followSettings();
        }
      }),
    );
    this.#startAgain();
  }

  isExcluded(uri: vscode.Uri): boolean {
    const found = this.#find(uri);
    if (!found) {
      return false;
    }
    const { rules, path } = found;
    if (directoriesOf(path).some((directory) => !rules.read.has(directory))) {
      void this.known(uri);
      return true;
    }
    return rules.rules.excludes(path);
  }

  async known(uri: vscode.Uri): Promise<void> {
    const found = this.#find(uri);
    if (found) {
      const { rules, path } = found;
      await Promise.all(directoriesOf(path).map((directory) => this.#read(rules, directory)));
    }
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  /** The folder that holds a file, also when it is shown under another scheme, as notebook cells are. */
  #find(uri: vscode.Uri): { rules: FolderRules; path: string } | undefined {
    for (const { folder } of this.#folders.values()) {
      const { scheme, authority } = folder.uri;
      // The editor knows where `C:` and `c:` are one, and a language server may write the other.
      const found = vscode.workspace.getWorkspaceFolder(uri.with({ scheme, authority }));
      const rules = found && this.#folders.get(found.uri.toString());
      const path = found ? uri.path.slice(rootOf(found).length) : '';
      if (rules && path) {
        return { rules, path };
      }
    }
    return undefined;
  }

  #read(rules: FolderRules, directory: string): Promise<void> {
    const running = rules.reading.get(directory);
    if (running) {
      return running;
    }
    const reading = this.#readNow(rules, directory);
    rules.reading.set(directory, reading);
    return reading;
  }

  async #readNow(rules: FolderRules, directory: string): Promise<void> {
    const uri = vscode.Uri.joinPath(rules.folder.uri, directory, IGNORE_FILE);
    const content = await contentOf(uri);
    const isNews = content !== undefined || rules.read.has(directory);
    rules.rules.setFile(directory, content);
    rules.read.add(directory);
    if (isNews) {
      this.#log.info('ignore file read', {
        folder: rules.folder.name,
        found: content !== undefined,
      });
      this.#changed.fire();
    }
  }

  async #reread(uri: vscode.Uri): Promise<void> {
    const found = this.#find(uri);
    if (found) {
      const directory = directoriesOf(found.path).at(-1) ?? '';
      found.rules.reading.delete(directory);
      await this.#read(found.rules, directory);
    }
  }

  #startAgain(): void {
    this.#folders.clear();
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      const rules = new IgnoreRules();
      this.#folders.set(folder.uri.toString(), {
        folder,
        rules,
        reading: new Map(),
        read: new Set(),
      });
    }
    this.#followSettings();
    vscode.workspace.textDocuments.forEach((document) => void this.known(document.uri));
  }

  #followSettings(): void {
    for (const { folder, rules } of this.#folders.values()) {
      const settings = vscode.workspace.getConfiguration('files', folder.uri);
      const globs = settings.get<Readonly<Record<string, unknown>>>('exclude') ?? {};
      // A glob can be bound to the existence of another file; such files are generated, not secret.
      rules.setHidden(Object.keys(globs).filter((glob) => globs[glob] === true));
    }
    this.#changed.fire();
  }
}

function rootOf(folder: vscode.WorkspaceFolder): string {
  return folder.uri.path.endsWith('/') ? folder.uri.path : `${folder.uri.path}/`;
}

/** The directories that a path lies in, from the top (`''`) down. */
function directoriesOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return ['', ...parts.map((_, index) => parts.slice(0, index + 1).join('/'))];
}

async function contentOf(uri: vscode.Uri): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  } catch {
    return undefined; // There is none, as in nearly every folder.
  }
}
