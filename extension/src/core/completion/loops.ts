import { closesOnly, isBlank, textLines } from './lines.js';
import type { Cut } from './scope.js';

/** How often a line must stand one below the other until that is a loop and not a table. */
const LINE_TIMES = 3;
const NUMBERS_TIMES = 6;
/** The same for groups of lines, and how many lines a group has at most. */
const GROUP_TIMES = 2;
const LARGEST_GROUP = 12;
/** A group that is shorter, without white space, may well be meant. */
const SMALLEST_GROUP = 20;

/**
 * Returns where a text begins to say the same again until its end: everything after the first
 * time. Undefined when its end is not a loop.
 */
export function loopCut(text: string): Cut | undefined {
  return lineLoop(text) ?? inlineLoop(text);
}

/** Finds the smallest group of lines that the text's last lines are copies of. */
function lineLoop(text: string): Cut | undefined {
  const lines = textLines(text);
  const last = lines.at(-1);
  const complete = last && !isBlank(last.text) ? lines : lines.slice(0, -1);
  for (let size = 1; size <= LARGEST_GROUP && size < complete.length; size++) {
    const first = loopStart(
      complete.map((line) => line.text),
      size,
    );
    const keep = first === undefined ? undefined : complete[first + size - 1];
    if (keep) {
      return { cut: keep.end, reason: size === 1 ? 'the line repeats' : 'the lines repeat' };
    }
  }
  return undefined;
}

/** Returns where a loop with this period starts; the last line may be half a copy. */
function loopStart(lines: readonly string[], size: number): number | undefined {
  let first = lines.length - 1;
  while (first >= size && same(lines, first, size)) {
    first--;
  }
  const start = first - size + 1;
  // Half a line is not yet a copy.
  const half = lines.at(-1) !== lines.at(-1 - size);
  const copies = (lines.length - start - (half ? 1 : 0)) / size;
  const group = lines.slice(start, start + size).join('');
  const enough = size > 1 ? GROUP_TIMES : /[a-z]/i.test(group) ? LINE_TIMES : NUMBERS_TIMES;
  const solid = group.replace(/\s/g, '').length;
  return start >= 0 && copies >= enough && (size === 1 ? solid > 2 : solid >= SMALLEST_GROUP)
    ? start
    : undefined;
}

/** Whether a line is a copy of the one `size` lines above; the last may be the start of one. */
function same(lines: readonly string[], index: number, size: number): boolean {
  const line = lines[index] ?? '';
  const above = lines[index - size] ?? '';
  if (size === 1 && closesOnly(line)) {
    return false;
  }
  return line === above || (index === lines.length - 1 && !isBlank(line) && above.startsWith(line));
}

/** Pieces that come again and again within a line: so many copies, and so long together. */
const LARGEST_PIECE = 60;
const PIECE_TIMES = 4;
const LONG_ENOUGH = 40;
/** Rulers and rows of numbers may be longer. */
const PLAIN = /^[\W\d_]*$/;
const LONG_FOR_PLAIN = 160;

function inlineLoop(text: string): Cut | undefined {
  const line = text.slice(text.lastIndexOf('\n') + 1);
  for (let size = 1; size <= LARGEST_PIECE && size * PIECE_TIMES <= line.length; size++) {
    let start = line.length - size;
    while (start > 0 && line[start - 1] === line[start - 1 + size]) {
      start--;
    }
    const length = line.length - start;
    const piece = line.slice(start, start + size);
    const long = PLAIN.test(piece) ? LONG_FOR_PLAIN : LONG_ENOUGH;
    if (length >= size * PIECE_TIMES && length >= long) {
      return { cut: text.length - length + size, reason: 'the words repeat' };
    }
  }
  return undefined;
}
