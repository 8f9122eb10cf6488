/** What an editor reports of a document's changes, read by lines. */

import { comparePositions, splitLines, type Position, type Range } from '../text.js';
import { spliceLines } from './align.js';
import { editsFor } from './document-edits.js';
import type { DocumentChange } from './region.js';

/**
 * Tells an editor's report of our edits from other changes: returns what the report holds besides
 * them, or undefined when it does not hold all of them. Editors may trim white space along.
 */
export function besidesOurs(
  edits: readonly DocumentChange[],
  changes: readonly DocumentChange[],
): DocumentChange[] | undefined {
  const ours = new Set(edits.map(keyOf));
  const besides = changes.filter((change) => !ours.has(keyOf(change)));
  return changes.length - besides.length === edits.length ? besides : undefined;
}

function keyOf({ range: { start, end }, text }: DocumentChange): string {
  const at = [start.line, start.character, end.line, end.character].join(':');
  return `${at}:${text.replaceAll('\r\n', '\n')}`;
}

/** Returns a document's lines after changes whose ranges all refer to the lines given. */
export function changedLines(
  lines: readonly string[],
  changes: readonly DocumentChange[],
): string[] {
  const result = [...lines];
  const fromBottom = [...changes].sort((a, b) => comparePositions(b.range.start, a.range.start));
  for (const { range, text } of fromBottom) {
    const { start, end } = range;
    const head = (result[start.line] ?? '').slice(0, start.character);
    const tail = (result[end.line] ?? '').slice(end.character);
    const inserted = splitLines(head + text + tail);
    result.splice(start.line, end.line - start.line + 1, ...inserted);
  }
  return result;
}

/**
 * Returns what a change really changes: formatters replace more, whole documents too.
 *
 * @param lines the document's lines before the change.
 */
export function narrowedChanges(
  change: DocumentChange,
  lines: readonly string[],
): DocumentChange[] {
  const narrow = narrowed(change, lines);
  if (!narrow) {
    return [];
  }
  const { start, end } = narrow.range;
  if (start.line === end.line || !narrow.text.includes('\n')) {
    return [narrow];
  }
  const before = lines.slice(start.line, end.line + 1);
  const moved = { start: { ...start, line: 0 }, end: { ...end, line: end.line - start.line } };
  const after = changedLines(before, [{ range: moved, text: narrow.text }]);
  return editsFor(
    spliceLines(before, after),
    { start: start.line, count: before.length },
    { lineCount: lines.length, eol: '\n', textOf: (line) => lines[line] ?? '' },
  );
}

/** Leaves out what is replaced by the same text at both ends. */
function narrowed(change: DocumentChange, lines: readonly string[]): DocumentChange | undefined {
  const { start, end } = change.range;
  const before = textBetween(lines, change.range);
  const after = splitLines(change.text).join('\n');
  if (before === after) {
    return undefined;
  }
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head] === after[head]) {
    head++;
  }
  let tail = 0;
  while (tail < most - head && before.at(-1 - tail) === after.at(-1 - tail)) {
    tail++;
  }
  return {
    range: {
      start: advance(start, before.slice(0, head)),
      end: tail === 0 ? end : advance(start, before.slice(0, before.length - tail)),
    },
    text: after.slice(head, after.length - tail),
  };
}

function textBetween(lines: readonly string[], { start, end }: Range): string {
  if (start.line === end.line) {
    return (lines[start.line] ?? '').slice(start.character, end.character);
  }
  return [
    (lines[start.line] ?? '').slice(start.character),
    ...lines.slice(start.line + 1, end.line),
    (lines[end.line] ?? '').slice(0, end.character),
  ].join('\n');
}

function advance(from: Position, text: string): Position {
  const parts = text.split('\n');
  const last = parts.at(-1) ?? '';
  return parts.length === 1
    ? { line: from.line, character: from.character + last.length }
    : { line: from.line + parts.length - 1, character: last.length };
}
