import ignore, { type Ignore } from 'ignore';
import { globExpression } from './glob.js';

/**
 * Which files of one workspace folder must never be read for context: those that an ignore file
 * names (the syntax of `.gitignore`, in any folder) and those that the editor hides.
 */

/** The name of the ignore files. */
export const IGNORE_FILE = '.aicockpitignore';

/** Rules for one workspace folder. Paths are relative to it, with forward slashes. */
export class IgnoreRules {
  readonly #files = new Map<string, Ignore>();
  #hidden: readonly RegExp[] = [];
  #known = new Map<string, boolean>();

  /**
   * Takes over the content of the ignore file in a folder (`''` is the workspace folder itself), or
   * forgets it when there is none any more.
   */
  setFile(folder: string, content: string | undefined): void {
    if (content === undefined) {
      this.#files.delete(folder);
    } else {
      this.#files.set(folder, ignore().add(content));
    }
    this.#known = new Map();
  }

  /** Takes over the globs of files that the editor hides; broken ones are left out. */
  setHidden(globs: readonly string[]): void {
    this.#hidden = globs.map(globExpression).filter((expression) => expression !== undefined);
    this.#known = new Map();
  }

  /** Whether a file is excluded, by itself or with a folder that it lies in. */
  excludes(path: string): boolean {
    const parts = path.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.includes('..') || parts.length === 0) {
      return false; // Not in this folder, so these rules say nothing about it.
    }
    return parts.some((_, index) =>
      this.#excludes(parts.slice(0, index + 1), index < parts.length - 1),
    );
  }

  /** Whether a file or folder is excluded, those that it lies in left aside. */
  #excludes(parts: readonly string[], isFolder: boolean): boolean {
    const path = parts.join('/');
    const key = isFolder ? `${path}/` : path;
    let known = this.#known.get(key);
    if (known === undefined) {
      known = this.#isHidden(path) || this.#isIgnored(parts, isFolder);
      this.#remember(key, known);
    }
    return known;
  }

  #isHidden(path: string): boolean {
    return this.#hidden.some((expression) => expression.test(path));
  }

  /** The ignore file nearest to the path that says anything about it decides. */
  #isIgnored(parts: readonly string[], isFolder: boolean): boolean {
    for (let depth = parts.length - 1; depth >= 0; depth--) {
      const rules = this.#files.get(parts.slice(0, depth).join('/'));
      const path = parts.slice(depth).join('/');
      const result = rules?.test(isFolder ? `${path}/` : path);
      if (result?.ignored || result?.unignored) {
        return result.ignored;
      }
    }
    return false;
  }

  #remember(key: string, known: boolean): void {
    if (this.#known.size >= 10_000) {
      this.#known = new Map();
    }
    this.#known.set(key, known);
  }
}
