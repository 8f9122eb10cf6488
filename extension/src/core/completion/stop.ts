import { goesOnBelow } from './body.js';
import { belowCut } from './below.js';
import type { Surroundings } from './surroundings.js';
import { lineCut } from './line-cut.js';
import { cursorLine, isBlank } from './lines.js';
import { loopCut } from './loops.js';
import { type Cut, scopeCut } from './scope.js';

/** Lines of `prefix` and `suffix` end with `\n`. */
export interface LimitInput extends Surroundings {
  readonly multiline: boolean;
  /** Something was accepted just now: an empty line then ends what follows. */
  readonly justAccepted?: boolean;
}

/** Whether a stream has said enough; `cut` is how many characters of it to keep. */
export type Limit = (textSoFar: string) => 'more' | Cut;

/**
 * Returns the test that ends one stream early: at the end of the line where one line was asked
 * for, else where the block ends that the completion began in (in the middle of a block at an
 * empty line already), where the lines below begin, or where the model only repeats itself. It is
 * given all text so far each time. Once it has cut, it keeps to that.
 */
export function streamLimit(input: LimitInput): Limit {
  const inTheMiddle = isBlank(cursorLine(input.prefix, '').before) && goesOnBelow(input);
  const paragraph = input.justAccepted === true || inTheMiddle;
  let decided: Cut | undefined;
  return (text) => {
    decided ??= input.multiline ? severalLines(text, input, paragraph) : oneLine(text, input);
    return decided ?? 'more';
  };
}

function oneLine(text: string, { suffix }: LimitInput): Cut | undefined {
  const cut = lineCut(text, suffix);
  return cut === undefined ? loopCut(text) : { cut, reason: 'end of the line' };
}

function severalLines(text: string, input: LimitInput, paragraph: boolean): Cut | undefined {
  return earliest(
    paragraph ? emptyLine(text) : undefined,
    scopeCut(text, input, false),
    belowCut(text, input, false),
    loopCut(text),
  );
}

function earliest(...cuts: (Cut | undefined)[]): Cut | undefined {
  return cuts.reduce((a, b) => (a && (!b || a.cut <= b.cut) ? a : b), undefined);
}

/** Returns where the first empty line after some text begins. */
function emptyLine(text: string): Cut | undefined {
  const found = /\n[ \t]*\n/.exec(text.trimStart());
  const cut = found ? text.length - text.trimStart().length + found.index : 0;
  return found && !isBlank(text.slice(0, cut)) ? { cut, reason: 'an empty line' } : undefined;
}
