import { indentationOf } from '../text.js';
import { costOf, snippetOf, type FileLines } from './snippets.js';
import type { LineRange, Snippet } from './types.js';

/**
 * What to show of a definition: all of it when it is short, else what its users need to know.
 */

/** A symbol of a file, as an outline has it. */
export interface OutlineSymbol {
  readonly name: string;
  readonly lines: LineRange;
  readonly children: readonly OutlineSymbol[];
}

/** Definitions up to this many lines are shown whole. */
const SHORT = 24;
/** Lines shown of the beginning of a longer one. */
const HEAD = 12;
/** Lines shown of each member of a longer type: its signature, rarely more. */
const MEMBER = 3;
/** Lines above a definition that are looked at for its comment or decorators. */
const LEAD = 12;
/** Most characters of one definition. */
const LARGEST = 2_000;

/**
 * Returns a snippet with the definition at `lines`, and the comment above it. A long type becomes
 * the beginnings of its members; anything else that is long is cut after its head.
 */
export function definitionSnippet(
  file: FileLines,
  lines: LineRange,
  score: number,
  members: readonly OutlineSymbol[] = [],
): Snippet | undefined {
  const start = withLead(file.lines, lines.start);
  const whole = { start, end: Math.min(lines.end, file.lines.length) };
  if (lines.end - lines.start <= SHORT) {
    const snippet = snippetOf(file, whole, 'definitions', score);
    if (snippet && costOf(snippet) <= LARGEST) {
      return snippet;
    }
  }
  if (members.length === 0) {
    return snippetOf(file, { start, end: lines.start + HEAD }, 'definitions', score);
  }
  return outlined(file, whole, members, score);
}

/**
 * Returns the lines of the block that begins at a line: up to the last line that is indented
 * deeper, and the closing bracket behind it.
 */
export function blockAt(lines: readonly string[], start: number): LineRange {
  const base = indentationOf(lines[start] ?? '').length;
  let end = start + 1;
  for (let line = start + 1; line < lines.length; line++) {
    const text = lines[line] ?? '';
    if (text.trim() === '') {
      continue;
    }
    const indentation = indentationOf(text).length;
    const isClosing = indentation === base && /^[\])}]/.test(text.trim());
    if (indentation <= base && !isClosing) {
      break;
    }
    end = line + 1;
    // `) {` and `} else {` go on; a closing bracket that opens nothing ends the block.
    if (isClosing && !/[([{:]\s*$/.test(text)) {
      break;
    }
  }
  return { start, end };
}

/** Returns the innermost symbol whose lines hold the given line. */
export function symbolAt(
  symbols: readonly OutlineSymbol[],
  line: number,
): OutlineSymbol | undefined {
  const found = symbols.find(({ lines }) => lines.start <= line && line < lines.end);
  return found && (symbolAt(found.children, line) ?? found);
}

/** The first line of the comment or the decorators directly above a line. */
function withLead(lines: readonly string[], start: number): number {
  let first = start;
  while (first > 0 && start - first < LEAD && isLead(lines[first - 1] ?? '')) {
    first--;
  }
  return first;
}

function isLead(line: string): boolean {
  return /^\s*(?:\/\/|\/\*|\*|#(?!\s*(?:include|define|if|endif)\b)|--\s|@|\[\w)/.test(line);
}

function outlined(
  file: FileLines,
  whole: LineRange,
  members: readonly OutlineSymbol[],
  score: number,
): Snippet | undefined {
  const ordered = [...members].sort((a, b) => a.lines.start - b.lines.start);
  const first = ordered[0]?.lines.start ?? whole.end;
  const shown = new Set(rows({ start: whole.start, end: Math.min(first, whole.start + HEAD) }));
  for (const { lines } of ordered) {
    rows({ start: lines.start, end: Math.min(lines.end, lines.start + MEMBER) }).forEach((row) =>
      shown.add(row),
    );
  }
  const last = file.lines[whole.end - 1] ?? '';
  if (/^\s*[\])}]/.test(last)) {
    shown.add(whole.end - 1);
  }
  let text = '';
  for (const row of [...shown].sort((a, b) => a - b)) {
    const line = file.lines[row] ?? '';
    if (text.length + line.length > LARGEST) {
      break;
    }
    text += `${text === '' ? '' : '\n'}${line}`;
  }
  return text.trim() === ''
    ? undefined
    : {
        source: 'definitions',
        kind: 'code',
        uri: file.uri,
        path: file.path,
        lines: whole,
        text,
        score,
      };
}

function rows({ start, end }: LineRange): number[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, index) => start + index);
}
