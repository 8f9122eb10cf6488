import * as vscode from 'vscode';
import type { Clock } from '../../core/clock.js';
import { rankPaths, resolvePath } from '../../core/context/paths.js';
import { openFiles, type ContextFiles } from './files.js';

const MOST_FILES = 20_000;
/** How long a list of files is used, in milliseconds; shorter when files come or go. */
const FRESH_FOR = 30_000;

/** The files of the workspace that may be mentioned as `@file`. */
export interface WorkspaceFiles {
  /** Returns the paths that a query may mean, best first; see `rankPaths`. */
  suggest(query: string, limit: number): Promise<readonly string[]>;
  /** Returns the file that a mention names, or undefined when none or several fit. */
  resolve(mention: string): Promise<vscode.Uri | undefined>;
  dispose(): void;
}

/** Lists files when asked; those that are ignored or hidden are not among them. */
export function createWorkspaceFiles(files: ContextFiles, clock: Clock): WorkspaceFiles {
  return new ListedFiles(files, clock);
}

class ListedFiles implements WorkspaceFiles {
  readonly #files: ContextFiles;
  readonly #clock: Clock;
  readonly #subscriptions: vscode.Disposable;
  #list: Promise<ReadonlyMap<string, vscode.Uri>> | undefined;
  #until = 0;

  constructor(files: ContextFiles, clock: Clock) {
    this.#files = files;
    this.#clock = clock;
    const forget = (): void => void (this.#list = undefined);
    this.#subscriptions = vscode.Disposable.from(
      vscode.workspace.onDidCreateFiles(forget),
      vscode.workspace.onDidDeleteFiles(forget),
      vscode.workspace.onDidRenameFiles(forget),
      vscode.workspace.onDidChangeWorkspaceFolders(forget),
    );
  }

  async suggest(query: string, limit: number): Promise<readonly string[]> {
    if (!vscode.workspace.isTrusted) {
      return []; // Nothing that is mentioned would be read.
    }
    const all = await this.#all();
    const open = openFiles().map((uri) => this.#files.path(uri));
    const ranked = rankPaths(query, [...all.keys()], limit * 2, open);
    const allowed = await Promise.all(
      ranked.map(async ({ path }) => {
        const uri = all.get(path);
        return uri && (await this.#files.mayRead(uri)) ? path : undefined;
      }),
    );
    return allowed.filter((path) => path !== undefined).slice(0, limit);
  }

  async resolve(mention: string): Promise<vscode.Uri | undefined> {
    const all = await this.#all();
    const path = resolvePath(mention, [...all.keys()]);
    const uri = path === undefined ? undefined : all.get(path);
    return uri && (await this.#files.mayRead(uri)) ? uri : undefined;
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  #all(): Promise<ReadonlyMap<string, vscode.Uri>> {
    if (!this.#list || this.#clock.now() > this.#until) {
      this.#until = this.#clock.now() + FRESH_FOR;
      this.#list = this.#find();
    }
    return this.#list;
  }

  async #find(): Promise<ReadonlyMap<string, vscode.Uri>> {
    const found = await vscode.workspace.findFiles('**/*', hiddenFromSearch(), MOST_FILES);
    return new Map([...found, ...openFiles()].map((uri) => [this.#files.path(uri), uri]));
  }
}

/** What the user leaves out of searches: dependencies and build output, mostly. */
function hiddenFromSearch(): string | undefined {
  const globs = ['files', 'search'].flatMap((section) => {
    const settings = vscode.workspace.getConfiguration(section);
    const exclude = settings.get<Readonly<Record<string, unknown>>>('exclude') ?? {};
    return Object.keys(exclude).filter((glob) => exclude[glob] === true && !glob.includes(','));
  });
  return globs.length === 0 ? undefined : `{${globs.join(',')}}`;
}
