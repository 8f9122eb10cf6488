import type { ContextFile, ModelInfo } from '../server/types.js';

/**
 * What is wanted of the model.
 *
 *  - `edit`: rewrite the region as the instruction says.
 *  - `generate`: write new lines at the cursor; nothing that is there changes.
 *  - `fix`: rewrite the region so that its problems are gone.
 *  - `document`: rewrite the region with documentation added.
 */
export type EditAction = 'edit' | 'generate' | 'fix' | 'document';

/** How the model is to answer: all new lines of the region, or blocks of search and replace. */
export type AnswerFormat = 'region' | 'blocks';

/** A problem that an editor shows in the region. */
export interface RegionProblem {
  /** Lines from the region's first; may lie outside the region. */
  readonly line: number;
  readonly severity: 'error' | 'warning' | 'information' | 'hint';
  readonly message: string;
  /** The tool that reported it, such as `ts` or `ruff`. */
  readonly origin?: string;
  readonly code?: string;
}

/** How the document indents, as the editor has found out. */
export interface IndentationStyle {
  readonly insertSpaces: boolean;
  /** Columns of one level. */
  readonly size: number;
}

/** Everything that an edit is about, as it was when the user asked. */
export interface EditRequest {
  readonly action: EditAction;
  /** In the user's words; may be empty for `fix` and `document`. */
  readonly instruction: string;
  /** As it is shown and sent: relative to the workspace folder, with forward slashes. */
  readonly path: string;
  /** The editor's language identifier. */
  readonly language: string;
  /** All lines of the document before the region. */
  readonly before: readonly string[];
  /** The lines to change, at least one. For `generate` the line of the cursor alone. */
  readonly region: readonly string[];
  /** All lines of the document after the region. */
  readonly after: readonly string[];
  readonly problems: readonly RegionProblem[];
  /** Files that the user mentioned, in the order of mention. */
  readonly mentions: readonly ContextFile[];
  /** What was gathered besides, the most useful last. */
  readonly context: readonly ContextFile[];
  readonly indentation: IndentationStyle;
  readonly model: ModelInfo;
  readonly format: AnswerFormat | 'auto';
  /** Most lines shown to the model before and after the region, each. */
  readonly surroundingLines: number;
  /** Most new tokens of one answer. */
  readonly maxTokens: number;
}
