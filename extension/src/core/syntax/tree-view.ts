import type { Node, Parser, Tree } from '@vscode/tree-sitter-wasm';
import { editBetween } from './edits.js';
import { kindOf } from './languages.js';
import type { SyntaxNode, SyntaxView } from './view.js';

/** Longest that a filter's question may take. */
const INSERTION_MS = 8;

/** A view on a tree, which it owns: trees live outside of JavaScript's memory. */
export class TreeView implements SyntaxView {
  readonly text: string;
  #tree: Tree | undefined;
  readonly #parser: () => Parser | undefined;

  /** @param parser gives a parser of the tree's language for use at once */
  constructor(text: string, tree: Tree, parser: () => Parser | undefined) {
    this.text = text;
    this.#tree = tree;
    this.#parser = parser;
  }

  around(offset: number): readonly SyntaxNode[] {
    const found: SyntaxNode[] = [];
    const root = this.#tree?.rootNode;
    let node = root?.descendantForIndex(Math.max(0, offset - 1), offset);
    for (; node?.parent; node = node.parent) {
      found.push({
        type: node.type,
        kind: kindOf(node.type),
        start: node.startIndex,
        end: node.endIndex,
      });
    }
    return found;
  }

  errors(): number {
    return this.#tree ? errorsIn(this.#tree.rootNode) : 0;
  }

  withInsertion<T>(
    offset: number,
    insertion: string,
    look: (view: SyntaxView) => T,
  ): T | undefined {
    const text = this.text.slice(0, offset) + insertion + this.text.slice(offset);
    const parser = this.#parser();
    const tree = parser && parseFor(INSERTION_MS, parser, text, this);
    if (!tree) {
      parser?.reset();
      return undefined;
    }
    const view = new TreeView(text, tree, this.#parser);
    try {
      return look(view);
    } finally {
      view.dispose();
    }
  }

  /** Returns a copy of the tree, told that its text has become another. */
  editedFor(text: string): Tree | undefined {
    const copy = this.#tree?.copy();
    copy?.edit(editBetween(this.text, text));
    return copy;
  }

  /** Gives the memory back; the view then answers nothing. */
  dispose(): void {
    this.#tree?.delete();
    this.#tree = undefined;
  }
}

/** Counts errors and missing tokens, going only where there are any. */
function errorsIn(node: Node): number {
  if (node.isMissing) {
    return 1;
  }
  if (!node.hasError) {
    return 0;
  }
  const inside = node.children.reduce((sum, child) => sum + (child ? errorsIn(child) : 0), 0);
  return inside + (node.isError ? 1 : 0);
}

/** The runtime reads a text in pieces of at most this many characters. */
const PIECE = 4096;

/**
 * Parses a text, reusing an older view's tree. Undefined when it takes longer than `ms`: the
 * parser then stands where it was, and goes on when it is given the same text again.
 */
export function parseFor(
  ms: number,
  parser: Parser,
  text: string,
  older: TreeView | undefined,
): Tree | undefined {
  const before = older?.editedFor(text);
  const end = performance.now() + ms;
  try {
    const tree = parser.parse((index) => text.slice(index, index + PIECE), before, {
      // Declared to give nothing; what it gives ends the parsing when it is true.
      progressCallback: () => performance.now() > end,
    });
    return tree ?? undefined;
  } finally {
    before?.delete();
  }
}
