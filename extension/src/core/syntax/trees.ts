import type { Parser } from '@vscode/tree-sitter-wasm';
import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { grammarFile } from './languages.js';
import { type Grammar, Grammars, type LoadWasm } from './runtime.js';
import { parseFor, TreeView } from './tree-view.js';
import type { SyntaxDocument, SyntaxTrees, SyntaxView } from './view.js';

export type { LoadWasm } from './runtime.js';

/** Longest that `view` may take, and one slice of the work behind. */
const AT_ONCE_MS = 1;
const SLICE_MS = 4;
/** Documents whose trees are kept, and texts of each whose views stay usable. */
const MOST_DOCUMENTS = 8;
const MOST_VIEWS = 3;
/** Longer documents are not parsed: their trees would take too much memory. */
const LONGEST_TEXT = 1_000_000;

export interface TreeStoreParts {
  readonly loadWasm: LoadWasm;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Keeps the trees of the documents that are edited. */
export class TreeStore implements SyntaxTrees {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #grammars: Grammars;
  /** By URI, the one used last at the end. */
  readonly #documents = new Map<string, DocumentTree>();

  constructor({ loadWasm, clock, log }: TreeStoreParts) {
    this.#clock = clock;
    this.#log = log;
    this.#grammars = new Grammars(loadWasm);
  }

  view(document: SyntaxDocument): SyntaxView | undefined {
    const file = this.#grammarOf(document);
    if (file === undefined) {
      return undefined;
    }
    const grammar = this.#grammars.ready(file);
    if (!grammar) {
      void this.#loaded(file);
      return undefined;
    }
    return this.#documentFor(document, grammar).view(document.text);
  }

  async parse(document: SyntaxDocument, signal: AbortSignal): Promise<SyntaxView | undefined> {
    const file = this.#grammarOf(document);
    const grammar = file === undefined ? undefined : await this.#loaded(file);
    signal.throwIfAborted();
    return grammar && this.#documentFor(document, grammar).parse(document.text, signal);
  }

  dispose(): void {
    for (const tree of this.#documents.values()) {
      tree.dispose();
    }
    this.#documents.clear();
  }

  #grammarOf({ language, text }: SyntaxDocument): string | undefined {
    return text.length > LONGEST_TEXT ? undefined : grammarFile(language);
  }

  async #loaded(file: string): Promise<Grammar | undefined> {
    const known = this.#grammars.has(file);
    try {
      return await this.#grammars.get(file);
    } catch (error) {
      if (!known) {
        this.#log.warn('grammar not loaded', { file, reason: String(error) });
      }
      return undefined;
    }
  }

  #documentFor({ uri, language }: SyntaxDocument, grammar: Grammar): DocumentTree {
    let tree = this.#documents.get(uri);
    this.#documents.delete(uri);
    if (tree?.language !== language) {
      tree?.dispose();
      tree = new DocumentTree(language, grammar, this.#clock);
    }
    this.#documents.set(uri, tree);
    if (this.#documents.size > MOST_DOCUMENTS) {
      for (const [oldest, other] of [...this.#documents].slice(0, 1)) {
        other.dispose();
        this.#documents.delete(oldest);
      }
    }
    return tree;
  }
}

/** The trees of one document: of its newest text that has one, and of a few before. */
class DocumentTree {
  readonly language: string;
  readonly #clock: Clock;
  readonly #parser: Parser;
  /** Answers the questions of filters, while the other may be in the middle of a text. */
  readonly #aside: Parser;
  #views: readonly TreeView[] = [];
  #work: Promise<void> | undefined;
  /** The text that the background shall come to. */
  #wanted: string | undefined;
  #disposed = false;

  constructor(language: string, grammar: Grammar, clock: Clock) {
    this.language = language;
    this.#clock = clock;
    this.#parser = grammar.newParser();
    this.#aside = grammar.newParser();
  }

  view(text: string): TreeView | undefined {
    const known = this.#views.find((view) => view.text === text);
    if (known ?? this.#disposed) {
      return known;
    }
    this.#wanted = text;
    if (!this.#work && !this.#advance(text, AT_ONCE_MS)) {
      this.#work = this.#goOn(text);
    }
    return this.#views.find((view) => view.text === text);
  }

  async parse(text: string, signal: AbortSignal): Promise<TreeView | undefined> {
    for (;;) {
      const view = this.view(text);
      if (view ?? this.#disposed) {
        return view;
      }
      await this.#work;
      signal.throwIfAborted();
    }
  }

  dispose(): void {
    this.#disposed = true;
    for (const view of this.#views) {
      view.dispose();
    }
    this.#views = [];
    this.#parser.delete();
    this.#aside.delete();
  }

  /** Works on a text for a while; true when its view is there. */
  #advance(text: string, ms: number): boolean {
    const tree = parseFor(ms, this.#parser, text, this.#views[0]);
    if (!tree) {
      return false;
    }
    const parser = (): Parser | undefined => (this.#disposed ? undefined : this.#aside);
    const views = [new TreeView(text, tree, parser), ...this.#views];
    for (const old of views.slice(MOST_VIEWS)) {
      old.dispose();
    }
    this.#views = views.slice(0, MOST_VIEWS);
    return true;
  }

  /**
   * Finishes a text in slices, and then the one that is wanted by then, for which little is left
   * to do. Starting over at every keystroke would never come to an end in a long document.
   */
  async #goOn(text: string): Promise<void> {
    for (let next: string | undefined = text; next !== undefined;) {
      await this.#clock.sleep(0);
      if (this.#disposed) {
        break;
      }
      if (this.#advance(next, SLICE_MS)) {
        next = this.#wanted === next ? undefined : this.#wanted;
      }
    }
    this.#work = undefined;
  }
}
