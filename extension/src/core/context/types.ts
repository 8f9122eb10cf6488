import type { ContextFile } from '../server/types.js';
import type { Range } from '../text.js';

export type { ContextFile } from '../server/types.js';

/** What the context is for: ghost text wants it small and stable, an edit wants it thorough. */
export type ContextPurpose = 'completion' | 'edit';

/** Where a piece of context comes from; the names are those of the setting `context.sources`. */
export type ContextSource =
  | 'mentions'
  | 'definitions'
  | 'recentEdits'
  | 'visibleRanges'
  | 'recentViews'
  | 'openTabs'
  | 'notebookCells'
  | 'diagnostics'
  | 'gitDiff';

/** Whole lines of a file: `start` counts from zero, `end` is exclusive. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

/** What kind of text a snippet holds: lines of a file, or a patch. */
export type SnippetKind = 'code' | 'diff';

/** A piece of context that a provider offers. */
export interface Snippet {
  readonly source: ContextSource;
  readonly kind: SnippetKind;
  /** The file's URI as a string; identifies the file. */
  readonly uri: string;
  /** The path to show and to send: relative to the workspace folder, with forward slashes. */
  readonly path: string;
  /** The lines of the file that the text shows; snippets of other kinds than `code` cover none. */
  readonly lines: LineRange;
  /** Whole lines joined by `\n`, without a final line end. */
  readonly text: string;
  /** How useful the provider thinks it is, from 0 to 1; compares snippets of one source only. */
  readonly score: number;
}

/** What one piece of the context is and what it cost; for the story and the log. */
export interface SourceReport {
  readonly source: ContextSource;
  readonly path: string;
  readonly characters: number;
  /** How long its provider took, in milliseconds. */
  readonly ms: number;
}

/**
 * Why a source gave nothing, or not all:
 *
 *  - `off`: the user's settings leave it out.
 *  - `late`: it took longer than the time limit; what it finds is used the next time.
 *  - `failed`: it broke; the log says how.
 *  - `untrusted`: the workspace is not trusted, so nothing but the document itself is read.
 *  - `excluded`: the document must not leave the editor.
 *  - `unknown`: no file, or more than one, fits a mention.
 */
export type SkipReason = 'off' | 'late' | 'failed' | 'untrusted' | 'excluded' | 'unknown';

export interface SkippedSource {
  /** `workspace` stands for all of them. */
  readonly source: ContextSource | 'workspace';
  readonly reason: SkipReason;
  /** What was asked for, where it was something in particular: a mention. */
  readonly path?: string;
}

export type ProblemSeverity = 'error' | 'warning' | 'information' | 'hint';

/** A diagnostic of the document, for prompts that speak about problems. */
export interface Problem {
  readonly range: Range;
  readonly severity: ProblemSeverity;
  readonly message: string;
  /** The tool that reported it, such as `ts` or `ruff`. */
  readonly origin?: string;
  readonly code?: string;
}

/** Everything that goes beside a prompt. */
export interface GatheredContext {
  /** In prompt order: the most useful last, because the server keeps the last longest. */
  readonly files: readonly ContextFile[];
  readonly sources: readonly SourceReport[];
  /** Whether all of it was chosen for an earlier request and is only used again. */
  readonly held: boolean;
  readonly skipped: readonly SkippedSource[];
  /** The files that the instruction mentions, in the order of mention; empty for completions. */
  readonly mentions: readonly ContextFile[];
  /** Problems in and around the range asked about; empty for completions. */
  readonly problems: readonly Problem[];
  /** The document's own path, as it is sent. */
  readonly path: string;
  /** The repository's name, where one is known. */
  readonly repo?: string;
}

/** Nothing beside the document itself. */
export function withoutContext(path: string): GatheredContext {
  return { files: [], sources: [], held: false, skipped: [], mentions: [], problems: [], path };
}
