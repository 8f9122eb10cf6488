import type { TextSnapshot } from '../text.js';

/** A node of a syntax tree, as plain values that outlive the tree. */
export interface SyntaxNode {
  /** What it is called in the grammar, such as `function_definition`. */
  readonly type: string;
  readonly kind: SyntaxKind;
  /** UTF-16 offsets into the text; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
}

/** What a node means, whatever the grammar calls it; an interpolation is code inside a string. */
export type SyntaxKind = 'comment' | 'string' | 'interpolation' | 'other';

/**
 * The syntax tree of one text. It stays usable for the last few texts of each document; after
 * that it knows nothing: every answer is empty, and callers go on by indentation.
 */
export interface SyntaxView {
  /** The nodes that the character before an offset is in, innermost first, without the root. */
  around(offset: number): readonly SyntaxNode[];
  /** In how many places the grammar cannot explain the text. */
  errors(): number;
  /**
   * Parses the text with `insertion` put in at `offset` and gives its view to `look`. Undefined
   * when that is not done within a few milliseconds.
   */
  withInsertion<T>(offset: number, insertion: string, look: (view: SyntaxView) => T): T | undefined;
}

export type SyntaxDocument = Pick<TextSnapshot, 'uri' | 'language' | 'text'>;

/** Keeps the trees of the documents that are being edited. Nothing here ever holds up typing. */
export interface SyntaxTrees {
  /**
   * What is known at once: the view of exactly this text, brought up to date in about one
   * millisecond. Otherwise undefined, and parsing goes on in the background in small slices.
   */
  view(document: SyntaxDocument): SyntaxView | undefined;
  /**
   * Waits for the view; undefined when there is no grammar for the language or it cannot be
   * loaded.
   *
   * @throws the signal's reason when it aborts; parsing then goes on in the background.
   */
  parse(document: SyntaxDocument, signal: AbortSignal): Promise<SyntaxView | undefined>;
  dispose(): void;
}
