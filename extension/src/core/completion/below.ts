import type { Surroundings } from './surroundings.js';
import { closesOnly, cursorLine, isBlank, lineAbove, textLines } from './lines.js';
import type { Cut } from './scope.js';

/** How much of the document below is compared. */
const LINES_BELOW = 40;
/** So many characters that are no white space cannot be the same by chance. */
const TELLING = 25;

interface Line {
  readonly text: string;
  readonly complete: boolean;
  /** Where the line before it ends. */
  readonly cut: number;
}

/**
 * Returns where a completion begins to say what stands below: its last lines are the first lines
 * below, or it says so much of them that the model has plainly run into them.
 *
 * @param final whether `text` is all there is; otherwise only whole lines that tell enough count,
 *   so that more text never changes the answer.
 */
export function belowCut(text: string, around: Surroundings, final: boolean): Cut | undefined {
  const said = saidLines(text, around);
  const below = linesBelow(around.suffix);
  if (lineAbove(around.prefix)?.trimEnd() === below[0]) {
    // The document itself says the same again and again: a table.
    return undefined;
  }
  for (const [index, line] of said.entries()) {
    const matched = matching(said.slice(index), below, final);
    if (matched > 0) {
      return { cut: line.cut, reason: `says ${matched === 1 ? 'a line' : 'lines'} from below` };
    }
  }
  return undefined;
}

/** The completion's lines with something on them, the first with what it continues. */
function saidLines(text: string, { prefix }: Surroundings): Line[] {
  const { before } = cursorLine(prefix, '');
  const lines: Line[] = [];
  let end = 0;
  for (const [index, line] of textLines(text).entries()) {
    const whole = index === 0 ? before + line.text : line.text;
    if (!isBlank(line.text)) {
      lines.push({ text: whole.trimEnd(), complete: line.complete, cut: end });
      end = line.end;
    }
  }
  return lines;
}

function linesBelow(suffix: string): readonly string[] {
  const start = suffix.indexOf('\n');
  return start < 0
    ? []
    : suffix
        .slice(start + 1)
        .split('\n', LINES_BELOW)
        .map((line) => line.trimEnd())
        .filter((line) => line !== '');
}

/** Returns how many lines of `said` are those below, or 0 when that may be by chance. */
function matching(said: readonly Line[], below: readonly string[], final: boolean): number {
  let count = 0;
  while (isSame(said, below[count], count, final)) {
    count++;
  }
  // Brackets that close are judged by their balance, which knows better.
  if (count === 0 || (count === 1 && closesOnly(said[0]?.text ?? ''))) {
    return 0;
  }
  const all = final && count === said.length && /\w{3}/.test(said[0]?.text ?? '');
  const matched = said.slice(0, count).map(({ text }) => text);
  return all || matched.join('').replace(/\s/g, '').length >= TELLING ? count : 0;
}

/** Whether a line of the completion is this line below; the last may be the beginning of it. */
function isSame(
  said: readonly Line[],
  below: string | undefined,
  index: number,
  final: boolean,
): boolean {
  const line = said[index];
  if (!line || below === undefined || !(final || line.complete)) {
    return false;
  }
  const half = final && !line.complete && index > 0 && index === said.length - 1;
  return line.text === below || (half && below.startsWith(line.text));
}
