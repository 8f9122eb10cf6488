import type { SyntaxView } from '../syntax/view.js';
import { goesOnBelow } from './body.js';
import { balance } from './brackets.js';
import { bracketsIn } from './scanner.js';
import { statementHead, type Surroundings } from './surroundings.js';
import { cursorLine, indentWidth, isBlank, lineAbove, lineBelow } from './lines.js';
import { opensBlock } from './openers.js';
import { isCommentLine, isProse, quotedAt } from './quoted.js';

/** Lines of `prefix` and `suffix` end with `\n`. */
export interface LinesQuestion extends Surroundings {
  readonly trigger: 'automatic' | 'manual';
  /** A completion was accepted a moment ago and the cursor stands at its end. */
  readonly justAccepted: boolean;
  readonly syntax?: SyntaxView;
}

export interface LinesDecision {
  readonly lines: 'single' | 'multi';
  /** In a few words, for the story of a completion. */
  readonly reason: string;
}

/** What may stand right of the cursor without being in the way: what editors close themselves. */
const CLOSERS = /^[\s)\]}>"'`;,]*$/;

/** Decides whether to ask for the rest of a line or for several lines. */
export function decideLines(question: LinesQuestion): LinesDecision {
  const { before, after } = cursorLine(question.prefix, question.suffix);
  if (!CLOSERS.test(after)) {
    return { lines: 'single', reason: 'text stands right of the cursor' };
  }
  if (question.trigger === 'manual') {
    return { lines: 'multi', reason: 'asked for by hand' };
  }
  if (isProse(question.language)) {
    return { lines: 'single', reason: 'prose' };
  }
  const quoted = quotedAt(question);
  if (quoted !== undefined) {
    return { lines: 'single', reason: `in a ${quoted}` };
  }
  return isBlank(before) && isBlank(after)
    ? emptyLine(question)
    : startedLine(question, before, after);
}

/**
 * Decides on a line that has nothing on it. Where a block's end is open there may come a whole
 * block; in the middle of one mostly a line is missing, and small models asked for more write
 * what stands below once more, in their own way.
 */
function emptyLine(question: LinesQuestion): LinesDecision {
  const { prefix, suffix, language } = question;
  const above = lineAbove(prefix);
  if (above === undefined) {
    return { lines: 'multi', reason: 'the file begins here' };
  }
  const goesOn = goesOnBelow(question);
  if (goesOn && !isBlank(suffix.split('\n', 2)[1] ?? '')) {
    return { lines: 'single', reason: 'the block goes on in the next line' };
  }
  if (isCommentLine(above, language)) {
    return { lines: 'multi', reason: 'below a comment' };
  }
  if (goesOn) {
    return { lines: 'single', reason: 'the block goes on below' };
  }
  if (/(?:"""|''')\s*$/.test(above)) {
    return { lines: 'multi', reason: 'below a docstring' };
  }
  return {
    lines: 'multi',
    reason: opensBlock(above, language) ? 'an empty body' : 'an empty line',
  };
}

/** Decides on a line that has something before the cursor, and at most closers after it. */
function startedLine(question: LinesQuestion, before: string, after: string): LinesDecision {
  const { prefix, suffix, language, tabSize } = question;
  const below = lineBelow(suffix);
  const own = indentWidth(before, tabSize);
  if (opensBlock(before, language)) {
    const body = below !== undefined && indentWidth(below, tabSize) > own;
    if (body) {
      return { lines: 'single', reason: 'the block has its body below' };
    }
    // `foo(|)`: what comes are arguments, mostly on this line.
    return /^\s*[)\]]/.test(after)
      ? { lines: 'single', reason: 'inside brackets' }
      : { lines: 'multi', reason: 'a block begins' };
  }
  if (question.justAccepted && isBlank(after)) {
    return { lines: 'multi', reason: 'something was accepted just now' };
  }
  if (isBlank(after) && /,\s*$/.test(before)) {
    const { open } = balance(bracketsIn(statementHead(prefix), language, tabSize));
    if (open.length > 0) {
      return { lines: 'multi', reason: 'inside an open bracket' };
    }
  }
  return /[;}]\s*$/.test(before)
    ? { lines: 'single', reason: 'at the end of a statement' }
    : { lines: 'single', reason: 'in a statement' };
}
