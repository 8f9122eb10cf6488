import fc from 'fast-check';
import type { ContextSource, Snippet } from '../../../src/core/context/types.js';

const SOURCES: readonly ContextSource[] = [
  'mentions',
  'definitions',
  'recentEdits',
  'visibleRanges',
  'recentViews',
  'openTabs',
  'notebookCells',
  'diagnostics',
  'gitDiff',
];

/** The text of a made-up file, different for every file and line. */
export function fileLines(uri: string, count = 400): string[] {
  return Array.from(
    { length: count },
    (_, line) => `${uri.replaceAll(/\W/g, '_')}_line_${line}();`,
  );
}

export function snippet(
  uri: string,
  start: number,
  end: number,
  source: ContextSource = 'openTabs',
  score = 0.5,
): Snippet {
  return {
    source,
    kind: 'code',
    uri,
    path: uri,
    lines: { start, end },
    text: fileLines(uri).slice(start, end).join('\n'),
    score,
  };
}

/** Snippets of a few files, overlapping as they like. */
export const anySnippet: fc.Arbitrary<Snippet> = fc
  .record({
    uri: fc.constantFrom('a.ts', 'b.ts', 'c.py', 'own.ts'),
    start: fc.integer({ min: 0, max: 300 }),
    length: fc.integer({ min: 1, max: 80 }),
    source: fc.constantFrom(...SOURCES),
    score: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ uri, start, length, source, score }) =>
    snippet(uri, start, start + length, source, score),
  );
