import { closingBrackets } from './closing-brackets.js';
import { echo } from './echo.js';
import { empty } from './empty.js';
import { endOfText } from './end-of-text.js';
import { extraIndentation } from './extra-indentation.js';
import { fences } from './fences.js';
import { halfLine } from './half-line.js';
import { indentationScope } from './indentation-scope.js';
import { lineRest } from './line-rest.js';
import { linesBelow } from './lines-below.js';
import { midWord } from './mid-word.js';
import { neighbours } from './neighbours.js';
import { oneLine } from './one-line.js';
import { repetition } from './repetition.js';
import { trailingSpace } from './trailing-space.js';
import type { AppliedFilter, Filter, FilteredText, FilterInput } from './filter.js';

export type { AppliedFilter, Filter, FilteredText, FilterInput, FilterVerdict } from './filter.js';

/**
 * Every filter, in the order in which they are applied: first what is no code at all, then what
 * ends the text early, then what the document says already, and last whether it is worth showing.
 */
export const filters: readonly Filter[] = [
  endOfText,
  fences,
  echo,
  extraIndentation,
  oneLine,
  repetition,
  halfLine,
  lineRest,
  linesBelow,
  indentationScope,
  closingBrackets,
  neighbours,
  midWord,
  trailingSpace,
  empty,
];

/** Applies the filters in their order, each to what the one before left. */
export function applyFilters(input: FilterInput, order: readonly Filter[] = filters): FilteredText {
  const verdicts: AppliedFilter[] = [];
  let text = input.text;
  let replaces = 0;
  for (const filter of order) {
    const verdict = filter.apply({ ...input, text, suffix: input.suffix.slice(replaces) });
    if ('dropped' in verdict) {
      verdicts.push({ filter: filter.name, dropped: verdict.dropped });
      return { text: undefined, replaces: 0, verdicts };
    }
    if (verdict.text !== text || verdict.replaces) {
      verdicts.push({ filter: filter.name, note: verdict.note ?? 'shortened' });
      text = verdict.text;
      replaces += verdict.replaces ?? 0;
    }
  }
  return { text, replaces, verdicts };
}
