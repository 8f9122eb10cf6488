import { costOf } from '../../core/context/snippets.js';
import type {
  ContextFile,
  GatheredContext,
  SkippedSource,
  Snippet,
  SourceReport,
} from '../../core/context/types.js';

/** What was chosen, before it is written down for a request. */
export interface ChosenContext {
  /** In prompt order. */
  readonly snippets: readonly Snippet[];
  /** How long each source took, in milliseconds. */
  readonly took: ReadonlyMap<string, number>;
  readonly skipped: readonly SkippedSource[];
  readonly held: boolean;
}

/** Nothing at all, for the reasons given. */
export function noContext(skipped: readonly SkippedSource[]): ChosenContext {
  return { snippets: [], took: new Map(), skipped, held: false };
}

/** Writes a choice down as requests and stories want it. */
export function resultOf(
  chosen: ChosenContext,
  document: Pick<GatheredContext, 'path' | 'repo'>,
  forEdit: Partial<Pick<GatheredContext, 'mentions' | 'problems'>> = {},
): GatheredContext {
  return {
    files: chosen.snippets.map(fileOf),
    sources: chosen.snippets.map((snippet) => reportOf(snippet, chosen.took)),
    skipped: chosen.skipped,
    held: chosen.held,
    mentions: [],
    problems: [],
    ...document,
    ...forEdit,
  };
}

export function fileOf({ path, text }: Snippet): ContextFile {
  return { path, text };
}

/** Returns what snippets take from a budget together. */
export function sizeOf(snippets: readonly Snippet[]): number {
  return snippets.reduce((sum, snippet) => sum + costOf(snippet), 0);
}

function reportOf(snippet: Snippet, took: ReadonlyMap<string, number>): SourceReport {
  const { source, path, text } = snippet;
  return { source, path, characters: text.length, ms: took.get(source) ?? 0 };
}

/** The kind of an error; its message might hold code. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
