import type { Edit, Point } from '@vscode/tree-sitter-wasm';

/** Returns the one stretch in which two texts differ, as tree-sitter wants to be told. */
export function editBetween(before: string, after: string): Edit {
  const shorter = Math.min(before.length, after.length);
  let start = sharedStart(before, after, shorter);
  let same = 0;
  while (
    same < shorter - start &&
    before.charCodeAt(before.length - 1 - same) === after.charCodeAt(after.length - 1 - same)
  ) {
    same++;
  }
  // Half a surrogate pair is no place to cut.
  if (start > 0 && isHighSurrogate(before.charCodeAt(start - 1))) {
    start--;
  }
  const [oldEnd, newEnd] = [before.length - same, after.length - same];
  return {
    startIndex: start,
    oldEndIndex: oldEnd,
    newEndIndex: newEnd,
    startPosition: pointAt(before, start),
    oldEndPosition: pointAt(before, oldEnd),
    newEndPosition: pointAt(after, newEnd),
  };
}

/** Compares in blocks first: most of two versions of a document is the same. */
function sharedStart(a: string, b: string, length: number): number {
  const block = 4096;
  let start = 0;
  while (
    start + block <= length &&
    a.slice(start, start + block) === b.slice(start, start + block)
  ) {
    start += block;
  }
  while (start < length && a.charCodeAt(start) === b.charCodeAt(start)) {
    start++;
  }
  return start;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}

/** Returns row and column, both counted in UTF-16 code units. */
export function pointAt(text: string, offset: number): Point {
  let row = 0;
  let lineStart = 0;
  for (let end = text.indexOf('\n'); end >= 0 && end < offset; end = text.indexOf('\n', end + 1)) {
    row++;
    lineStart = end + 1;
  }
  return { row, column: offset - lineStart };
}
