import type { ContextPurpose, ContextSource, Snippet } from './types.js';

/**
 * How useful a snippet is: what its source is worth for the purpose, and within that its score.
 */

const WORTH: Readonly<Record<ContextPurpose, Readonly<Record<ContextSource, number>>>> = {
  completion: {
    mentions: 1,
    notebookCells: 0.95,
    definitions: 0.9,
    diagnostics: 0.65,
    recentEdits: 0.6,
    visibleRanges: 0.55,
    openTabs: 0.5,
    recentViews: 0.45,
    gitDiff: 0.4,
  },
  // An edit is asked for in words: what its code calls matters, where the cursor was does not.
  edit: {
    mentions: 1,
    notebookCells: 0.9,
    definitions: 0.95,
    diagnostics: 0.85,
    recentEdits: 0.55,
    visibleRanges: 0.5,
    gitDiff: 0.5,
    openTabs: 0.45,
    recentViews: 0.35,
  },
};

/** Returns how useful a snippet is for a purpose, from 0 to 1. */
export function usefulness(snippet: Snippet, purpose: ContextPurpose): number {
  const score = Math.min(1, Math.max(0, snippet.score));
  return WORTH[purpose][snippet.source] * (0.5 + score / 2);
}

/** Orders snippets, the most useful first; the order never hangs on that of the input. */
export function byUsefulness(
  snippets: readonly Snippet[],
  purpose: ContextPurpose,
): readonly Snippet[] {
  return snippets
    .map((snippet) => ({ snippet, worth: usefulness(snippet, purpose) }))
    .sort((a, b) => b.worth - a.worth || compareIdentity(a.snippet, b.snippet))
    .map(({ snippet }) => snippet);
}

function compareIdentity(a: Snippet, b: Snippet): number {
  return (
    compareText(a.source, b.source) ||
    compareText(a.uri, b.uri) ||
    a.lines.start - b.lines.start ||
    a.lines.end - b.lines.end ||
    compareText(a.text, b.text)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
