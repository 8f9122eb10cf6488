import { widened } from './lines.js';
import type { ContextSource, LineRange, Snippet } from './types.js';

/**
 * Snippets: whole lines of a file, with the file's path.
 */

/** What a snippet costs beside its path and text: the tokens that separate files in a prompt. */
const FRAME = 16;

/** The text of a file, as providers cut snippets from it. */
export interface FileLines {
  readonly uri: string;
  readonly path: string;
  readonly lines: readonly string[];
}

/** Returns what a snippet takes from the budget, in characters. */
export function costOf(snippet: Pick<Snippet, 'path' | 'text'>): number {
  return FRAME + snippet.path.length + snippet.text.length;
}

/** Cuts lines out of a file; blank lines at both ends are left out. Undefined when all are blank. */
export function snippetOf(
  file: FileLines,
  range: LineRange,
  source: ContextSource,
  score: number,
): Snippet | undefined {
  let { start, end } = widened(range, 0, file.lines.length);
  while (start < end && isBlank(file.lines[start])) {
    start++;
  }
  while (end > start && isBlank(file.lines[end - 1])) {
    end--;
  }
  if (start >= end) {
    return undefined;
  }
  return {
    source,
    kind: 'code',
    uri: file.uri,
    path: file.path,
    lines: { start, end },
    text: file.lines.slice(start, end).join('\n'),
    score,
  };
}

/** Whether the text of a snippet is exactly the lines that it covers, so that it can be cut. */
export function isVerbatim(snippet: Snippet): boolean {
  return (
    snippet.kind === 'code' &&
    snippet.text.split('\n').length === snippet.lines.end - snippet.lines.start
  );
}

/** Returns the part of a verbatim snippet that covers the given lines of the file. */
export function part(snippet: Snippet, range: LineRange): Snippet | undefined {
  const first = snippet.lines.start;
  const file = { ...snippet, lines: snippet.text.split('\n') };
  const cut = snippetOf(
    file,
    { start: Math.max(0, range.start - first), end: Math.max(0, range.end - first) },
    snippet.source,
    snippet.score,
  );
  return cut && { ...cut, lines: { start: cut.lines.start + first, end: cut.lines.end + first } };
}

/**
 * Returns as many of a snippet's first lines as the room allows, or undefined when fewer than
 * `least` fit. A snippet that fits is returned as it is.
 */
export function fitted(snippet: Snippet, room: number, least: number): Snippet | undefined {
  if (costOf(snippet) <= room) {
    return snippet;
  }
  const texts = snippet.text.split('\n');
  let kept = 0;
  let used = costOf({ path: snippet.path, text: '' }) - 1;
  for (const text of texts) {
    used += text.length + 1;
    if (used > room) {
      break;
    }
    kept++;
  }
  while (kept > 0 && isBlank(texts[kept - 1])) {
    kept--;
  }
  if (kept < least) {
    return undefined;
  }
  const { start, end } = snippet.lines;
  return {
    ...snippet,
    lines: isVerbatim(snippet) ? { start, end: start + kept } : { start, end },
    text: texts.slice(0, kept).join('\n'),
  };
}

function isBlank(line: string | undefined): boolean {
  return line === undefined || line.trim() === '';
}
