import * as vscode from 'vscode';
import type { Clock } from '../../core/clock.js';

/**
 * The built-in git extension's interface, version 1, as far as it is used here. Everything about it
 * is optional: it can be missing, switched off, or not yet started.
 */

interface GitExtension {
  readonly enabled: boolean;
  getAPI(version: 1): GitApi;
}

interface GitApi {
  readonly repositories: readonly GitRepository[];
  readonly onDidOpenRepository: vscode.Event<GitRepository>;
  getRepository(uri: vscode.Uri): GitRepository | null;
}

export interface GitRepository {
  readonly rootUri: vscode.Uri;
  readonly state: {
    readonly HEAD?: { readonly name?: string; readonly commit?: string } | undefined;
    readonly remotes: readonly { readonly name: string; readonly fetchUrl?: string }[];
    readonly workingTreeChanges: readonly { readonly uri: vscode.Uri }[];
    readonly indexChanges: readonly { readonly uri: vscode.Uri }[];
    readonly onDidChange: vscode.Event<void>;
  };
  diffWithHEAD(path: string): Promise<string>;
}

/** Git as the editor knows it. */
export interface Git {
  /** The repository that holds a file, if git is there and knows it. */
  repository(uri: vscode.Uri): GitRepository | undefined;
  /** The name of that repository: of its main remote, else of its folder. */
  name(uri: vscode.Uri): string | undefined;
  /** Fires when another commit is checked out: a branch was changed, or something committed. */
  readonly onDidMoveHead: vscode.Event<void>;
  /** Fires when any file's state changes. */
  readonly onDidChange: vscode.Event<void>;
  dispose(): void;
}

/** How often a missing git extension is looked for, in milliseconds. */
const LOOK_AGAIN = 5_000;
const MOST_NAMES = 200;

/** Finds the git extension without starting it: a workspace with a repository starts it anyway. */
export function createGit(clock: Clock): Git {
  return new EditorGit(clock);
}

class EditorGit implements Git {
  readonly #moved = new vscode.EventEmitter<void>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: { dispose(): unknown }[] = [this.#moved, this.#changed];
  readonly #heads = new WeakMap<GitRepository, string | undefined>();
  readonly #clock: Clock;
  /** Names by file: asked for with every keystroke. */
  readonly #names = new Map<string, string>();
  #api: GitApi | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  readonly onDidMoveHead = this.#moved.event;
  readonly onDidChange = this.#changed.event;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  name(uri: vscode.Uri): string | undefined {
    const key = uri.toString();
    const known = this.#names.get(key);
    if (known !== undefined) {
      return known;
    }
    const repository = this.repository(uri);
    const name = repository && nameOf(repository);
    if (name !== undefined && this.#names.size < MOST_NAMES) {
      this.#names.set(key, name);
    }
    return name;
  }

  repository(uri: vscode.Uri): GitRepository | undefined {
    this.#connect();
    return this.#api?.getRepository(uri) ?? undefined;
  }

  dispose(): void {
    this.#subscriptions.forEach((subscription) => void subscription.dispose());
  }

  #connect(): void {
    if (this.#api || this.#clock.now() - this.#lookedAt < LOOK_AGAIN) {
      return;
    }
    this.#lookedAt = this.#clock.now();
    const extension = vscode.extensions.getExtension<GitExtension>('vscode.git');
    if (!extension?.isActive || !extension.exports.enabled) {
      return;
    }
    this.#api = extension.exports.getAPI(1);
    this.#api.repositories.forEach((repository) => this.#follow(repository));
    this.#subscriptions.push(
      this.#api.onDidOpenRepository((repository) => this.#follow(repository)),
    );
  }

  #follow(repository: GitRepository): void {
    this.#names.clear();
    this.#heads.set(repository, repository.state.HEAD?.commit);
    this.#subscriptions.push(
      repository.state.onDidChange(() => {
        const head = repository.state.HEAD?.commit;
        if (this.#heads.get(repository) !== head) {
          this.#heads.set(repository, head);
          this.#moved.fire();
        }
        this.#changed.fire();
      }),
    );
  }
}

function nameOf(repository: GitRepository): string | undefined {
  const { remotes } = repository.state;
  const remote = remotes.find(({ name }) => name === 'origin') ?? remotes[0];
  const path = remote?.fetchUrl ?? repository.rootUri.path;
  return /([^/:\\]+?)(?:\.git)?\/*$/.exec(path)?.[1];
}
