import { windowBudget, windowStart } from '../completion/window.js';

/** Where the part of a document lies that a completion's prompt shows, in offsets. */
export interface ShownPart {
  readonly start: number;
  readonly end: number;
}

/**
 * Returns what the prompt of a completion shows of a document, for a model with room enough; a
 * smaller one is shown less. It changes only when the prompt's own window moves.
 *
 * @param offset where the cursor is, in line `line`.
 */
export function shownPart(text: string, offset: number, line: number): ShownPart {
  const budget = windowBudget(undefined, 0);
  return {
    start: windowStart(text.slice(0, offset), line, budget.prefix),
    end: Math.min(text.length, offset + budget.suffix),
  };
}
