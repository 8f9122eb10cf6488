/** Answers that are only the changed part of a region: a method instead of the class. */

import { indentationOf } from '../text.js';
import { similarity, weightOf } from './similarity.js';

/** Lines of the region that an answer replaces; `end` is exclusive. */
export interface FragmentPlace {
  readonly start: number;
  readonly end: number;
  /** The answer, indented as its place is. */
  readonly lines: readonly string[];
}

/** A part has at most this share of the region's lines, and a region to have parts this many. */
const MOST = 0.7;
const LEAST_REGION = 6;
/** How like two lines are that stand for one another, and two texts between equal ends. */
const SAME_LINE = 0.6;
const SAME_PART = 0.5;

/** Instructions after which a shorter answer is what was wanted. */
const SHORTENING =
  /\b(?:remov|delet|drop|strip|simplif|shorten|shrink|reduc|extract|only|just|inline|merge|combin|replace|clean|one-?liner|without|instead)/i;

/**
 * Returns where an answer belongs that is but a part of the region, or `undefined` when it is to
 * replace all of it. A part neither begins nor ends as the region does, and begins and ends as some
 * lines inside it do; instructions that ask for less text never get parts.
 */
export function placeOfFragment(
  answer: readonly string[],
  region: readonly string[],
  instruction: string,
): FragmentPlace | undefined {
  const lines = answer.filter((line) => line.trim() !== '');
  const [first] = lines;
  const most = region.filter((line) => line.trim() !== '').length * MOST;
  if (first === undefined || region.length < LEAST_REGION || lines.length > most) {
    return undefined;
  }
  const start = SHORTENING.test(instruction) ? -1 : placeOf(first, region, 0);
  const end = start > 0 ? lastPlaceOf(lines, region, start) : -1;
  if (end <= start || !isInside(lines, region, end) || !alike(lines, region.slice(start, end))) {
    return undefined;
  }
  return { start, end, lines: indentAs(answer, first, region[start] ?? '') };
}

/** Whether an answer leaves out the region's first line, and its last unless it ends there too. */
function isInside(lines: readonly string[], region: readonly string[], end: number): boolean {
  const ends = end === region.length || !holds(lines, firstStrong(region.toReversed()));
  return ends && !holds(lines, firstStrong(region));
}

/** The most alike line of the region, if it is alike enough; an equal one before others. */
function placeOf(line: string, region: readonly string[], from: number): number {
  const text = line.trim();
  const equal = region.findIndex((other, at) => at >= from && other.trim() === text);
  if (equal >= 0 || weightOf(line) !== 'strong') {
    return equal;
  }
  let best = -1;
  let score = SAME_LINE;
  region.forEach((other, at) => {
    const alikeness = at >= from ? similarity(line, other) : 0;
    if (alikeness >= score) {
      best = at;
      score = alikeness;
    }
  });
  return best;
}

/** Past the line of the region that the answer's last telling line is, with the closers after it. */
function lastPlaceOf(lines: readonly string[], region: readonly string[], start: number): number {
  const telling = lines.findLastIndex((line) => weightOf(line) === 'strong');
  const at = telling < 0 ? -1 : placeOf(lines[telling] ?? '', region, start);
  if (at < 0) {
    return -1;
  }
  let end = at + 1;
  for (const closer of lines.slice(telling + 1)) {
    if (region[end]?.trim() !== closer.trim()) {
      break;
    }
    end++;
  }
  return end;
}

function firstStrong(lines: readonly string[]): string {
  return lines.find((line) => weightOf(line) === 'strong') ?? '';
}

function holds(lines: readonly string[], wanted: string): boolean {
  return lines.some((line) => similarity(line, wanted) >= SAME_LINE);
}

/** Whether enough of the answer's telling lines are in the part that it would replace. */
function alike(lines: readonly string[], part: readonly string[]): boolean {
  const telling = lines.filter((line) => weightOf(line) === 'strong');
  const known = telling.filter((line) =>
    part.some((other) => similarity(line, other) >= SAME_LINE),
  );
  return known.length >= telling.length * SAME_PART;
}

/** Shifts lines so that the first stands where the line does that it replaces. */
function indentAs(lines: readonly string[], first: string, target: string): string[] {
  const from = indentationOf(first);
  const to = indentationOf(target);
  return lines.map((line) =>
    line.startsWith(from) && line.trim() !== '' ? to + line.slice(from.length) : line,
  );
}
